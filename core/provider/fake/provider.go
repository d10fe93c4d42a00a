// Package fake serves the values that stand in a store's own spec: for trying things out without a provider. Nothing is asked
// of anybody, and nothing is kept from one run to the next.
package fake

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// Provider serves spec.provider.fake.
type Provider struct{}

// Locate implements provider.Provider. Each store is a place of its own. A metadataPolicy has no meaning here: values have no
// metadata.
func (Provider) Locate(store provider.Store) (provider.Location, error) {
	if _, err := decode(store); err != nil {
		return provider.Location{}, err
	}
	return provider.Location{
		Identity: fmt.Sprintf("%s %s/%s", store.Kind, store.Namespace, store.Name),
		Ref: func(remote *api.RemoteRef) provider.Ref {
			return provider.Ref{Key: remote.Key, Version: remote.Version}
		},
		Finds: func(find *api.Find, key string) bool {
			name, err := nameOf(find)
			return err == nil && name.MatchString(key)
		},
	}, nil
}

// Open implements provider.Provider.
func (Provider) Open(_ context.Context, store provider.Store, _ provider.Credentials) (provider.Reader, error) {
	spec, err := decode(store)
	if err != nil {
		return nil, err
	}
	return newReader(spec.Data), nil
}

func decode(store provider.Store) (*api.FakeProvider, error) {
	var spec api.FakeProvider
	if err := json.Unmarshal(store.Spec, &spec); err != nil {
		return nil, invalid("spec.provider.fake can't be read: %v", err)
	}
	for i, data := range spec.Data {
		if data.Key == "" {
			return nil, invalid("spec.provider.fake.data[%d].key is missing", i)
		}
	}
	return &spec, nil
}

func invalid(format string, args ...any) error {
	return &provider.Error{Kind: provider.Invalid, Message: fmt.Sprintf(format, args...)}
}
