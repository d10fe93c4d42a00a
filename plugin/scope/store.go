package scope

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/validate/content"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// Store reads an argument such as aws, store/aws, clusterstore/aws or ss/aws. A name alone is that of a SecretStore.
func Store(arg string) (api.SecretStoreRef, error) {
	ref := api.SecretStoreRef{Kind: api.KindSecretStore, Name: arg}
	if resource, name, ok := strings.Cut(arg, "/"); ok {
		ref.Name = name
		if ref.Kind = storeKind(resource); ref.Kind == "" {
			return api.SecretStoreRef{}, fmt.Errorf("%q does not name a store: write NAME or store/NAME for a SecretStore, clusterstore/NAME for a ClusterSecretStore", arg)
		}
	}
	if ref.Name == "" {
		return api.SecretStoreRef{}, fmt.Errorf("%q names no store: the name is empty", arg)
	}
	if problems := content.IsPathSegmentName(ref.Name); len(problems) > 0 {
		return api.SecretStoreRef{}, fmt.Errorf("invalid name %q: it %s", ref.Name, strings.Join(problems, ", "))
	}
	return ref, nil
}

// NamesStore tells whether an argument has a resource before its name, and that is one of a store.
func NamesStore(arg string) bool {
	resource, _, ok := strings.Cut(arg, "/")
	return ok && storeKind(resource) != ""
}

// storeKind is the kind of store that a resource means, as one writes it before a slash; empty for none.
func storeKind(resource string) string {
	switch {
	case means(resource, "store", "stores", "ss", "secretstore", api.ResourceSecretStores):
		return api.KindSecretStore
	case means(resource, "clusterstore", "clusterstores", "css", "clustersecretstore", api.ResourceClusterSecretStores):
		return api.KindClusterSecretStore
	default:
		return ""
	}
}
