package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"
)

// manager is the field manager of Apply.
const manager = "e2e"

// Apply makes or changes the objects of manifests, YAML documents, by a strict server-side apply, several at a time and so in no order.
// An object that names no namespace gets the one given. What is cluster-wide is deleted when the test ends.
func (c *ControlPlane) Apply(t testing.TB, namespace string, manifests ...string) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for _, manifest := range manifests {
		for document := range strings.SplitSeq(manifest, "\n---\n") {
			var object unstructured.Unstructured
			require.NoError(t, yaml.Unmarshal([]byte(document), &object.Object), document)
			client := c.resource(t, &object, namespace)
			body, err := json.Marshal(object.Object)
			require.NoError(t, err)
			group.Go(func() error {
				force := true
				_, err := client.Patch(t.Context(), object.GetName(), types.ApplyPatchType, body,
					metav1.PatchOptions{FieldManager: manager, Force: &force, FieldValidation: metav1.FieldValidationStrict})
				return err
			})
		}
	}
	require.NoError(t, group.Wait())
}

// resource is a client for what an object is. What is cluster-wide is deleted when the test ends.
func (c *ControlPlane) resource(t testing.TB, object *unstructured.Unstructured, namespace string) dynamic.ResourceInterface {
	t.Helper()
	kinds, err := c.kinds()
	require.NoError(t, err)
	kind := object.GroupVersionKind()
	mapping, err := kinds.mapper.RESTMapping(kind.GroupKind(), kind.Version) // asks again for a kind that it does not know
	require.NoError(t, err)
	client := kinds.client.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		if object.GetNamespace() != "" {
			namespace = object.GetNamespace()
		}
		return client.Namespace(namespace)
	}
	t.Cleanup(func() {
		err := client.Delete(context.WithoutCancel(t.Context()), object.GetName(), metav1.DeleteOptions{})
		require.True(t, err == nil || apierrors.IsNotFound(err), "%v", err)
	})
	return client
}

// kinds is what Apply knows of the cluster.
type kinds struct {
	client dynamic.Interface
	mapper meta.RESTMapper
}

// newKinds asks for nothing yet.
func (c *ControlPlane) newKinds() (*kinds, error) {
	client, err := dynamic.NewForConfig(c.config)
	if err != nil {
		return nil, fmt.Errorf("make a client of the cluster: %w", err)
	}
	asked, err := discovery.NewDiscoveryClientForConfig(c.config)
	if err != nil {
		return nil, fmt.Errorf("make a client of the cluster: %w", err)
	}
	return &kinds{client: client, mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(asked))}, nil
}
