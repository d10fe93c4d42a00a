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
		switch {
		case means(resource, "store", "ss", "secretstore", api.ResourceSecretStores):
		case means(resource, "clusterstore", "css", "clustersecretstore", api.ResourceClusterSecretStores):
			ref.Kind = api.KindClusterSecretStore
		default:
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
