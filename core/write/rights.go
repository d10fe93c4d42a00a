package write

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

// Rights are those that writing for an ExternalSecret may take, whose target is of resource. Creating can't be narrowed to a name.
func Rights(es *api.ExternalSecret, resource schema.GroupResource) []kube.Right {
	var rights []kube.Right
	need := func(resource schema.GroupResource, verb, name string) {
		rights = append(rights, kube.Right{Group: resource.Group, Resource: resource.Resource, Verb: verb, Namespace: es.Namespace, Name: name})
	}
	name := TargetName(es)
	need(resource, "get", name)
	if es.Spec.Target.DeletionPolicy == api.DeletionPolicyDelete && owns(es) {
		need(resource, "delete", name)
	}
	externalSecrets := schema.GroupResource{Group: api.Group, Resource: api.ResourceExternalSecrets}
	if es.DeletionTimestamp != nil {
		need(externalSecrets, "patch", es.Name) // its finalizer
		return rights
	}
	switch policy := es.Spec.Target.CreationPolicy; {
	case policy == api.CreationPolicyNone, policy == api.CreationPolicyMerge && es.Generates():
	case policy == api.CreationPolicyMerge:
		need(resource, "update", name)
	case es.Generates():
		need(resource, "create", "")
	default:
		need(resource, "create", "")
		need(resource, "update", name)
	}
	if orphan := Orphan(es); orphan != "" {
		need(resource, "get", orphan)
		need(resource, "delete", orphan)
	}
	return rights
}

// RightsToRecord are those that recording in status and Events takes in a namespace, whatever the names of its ExternalSecrets are:
// one that is new, and has no rights of its own yet, can say so then.
func RightsToRecord(namespace string) []kube.Right {
	return []kube.Right{
		{Group: api.Group, Resource: api.ResourceExternalSecrets + "/status", Verb: "patch", Namespace: namespace},
		{Resource: "events", Verb: "create", Namespace: namespace},
		{Resource: "events", Verb: "get", Namespace: namespace},
		{Resource: "events", Verb: "patch", Namespace: namespace},
	}
}
