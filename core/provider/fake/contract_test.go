package fake

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/providertest"
)

// shelf is a Provider whose stores hold what is put on it: values are part of the store here.
type shelf struct{ spec api.FakeProvider }

func (s *shelf) stock(store provider.Store) provider.Store {
	store.Spec, _ = json.Marshal(s.spec) // it always marshals
	return store
}

// Locate implements provider.Provider.
func (s *shelf) Locate(store provider.Store) (provider.Location, error) {
	return Provider{}.Locate(s.stock(store))
}

// Open implements provider.Provider.
func (s *shelf) Open(ctx context.Context, store provider.Store, credentials provider.Credentials) (provider.Reader, error) {
	return Provider{}.Open(ctx, s.stock(store), credentials)
}

// put takes the place of a value of the same key.
func (s *shelf) put(name, value string) {
	s.spec.Data = slices.DeleteFunc(s.spec.Data, func(data api.FakeProviderData) bool { return data.Key == name })
	s.spec.Data = append(s.spec.Data, api.FakeProviderData{Key: name, Value: value})
}

func TestContract(t *testing.T) {
	s := &shelf{}
	providertest.Run(t, providertest.Backend{
		Provider: s, Store: storeOf("shop", "fake", ""),
		Put:   func(_ *testing.T, name, value string, _ map[string]string) { s.put(name, value) },
		Lacks: providertest.Lacks{Version: true, Metadata: true, Ignored: true, Tags: true},
	})
}
