package install

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
)

const rbac = "rbac.authorization.k8s.io/v1"

// bindingsOf are the bindings, everywhere, that were installed by this program and give the runner in a namespace its rights.
func bindingsOf(ctx context.Context, c *cluster, namespace string) ([]*unstructured.Unstructured, error) {
	var bindings []*unstructured.Unstructured
	for _, kind := range []string{"ClusterRoleBinding", "RoleBinding"} {
		all, err := c.list(ctx, rbac, kind, "", "app.kubernetes.io/name="+manifests.Name)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if installedByUs(&all[i]) && bindsIn(&all[i], namespace) {
				bindings = append(bindings, &all[i])
			}
		}
	}
	return bindings, nil
}

// bindsIn tells whether a binding is for an account of a namespace.
func bindsIn(binding *unstructured.Unstructured, namespace string) bool {
	subjects, _, _ := unstructured.NestedSlice(binding.Object, "subjects")
	for _, subject := range subjects {
		if subject, ok := subject.(map[string]any); ok && subject["namespace"] == namespace {
			return true
		}
	}
	return false
}

// roleOf is the role of a binding, by its name only.
func roleOf(binding *unstructured.Unstructured) *unstructured.Unstructured {
	name, _, _ := unstructured.NestedString(binding.Object, "roleRef", "name")
	kind, _, _ := unstructured.NestedString(binding.Object, "roleRef", "kind")
	namespace := binding.GetNamespace()
	if kind == "ClusterRole" {
		namespace = ""
	}
	return objectOf(rbac, kind, types.NamespacedName{Namespace: namespace, Name: name})
}

// objectOf is an object by its name only.
func objectOf(apiVersion, kind string, name types.NamespacedName) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetAPIVersion(apiVersion)
	object.SetKind(kind)
	object.SetNamespace(name.Namespace)
	object.SetName(name.Name)
	return object
}
