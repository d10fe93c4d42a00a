package rbac

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

// labelManagedBy marks what is printed, so that what is printed no longer can be pruned.
const labelManagedBy = "app.kubernetes.io/managed-by"

// rolesFor are the roles that give the rights to the account, each followed by its binding: first that of the cluster, then those
// of namespaces, in order.
func rolesFor(rights []kube.Right, account types.NamespacedName) ([]*unstructured.Unstructured, error) {
	byNamespace := map[string][]kube.Right{}
	for _, right := range rights {
		byNamespace[right.Namespace] = append(byNamespace[right.Namespace], right)
	}
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: account.Namespace, Name: account.Name}}
	var objects []*unstructured.Unstructured
	for _, namespace := range slices.Sorted(maps.Keys(byNamespace)) {
		meta := metav1.ObjectMeta{
			// The colon, which is in no name of a service account, keeps apart what is granted to equal names in two namespaces.
			Name: account.Namespace + ":" + account.Name, Namespace: namespace,
			Labels: map[string]string{labelManagedBy: "kubectl-externalsecret"},
		}
		rules := rulesOf(byNamespace[namespace])
		kind, bindingKind := "Role", "RoleBinding"
		var role, binding any
		if namespace == "" {
			kind, bindingKind = "ClusterRole", "ClusterRoleBinding"
			role = &rbacv1.ClusterRole{ObjectMeta: meta, Rules: rules}
			binding = &rbacv1.ClusterRoleBinding{ObjectMeta: meta, Subjects: subjects, RoleRef: roleRef(kind, meta.Name)}
		} else {
			role = &rbacv1.Role{ObjectMeta: meta, Rules: rules}
			binding = &rbacv1.RoleBinding{ObjectMeta: meta, Subjects: subjects, RoleRef: roleRef(kind, meta.Name)}
		}
		for _, object := range []struct {
			kind  string
			typed any
		}{{kind, role}, {bindingKind, binding}} {
			content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object.typed)
			if err != nil {
				return nil, fmt.Errorf("encode the %s of namespace %q: %w", object.kind, namespace, err)
			}
			encoded := &unstructured.Unstructured{Object: content}
			encoded.SetAPIVersion(rbacv1.SchemeGroupVersion.String())
			encoded.SetKind(object.kind)
			unstructured.RemoveNestedField(content, "metadata", "creationTimestamp")
			objects = append(objects, encoded)
		}
	}
	return objects, nil
}

func roleRef(kind, name string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
}

// rulesOf puts the rights of a namespace into as few rules as they take, in a fixed order: of a resource those for all objects first.
func rulesOf(rights []kube.Right) []rbacv1.PolicyRule {
	type verb struct{ group, resource, verb string }
	names := map[verb][]string{} // none means all
	for _, r := range rights {
		v := verb{r.Group, r.Resource, r.Verb}
		known, ok := names[v]
		switch {
		case r.Name == "":
			names[v] = nil
		case !ok || len(known) > 0:
			names[v] = append(known, r.Name)
		}
	}
	verbs := slices.SortedFunc(maps.Keys(names), func(a, b verb) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.resource, b.resource), cmp.Compare(a.verb, b.verb))
	})
	var rules []rbacv1.PolicyRule
	for _, v := range verbs {
		wanted := slices.Compact(slices.Sorted(slices.Values(names[v])))
		at := slices.IndexFunc(rules, func(r rbacv1.PolicyRule) bool {
			return r.APIGroups[0] == v.group && r.Resources[0] == v.resource && slices.Equal(r.ResourceNames, wanted)
		})
		if at >= 0 {
			rules[at].Verbs = append(rules[at].Verbs, v.verb)
			continue
		}
		rules = append(rules, rbacv1.PolicyRule{
			APIGroups: []string{v.group}, Resources: []string{v.resource}, ResourceNames: wanted, Verbs: []string{v.verb},
		})
	}
	slices.SortStableFunc(rules, func(a, b rbacv1.PolicyRule) int {
		return cmp.Or(cmp.Compare(a.APIGroups[0], b.APIGroups[0]), cmp.Compare(a.Resources[0], b.Resources[0]),
			slices.Compare(a.ResourceNames, b.ResourceNames))
	})
	return rules
}
