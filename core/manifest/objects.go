// Package manifest holds objects that were read from manifests, and answers for them where an API server would be asked. It
// knows no schema but asks Check, and knows neither files nor flags.
package manifest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

// The resources that are kept, besides those of the External Secrets API.
const (
	resourceConfigMaps = "configmaps"
	resourceNamespaces = "namespaces"
	resourceSecrets    = "secrets"
)

// Objects are the objects of some manifests. Once they are complete they may be read from several goroutines.
type Objects struct {
	// Check, if set, tells what is wrong with an object, as an API server would. An ExternalSecret that is wrong is not kept.
	Check func(apiVersion, kind string, object json.RawMessage) error

	namespace string
	known     map[name]json.RawMessage
	order     []name
}

// name is how an object is asked for. The namespace is empty for those that are in none.
type name struct{ resource, namespace, name string }

// New holds nothing yet. namespace is that of the objects that name none.
func New(namespace string) *Objects {
	return &Objects{namespace: namespace, known: map[name]json.RawMessage{}}
}

// put keeps an object; a later one replaces an earlier one of the same name, as it would in a cluster.
func (o *Objects) put(n name, object json.RawMessage) {
	if _, ok := o.known[n]; !ok {
		o.order = append(o.order, n)
	}
	o.known[n] = object
}

// Count tells how many objects of resource there are.
func (o *Objects) Count(resource string) int {
	n := 0
	for _, name := range o.order {
		if name.resource == resource {
			n++
		}
	}
	return n
}

// List hands out the objects of resource in one page, in the order in which they were read.
func (o *Objects) List(_ context.Context, resource, namespace string, selector kube.Selector, page func([]json.RawMessage) error) error {
	if selector != (kube.Selector{}) {
		return errors.New("manifests can't be selected from")
	}
	var objects []json.RawMessage
	for _, n := range o.order {
		if n.resource == resource && (namespace == "" || n.namespace == namespace) {
			objects = append(objects, o.known[n])
		}
	}
	return page(objects)
}

// Get returns an object as JSON. The error is a NotFound of the API where there is none.
func (o *Objects) Get(_ context.Context, resource, namespace, called string) (json.RawMessage, error) {
	object, ok := o.known[name{resource, namespace, called}]
	if !ok {
		group := api.Group
		switch resource {
		case resourceConfigMaps, resourceNamespaces, resourceSecrets:
			group = corev1.GroupName
		}
		return nil, apierrors.NewNotFound(schema.GroupResource{Group: group, Resource: resource}, called)
	}
	return object, nil
}

// GetGenerator returns a generator as JSON; namespace is empty for one that is in none.
func (o *Objects) GetGenerator(ctx context.Context, kind, namespace, called string) (json.RawMessage, error) {
	return o.Get(ctx, generators.ResourceOf(kind), namespace, called)
}

// GetSecret returns a Secret, whose stringData has become data as an API server would have it.
func (o *Objects) GetSecret(ctx context.Context, namespace, called string) (*corev1.Secret, error) {
	var s corev1.Secret
	if err := o.decode(ctx, resourceSecrets, namespace, called, &s); err != nil {
		return nil, err
	}
	if s.Data == nil {
		s.Data = map[string][]byte{}
	}
	for key, text := range s.StringData {
		s.Data[key] = []byte(text)
	}
	s.StringData = nil
	return &s, nil
}

// GetConfigMap returns a ConfigMap.
func (o *Objects) GetConfigMap(ctx context.Context, namespace, called string) (*corev1.ConfigMap, error) {
	var m corev1.ConfigMap
	if err := o.decode(ctx, resourceConfigMaps, namespace, called, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// ConfigMap returns the data of a ConfigMap.
func (o *Objects) ConfigMap(ctx context.Context, namespace, called string) (map[string]string, error) {
	m, err := o.GetConfigMap(ctx, namespace, called)
	if err != nil {
		return nil, err
	}
	return m.Data, nil
}

// NamespaceLabels returns the labels of a Namespace, with the one that an API server gives each.
func (o *Objects) NamespaceLabels(ctx context.Context, called string) (map[string]string, error) {
	var n corev1.Namespace
	if err := o.decode(ctx, resourceNamespaces, "", called, &n); err != nil {
		return nil, err
	}
	labels := map[string]string{}
	maps.Copy(labels, n.Labels)
	labels[corev1.LabelMetadataName] = called
	return labels, nil
}

// ListNamespaces hands out the Namespaces, with the label that an API server gives each.
func (o *Objects) ListNamespaces(ctx context.Context, each func(*corev1.Namespace)) error {
	for _, n := range o.order {
		if n.resource != resourceNamespaces {
			continue
		}
		labels, err := o.NamespaceLabels(ctx, n.name)
		if err != nil {
			return err
		}
		each(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: n.name, Labels: labels}})
	}
	return nil
}

func (o *Objects) decode(ctx context.Context, resource, namespace, called string, into any) error {
	object, err := o.Get(ctx, resource, namespace, called)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(object, into); err != nil {
		return fmt.Errorf("read %s %q: %w", resource, called, err)
	}
	return nil
}
