package render

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/manifest"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/values"
)

// readValues reads the file of --values.
func readValues(path string, in io.Reader) (values.Values, error) {
	var text []byte
	var err error
	if path == stdin {
		text, err = io.ReadAll(in)
	} else {
		text, err = os.ReadFile(path) //nolint:gosec // naming the file is what a person does here
	}
	if err != nil {
		return nil, fmt.Errorf("read the values: %w", err)
	}
	if !json.Valid(text) {
		if text, err = manifest.ToJSON(text); err != nil {
			return nil, fmt.Errorf("read the values: %s: %w", path, err)
		}
	}
	parsed, err := values.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read the values: %s: %w", path, err)
	}
	return parsed, nil
}

// standIns serves each provider, and each that a store of objects names, with given.
func standIns(ctx context.Context, providers provider.Registry, objects *manifest.Objects, given values.Values) (provider.Registry, error) {
	served := maps.Clone(providers)
	for name, known := range providers {
		served[name] = values.Provider{Values: given, For: known}
	}
	for _, resource := range []string{api.ResourceSecretStores, api.ResourceClusterSecretStores} {
		err := objects.List(ctx, resource, "", kube.Selector{}, func(stores []json.RawMessage) error {
			for _, raw := range stores {
				var store api.SecretStore
				if json.Unmarshal(raw, &store) != nil {
					continue // it is said of the ExternalSecrets that use it
				}
				if name := store.Spec.Provider.Name(); served[name] == nil {
					served[name] = values.Provider{Values: given}
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	served[assumed] = values.Provider{Values: given}
	return served, nil
}

// assumed is the provider of a store that is not in the manifests.
const assumed = "assumed"

// anyStore are objects among which each store is that is asked for: whatever it is, the values are those that are given.
type anyStore struct {
	*manifest.Objects
	// notice is told of a store that is not there. The namespace of a ClusterSecretStore is empty.
	notice func(kind, namespace, name string)
}

// Get implements core.Source.
func (s anyStore) Get(ctx context.Context, resource, namespace, name string) (json.RawMessage, error) {
	object, err := s.Objects.Get(ctx, resource, namespace, name)
	if !apierrors.IsNotFound(err) {
		return object, err
	}
	kind := api.KindSecretStore
	if resource == api.ResourceClusterSecretStores {
		kind = api.KindClusterSecretStore
	}
	s.notice(kind, namespace, name)
	return json.Marshal(map[string]any{
		"metadata": map[string]any{"namespace": namespace, "name": name},
		"spec":     map[string]any{"provider": map[string]any{assumed: map[string]any{}}},
	})
}
