package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// fixture fills namespaces with ExternalSecrets and does by hand what a pass would have to ask of the API server.
type fixture struct {
	dynamic dynamic.Interface
	client  *kube.Client
}

func newFixture(b *testing.B, config *rest.Config) *fixture {
	b.Helper()
	config = unlimited(config)
	objects, err := dynamic.NewForConfig(config)
	require.NoError(b, err)
	client, err := kube.New(b.Context(), config)
	require.NoError(b, err)
	return &fixture{dynamic: objects, client: client}
}

// newProvider is an AWS that answers after latency and has all the secrets that populate's ExternalSecrets ask for.
func newProvider(b *testing.B) *harness.Endpoint {
	b.Helper()
	endpoint := harness.AWS(b)
	endpoint.Latency(b, "", latency)
	values := map[string]string{}
	for i := range secrets {
		values[remoteName(i)] = fmt.Sprintf(`{"username":"user-%d","password":"password-%d"}`, i, i)
	}
	endpoint.Seed(b, values)
	return endpoint
}

func (f *fixture) namespace(b *testing.B, name string) string {
	b.Helper()
	f.create(b, "", "v1", "namespaces", "Namespace", name, nil)
	return name
}

func (f *fixture) create(b *testing.B, namespace, apiVersion, resource, kind, name string, spec map[string]any) {
	b.Helper()
	gv, err := schema.ParseGroupVersion(apiVersion)
	require.NoError(b, err)
	object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}}}
	if spec != nil {
		object.Object["spec"] = spec
	}
	_, err = f.dynamic.Resource(gv.WithResource(resource)).Namespace(namespace).Create(b.Context(), object, metav1.CreateOptions{})
	require.NoError(b, err)
}

// populate makes a store and n ExternalSecrets of two keys each.
func (f *fixture) populate(b *testing.B, namespace string, n int) {
	b.Helper()
	v1 := api.Group + "/" + api.V1
	f.create(b, namespace, v1, api.ResourceSecretStores, api.KindSecretStore, "store", map[string]any{
		"provider": map[string]any{"aws": map[string]any{"service": "SecretsManager", "region": "us-east-1"}},
	})
	f.parallel(b, n, func(_ context.Context, i int) error {
		f.create(b, namespace, v1, api.ResourceExternalSecrets, api.KindExternalSecret, name(i), specOf(i))
		return nil
	})
}

// specOf is the spec of an ExternalSecret of two keys.
func specOf(i int) map[string]any {
	entry := func(key string) any {
		return map[string]any{"secretKey": key, "remoteRef": map[string]any{"key": remoteName(i % secrets), "property": key}}
	}
	return map[string]any{
		"secretStoreRef": map[string]any{"name": "store"},
		"data":           []any{entry("username"), entry("password")},
	}
}

// floor creates a Secret, patches a status and records an Event for each of n ExternalSecrets, as a first sync has to, with
// bodies made beforehand.
func (f *fixture) floor(b *testing.B, namespace string, n int) time.Duration {
	b.Helper()
	secrets, events := make([]*corev1.Secret, n), make([]*corev1.Event, n)
	now := metav1.Now()
	for i := range n {
		secrets[i] = &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: namespace, Name: name(i),
				Labels:      map[string]string{api.LabelManaged: api.LabelManagedValue, api.LabelOwner: api.OwnerLabel(namespace, name(i))},
				Annotations: map[string]string{api.AnnotationDataHash: api.DataHash(nil)},
			},
			Data: map[string][]byte{"username": []byte("user-1234"), "password": []byte("password-1234")},
		}
		events[i] = &corev1.Event{
			ObjectMeta:     metav1.ObjectMeta{Namespace: namespace, Name: name(i)},
			InvolvedObject: corev1.ObjectReference{APIVersion: f.client.APIVersion(), Kind: api.KindExternalSecret, Namespace: namespace, Name: name(i)},
			Type:           corev1.EventTypeNormal, Reason: api.EventCreated, Message: api.EventMessageCreated,
			Count: 1, FirstTimestamp: now, LastTimestamp: now, Source: corev1.EventSource{Component: "bench"},
		}
	}
	status, err := json.Marshal([]map[string]any{{"op": "add", "path": "/status", "value": api.ExternalSecretStatus{
		RefreshTime: &now, SyncedResourceVersion: api.SyncedResourceVersion(1, nil, nil), Binding: &api.Binding{Name: name(0)},
		Conditions: []api.Condition{{
			Type: api.ConditionReady, Status: metav1.ConditionTrue, Reason: api.ReasonSecretSynced,
			Message: api.MessageSecretSynced, LastTransitionTime: &now,
		}},
	}}})
	require.NoError(b, err)
	began := time.Now()
	f.parallel(b, n, func(ctx context.Context, i int) error {
		if err := f.client.CreateSecret(ctx, secrets[i], api.FieldManager(name(i)), false); err != nil {
			return err
		}
		if err := f.client.PatchStatus(ctx, namespace, name(i), status); err != nil {
			return err
		}
		return f.client.CreateEvent(ctx, events[i])
	})
	return time.Since(began)
}

func (f *fixture) parallel(b *testing.B, n int, do func(ctx context.Context, i int) error) {
	b.Helper()
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(core.DefaultConcurrency)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	require.NoError(b, group.Wait())
}

func name(i int) string { return fmt.Sprintf("es-%04d", i) }
