package fake

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// reader holds the values of one store. Nothing changes it.
type reader struct {
	values map[provider.Ref]secret.Value
	// latest is the greatest version of each key.
	latest map[string]string
}

func newReader(data []api.FakeProviderData) *reader {
	r := &reader{values: map[provider.Ref]secret.Value{}, latest: map[string]string{}}
	for _, d := range data {
		r.values[provider.Ref{Key: d.Key, Version: d.Version}] = secret.FromString(d.Value)
		r.latest[d.Key] = max(r.latest[d.Key], d.Version)
	}
	return r
}

// Plan implements provider.Reader: all at once, since nobody is asked.
func (r *reader) Plan(refs []provider.Ref) [][]provider.Ref { return [][]provider.Ref{refs} }

// Read implements provider.Reader.
func (r *reader) Read(_ context.Context, group []provider.Ref) []provider.Answer {
	answers := make([]provider.Answer, len(group))
	for i, ref := range group {
		value, ok := r.values[ref]
		if !ok {
			answers[i].Err = r.missing(ref)
			continue
		}
		answers[i].Value = value
	}
	return answers
}

// missing tells an unknown key from an unknown version: an empty version is a version like any other.
func (r *reader) missing(ref provider.Ref) error {
	e := &provider.Error{Kind: provider.NotFound, Message: fmt.Sprintf("the store has no key %q", ref.Key)}
	if _, known := r.latest[ref.Key]; known {
		e.Message = fmt.Sprintf("the store has no version %q of key %q", ref.Version, ref.Key)
		e.Hint = "remoteRef.version must be that of spec.provider.fake.data, and empty where that is"
	}
	return e
}

// Find implements provider.Finder: the greatest version, as texts compare, of each key that the name matches. Path and tags
// have no effect, as in ESO.
func (r *reader) Find(_ context.Context, find *api.Find) ([]provider.Found, error) {
	name, err := nameOf(find)
	if err != nil {
		return nil, err
	}
	var found []provider.Found
	for _, key := range slices.Sorted(maps.Keys(r.latest)) {
		if name.MatchString(key) {
			found = append(found, provider.Found{Key: key, Ref: provider.Ref{Key: key, Version: r.latest[key]}})
		}
	}
	return found, nil
}

// nameOf is what the name must match.
func nameOf(find *api.Find) (*regexp.Regexp, error) {
	if find.Name == nil {
		return nil, invalid("find.name is missing: provider fake finds by name only")
	}
	name, err := regexp.Compile(find.Name.RegExp)
	if err != nil {
		return nil, invalid("find.name.regexp: %v", err)
	}
	return name, nil
}

// Stats implements provider.Reader: nobody is asked.
func (r *reader) Stats() provider.Stats { return provider.Stats{} }
