package values

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// Provider answers with Values, whatever a store says.
type Provider struct {
	Values Values
	// For is the provider that is stood in for: it checks the specs of stores. Nil means that they are not checked.
	For provider.Provider
}

// Locate implements provider.Provider. All stores are the same place: what one puts before its keys has no effect.
func (p Provider) Locate(store provider.Store) (provider.Location, error) {
	if p.For != nil {
		if _, err := p.For.Locate(store); err != nil {
			return provider.Location{}, err
		}
	}
	return provider.Location{Identity: "values", Ref: func(remote *api.RemoteRef) provider.Ref {
		return provider.Ref{Key: remote.Key, Version: remote.Version, Metadata: remote.MetadataPolicy == api.MetadataPolicyFetch}
	}}, nil
}

// Open implements provider.Provider.
func (p Provider) Open(context.Context, provider.Store, provider.Credentials) (provider.Reader, error) {
	return reader{p.Values}, nil
}

type reader struct{ values Values }

// Plan implements provider.Reader: all at once, since nobody is asked.
func (r reader) Plan(refs []provider.Ref) [][]provider.Ref { return [][]provider.Ref{refs} }

// Read implements provider.Reader.
func (r reader) Read(_ context.Context, group []provider.Ref) []provider.Answer {
	answers := make([]provider.Answer, len(group))
	for i, ref := range group {
		answers[i] = r.answer(ref)
	}
	return answers
}

func (r reader) answer(ref provider.Ref) provider.Answer {
	key := ref.Key
	switch {
	case ref.Metadata:
		key += metadataSign
	case ref.Version != "":
		key += versionSign + ref.Version
	}
	value, ok := r.values[key]
	if !ok {
		return provider.Answer{Err: &provider.Error{Kind: provider.NotFound, Message: fmt.Sprintf("no value was given for %q", key)}}
	}
	return provider.Answer{Value: value}
}

// Find implements provider.Finder: the keys that the name matches, that begin with the path and whose metadata has the tags.
func (r reader) Find(_ context.Context, find *api.Find) ([]provider.Found, error) {
	path, name := "", find.Name
	if find.Path != nil {
		path = *find.Path
	}
	switch {
	case name == nil && path == "" && len(find.Tags) == 0:
		return nil, invalid("find has neither name, path nor tags")
	case name == nil:
		name = &api.FindName{}
	}
	matching, err := regexp.Compile(name.RegExp)
	if err != nil {
		return nil, invalid("find.name.regexp: %v", err)
	}
	var found []provider.Found
	for _, key := range slices.Sorted(maps.Keys(r.values)) {
		if strings.HasPrefix(key, path) && matching.MatchString(key) && r.values.isSecret(key) && r.values.tagged(key, find.Tags) {
			found = append(found, provider.Found{Key: key, Ref: provider.Ref{Key: key}})
		}
	}
	return found, nil
}

// Stats implements provider.Reader: nobody is asked.
func (r reader) Stats() provider.Stats { return provider.Stats{} }

func invalid(format string, args ...any) error {
	return &provider.Error{Kind: provider.Invalid, Message: fmt.Sprintf(format, args...)}
}
