package explain

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/validate/content"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// storeOf reads an argument such as store/aws or clustersecretstore/aws; ok is false for one that means no store. Group and version may
// follow the resource.
func storeOf(arg string) (ref api.SecretStoreRef, ok bool, err error) {
	resource, name, found := strings.Cut(arg, "/")
	if !found {
		return ref, false, nil
	}
	resource, group, _ := strings.Cut(strings.ToLower(resource), ".")
	switch {
	case group != "" && group != api.Group && !strings.HasSuffix(group, "."+api.Group):
		return ref, false, nil
	case slices.Contains([]string{"store", "stores", "ss", "secretstore", api.ResourceSecretStores}, resource):
		ref.Kind = api.KindSecretStore
	case slices.Contains([]string{"clusterstore", "clusterstores", "css", "clustersecretstore", api.ResourceClusterSecretStores}, resource):
		ref.Kind = api.KindClusterSecretStore
	default:
		return ref, false, nil
	}
	if problems := content.IsPathSegmentName(name); name == "" || len(problems) > 0 {
		return ref, true, fmt.Errorf("%q names no store: write store/NAME or clusterstore/NAME", arg)
	}
	ref.Name = name
	return ref, true, nil
}
