package resolve_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

// objects is an API server as far as this package sees one: objects by resource, in pages of two, and the labels of namespaces.
type objects struct {
	byResource map[string][]json.RawMessage
	labels     map[string]map[string]string
	// fail answers a request such as "list secretstores", "get secretstores a/b" or "namespace a"; nil means no error.
	fail func(request string) error

	mu       sync.Mutex
	requests []string
}

func (o *objects) request(parts ...string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	request := strings.TrimSpace(strings.Join(parts, " "))
	o.requests = append(o.requests, request)
	if o.fail == nil {
		return nil
	}
	return o.fail(request)
}

func (o *objects) List(_ context.Context, resource, namespace string, _ kube.Selector, page func([]json.RawMessage) error) error {
	if err := o.request("list", resource, namespace); err != nil {
		return err
	}
	var found []json.RawMessage
	for _, raw := range o.byResource[resource] {
		if in, _ := idOf(raw); namespace == "" || in == namespace {
			found = append(found, raw)
		}
	}
	for chunk := range slices.Chunk(found, 2) {
		if err := page(chunk); err != nil {
			return err
		}
	}
	return nil
}

func (o *objects) Get(_ context.Context, resource, namespace, name string) (json.RawMessage, error) {
	if err := o.request("get", resource, strings.TrimPrefix(namespace+"/"+name, "/")); err != nil {
		return nil, err
	}
	for _, raw := range o.byResource[resource] {
		if in, called := idOf(raw); in == namespace && called == name {
			return raw, nil
		}
	}
	return nil, notFound()
}

func (o *objects) GetGenerator(ctx context.Context, kind, namespace, name string) (json.RawMessage, error) {
	return o.Get(ctx, generators.ResourceOf(kind), namespace, name)
}

func (o *objects) NamespaceLabels(_ context.Context, name string) (map[string]string, error) {
	if err := o.request("namespace", name); err != nil {
		return nil, err
	}
	return o.labels[name], nil
}

func idOf(raw json.RawMessage) (namespace, name string) {
	var object struct {
		Metadata struct{ Namespace, Name string }
	}
	_ = json.Unmarshal(raw, &object) // a broken object has no name
	return object.Metadata.Namespace, object.Metadata.Name
}

func notFound() error {
	return apierrors.NewNotFound(schema.GroupResource{Resource: "things"}, "thing")
}

func forbidden() error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: "things"}, "thing", nil)
}

// refuse fails the requests that begin with one of the prefixes.
func refuse(err error, prefixes ...string) func(string) error {
	return func(request string) error {
		for _, prefix := range prefixes {
			if strings.HasPrefix(request, prefix) {
				return err
			}
		}
		return nil
	}
}

// raw turns YAML into an object as the API server sends it.
func raw(t *testing.T, text string) json.RawMessage {
	t.Helper()
	body, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err)
	return body
}

// externalSecret reads an ExternalSecret from YAML.
func externalSecret(t *testing.T, text string) *api.ExternalSecret {
	t.Helper()
	var es api.ExternalSecret
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &es))
	return &es
}
