package aws

import (
	"cmp"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// search is a find that has been checked. It looks at full names: a store's prefix has no part in it, neither as a limit nor in
// what the results are called, and so readers of stores with different prefixes find the same.
type search struct {
	// name matches the names that are wanted; nil means any.
	name *regexp.Regexp
	// opening is what each name that matches begins with; it may be empty.
	opening string
	// path is where the names begin; empty means anywhere.
	path string
	// tags are all wanted, with their values.
	tags map[string]string
}

func newSearch(find *api.Find) (search, error) {
	s := search{path: aws.ToString(find.Path), tags: find.Tags}
	if find.Name == nil && s.path == "" && len(s.tags) == 0 {
		return search{}, invalid("unexpected find operator: find needs a name, a path or tags")
	}
	if find.Name != nil {
		var err error
		if s.name, err = regexp.Compile(find.Name.RegExp); err != nil {
			return search{}, invalid("find.name.regexp can't be read: %v", err)
		}
		s.opening = provider.Opening(find.Name.RegExp)
	}
	return s, nil
}

// finds tells whether a search could come upon a name, whatever the tags.
func finds(find *api.Find, name string) bool {
	s, err := newSearch(find)
	return err == nil && strings.HasPrefix(name, s.path) && (s.name == nil || s.name.MatchString(name))
}

// start is what all names that are wanted begin with; it may be empty.
func (s search) start() string { return cmp.Or(s.path, s.opening) }

// tagKeys are the keys of the tags, in order: the same search makes the same request.
func (s search) tagKeys() []string { return slices.Sorted(maps.Keys(s.tags)) }

// hasTags tells whether tags are what is wanted, pair by pair.
func (s search) hasTags(tags map[string]string) bool {
	for key, want := range s.tags {
		if got, ok := tags[key]; !ok || got != want {
			return false
		}
	}
	return true
}

// found are those of names, without repetition and in order, that match the name.
func (s search) found(names []string) []provider.Found {
	names = slices.DeleteFunc(names, func(name string) bool { return s.name != nil && !s.name.MatchString(name) })
	slices.Sort(names)
	names = slices.Compact(names)
	all := make([]provider.Found, len(names))
	for i, name := range names {
		all[i] = provider.Found{Key: name, Ref: provider.Ref{Key: name}}
	}
	return all
}

// eachPage has page ask for one page of a list after the other, each by the token that the one before has answered.
func eachPage(page func(token *string) (next *string, err error)) error {
	var token *string
	for {
		next, err := page(token)
		if err != nil || aws.ToString(next) == "" {
			return err
		}
		if token != nil && *next == *token {
			// Half a list would look like secrets that have gone.
			return &provider.Error{Kind: provider.Unavailable, Message: "the service answers the same page of a list again and again"}
		}
		token = next
	}
}

// needs gives a denial a hint of its own.
func needs(err error, hint string) error {
	var e *provider.Error
	if !isDenial(err) || !errors.As(err, &e) {
		return err
	}
	denied := *e
	denied.Hint = hint
	return &denied
}
