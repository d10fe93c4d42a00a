package gcpsm

import (
	"context"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	// secretsInPage is how many secrets one request lists.
	secretsInPage = 1000
	// perSecond is how many requests searches make in a second: lists have a lower quota than reads.
	perSecond = 10
)

// filterable is what a filter of Google's takes without quotes.
var filterable = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// search is a find that has been checked.
type search struct {
	name *regexp.Regexp // nil means any
	path string         // what names begin with
	tags map[string]string
}

func newSearch(find *api.Find) (search, error) {
	s := search{tags: find.Tags}
	if find.Path != nil {
		s.path = *find.Path
	}
	if find.Name != nil {
		var err error
		if s.name, err = regexp.Compile(find.Name.RegExp); err != nil {
			return search{}, invalid("find.name.regexp can't be read: %v", err)
		}
	}
	return s, nil
}

func (s search) hasName(name string) bool {
	return strings.HasPrefix(name, s.path) && (s.name == nil || s.name.MatchString(name))
}

func (s search) hasTags(labels map[string]string) bool {
	for key, want := range s.tags {
		if got, ok := labels[key]; !ok || got != want {
			return false
		}
	}
	return true
}

// filter narrows a search as far as Google can. It leaves out no secret that matches.
func (s search) filter() string {
	var terms []string
	if filterable.MatchString(s.path) {
		terms = append(terms, "name:"+s.path) // anywhere in the name: there is no filter for its beginning
	}
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		if filterable.MatchString(key) && filterable.MatchString(s.tags[key]) {
			terms = append(terms, "labels."+key+"="+s.tags[key])
		}
	}
	return strings.Join(terms, " AND ")
}

// finds tells whether a search could come upon a name, whatever the labels.
func finds(find *api.Find, name string) bool {
	s, err := newSearch(find)
	return err == nil && s.hasName(name)
}

// Find implements provider.Finder: it goes through the secrets of the project and location, by their short names.
func (r *reader) Find(ctx context.Context, find *api.Find) ([]provider.Found, error) {
	s, err := newSearch(find)
	if err != nil {
		return nil, err
	}
	query := url.Values{"pageSize": {strconv.Itoa(secretsInPage)}}
	if filter := s.filter(); filter != "" {
		query.Set("filter", filter)
	}
	var names []string
	for {
		if err := r.pace.Wait(ctx); err != nil {
			return nil, &provider.Error{Kind: provider.Unavailable, Op: opList, Message: "interrupted before an answer came", Cause: err}
		}
		var got struct {
			Secrets []struct {
				Name   string            `json:"name"`
				Labels map[string]string `json:"labels"`
			} `json:"secrets"`
			Next string `json:"nextPageToken"`
		}
		if err := r.ask(ctx, opList, r.spec.parent()+"/secrets", query, &got, nil); err != nil {
			return nil, err
		}
		for _, listed := range got.Secrets {
			if name := lastPart(listed.Name); s.hasName(name) && s.hasTags(listed.Labels) {
				names = append(names, name)
			}
		}
		if more, err := turn(opList, query, got.Next); err != nil {
			return nil, err
		} else if !more {
			break
		}
	}
	slices.Sort(names)
	found := make([]provider.Found, len(names))
	for i, name := range names {
		found[i] = provider.Found{Key: name, Ref: provider.Ref{Key: name}}
	}
	return found, nil
}

// turn makes the query for a page of a list one for the next page, and tells whether there is any.
func turn(op string, query url.Values, next string) (more bool, err error) {
	if next != "" && next == query.Get("pageToken") {
		return false, &provider.Error{Kind: provider.Unavailable, Op: op, Message: "the service answers the same page of a list again and again", Hint: notGoogle}
	}
	query.Set("pageToken", next)
	return next != "", nil
}
