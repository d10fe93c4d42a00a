package secrets

import (
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

const maxFilters, maxFilterValues = 10, 10

var filterKeys = []string{"description", "name", "tag-key", "tag-value", "primary-region", "owning-service", "all"}

// filter selects secrets. Several filters must all match; of one filter's values any, and none of those that begin with "!".
type filter struct {
	Key    string
	Values []string
}

func (f filter) check() error {
	if !slices.Contains(filterKeys, f.Key) {
		return wire.Constraint(f.Key, "filters.1.member.key", "Member must satisfy enum value set: ["+strings.Join(filterKeys, ", ")+"]")
	}
	if len(f.Values) == 0 || len(f.Values) > maxFilterValues {
		return invalidParameter("A filter must have between 1 and 10 values.")
	}
	return nil
}

// matches is documented by AWS as: a prefix of the attribute, with regard to case except in a description, and for "all" a prefix of
// words anywhere, without regard to case.
func (f filter) matches(s *secret) bool {
	wanted, found := false, false
	for _, v := range f.Values {
		if not, ok := strings.CutPrefix(v, "!"); ok {
			if f.hit(s, not) {
				return false
			}
			continue
		}
		wanted = true
		found = found || f.hit(s, v)
	}
	return found || !wanted
}

func (f filter) hit(s *secret, v string) bool {
	switch f.Key {
	case "name":
		return strings.HasPrefix(s.name, v)
	case "description":
		return strings.HasPrefix(strings.ToLower(s.description), strings.ToLower(v))
	case "tag-key":
		return slices.ContainsFunc(s.tags, func(t Tag) bool { return strings.HasPrefix(t.Key, v) })
	case "tag-value":
		return slices.ContainsFunc(s.tags, func(t Tag) bool { return strings.HasPrefix(t.Value, v) })
	case "all":
		return hitWords(s, v)
	}
	return false // primary-region and owning-service: no secret here is replicated or owned by a service
}

// hitWords reports whether every word of v begins some word of the secret's attributes.
func hitWords(s *secret, v string) bool {
	have := words(s.name + " " + s.description)
	for _, t := range s.tags {
		have = append(have, words(t.Key+" "+t.Value)...)
	}
	for _, want := range words(v) {
		if !slices.ContainsFunc(have, func(word string) bool { return strings.HasPrefix(word, want) }) {
			return false
		}
	}
	return true
}

func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" /-_+=.@", r) })
}
