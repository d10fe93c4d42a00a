package core

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

// knownObjects answers for stores from a list, where there is one, instead of a request for each.
type knownObjects struct {
	*kube.Client
	listed map[string]map[types.NamespacedName]json.RawMessage // by resource
}

// load lists the stores of the namespaces, of all where none is named. Where that is forbidden they are read by name.
func (k *knownObjects) load(ctx context.Context, namespaces []string) error {
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	k.listed = map[string]map[types.NamespacedName]json.RawMessage{}
	if err := k.list(ctx, api.ResourceSecretStores, namespaces); err != nil {
		return err
	}
	return k.list(ctx, api.ResourceClusterSecretStores, []string{""})
}

func (k *knownObjects) list(ctx context.Context, resource string, namespaces []string) error {
	all := map[types.NamespacedName]json.RawMessage{}
	for _, namespace := range namespaces {
		err := k.List(ctx, resource, namespace, kube.Selector{}, func(page []json.RawMessage) error {
			for _, raw := range page {
				var object metav1.PartialObjectMetadata
				if err := json.Unmarshal(raw, &object); err != nil {
					return fmt.Errorf("read the metadata of %s: %w", resource, err)
				}
				all[types.NamespacedName{Namespace: object.Namespace, Name: object.Name}] = raw
			}
			return nil
		})
		if kube.IsForbidden(err) || apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	k.listed[resource] = all
	return nil
}

// Get implements resolve.ObjectReader.
func (k *knownObjects) Get(ctx context.Context, resource, namespace, name string) (json.RawMessage, error) {
	all, ok := k.listed[resource]
	if !ok {
		return k.Client.Get(ctx, resource, namespace, name)
	}
	if raw, ok := all[types.NamespacedName{Namespace: namespace, Name: name}]; ok {
		return raw, nil
	}
	return nil, apierrors.NewNotFound(schema.GroupResource{Group: api.Group, Resource: resource}, name)
}

// asked notes the rights that finding stores and generators and admitting namespaces takes, as it happens.
type asked struct {
	*knownObjects
	note func(...kube.Right)
}

// Get implements resolve.ObjectReader.
func (a *asked) Get(ctx context.Context, resource, namespace, name string) (json.RawMessage, error) {
	a.note(kube.Right{Group: api.Group, Resource: resource, Verb: "get", Namespace: namespace, Name: name})
	return a.knownObjects.Get(ctx, resource, namespace, name)
}

// GetGenerator implements resolve.GeneratorReader.
func (a *asked) GetGenerator(ctx context.Context, kind, namespace, name string) (json.RawMessage, error) {
	a.note(kube.Right{Group: generators.Group, Resource: generators.ResourceOf(kind), Verb: "get", Namespace: namespace, Name: name})
	return a.knownObjects.GetGenerator(ctx, kind, namespace, name)
}

// NamespaceLabels implements resolve.NamespaceReader.
func (a *asked) NamespaceLabels(ctx context.Context, name string) (map[string]string, error) {
	a.note(kube.Right{Resource: "namespaces", Verb: "get", Name: name})
	return a.knownObjects.NamespaceLabels(ctx, name)
}
