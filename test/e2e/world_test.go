// Package e2e_test drives the built binaries against a real API server and an endpoint that speaks AWS: what they print, what
// they leave in the cluster and what they ask for. How the pipeline comes to it is tested beside the pipeline.
//
// Tests that count the API server's requests or change a CRD are not parallel: they run one by one before the parallel ones.
package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// world is where one test happens: a namespace of its own in the shared cluster, and an AWS endpoint.
type world struct {
	cluster   *harness.ControlPlane
	aws       *harness.Endpoint
	namespace string
	core      kubernetes.Interface
	objects   dynamic.Interface
}

// newWorld makes a world with a namespace and an endpoint that nothing else uses.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := worldIn(t, "")
	w.namespace = w.cluster.Namespace(t)
	return w
}

// worldIn makes a world with a namespace that is there already.
func worldIn(t *testing.T, namespace string) *world {
	t.Helper()
	cluster := harness.Cluster(t)
	cluster.ApplyCRDs(t)
	core, err := kubernetes.NewForConfig(cluster.Config())
	require.NoError(t, err)
	objects, err := dynamic.NewForConfig(cluster.Config())
	require.NoError(t, err)
	return &world{cluster: cluster, aws: harness.AWS(t), namespace: namespace, core: core, objects: objects}
}

// another is the same world with another namespace, for a test within a test.
func (w *world) another(t *testing.T) *world {
	t.Helper()
	other := *w
	other.namespace = w.cluster.Namespace(t)
	return &other
}

// apply makes or changes the objects of manifests as harness.ControlPlane.Apply does, in the world's namespace where they name none.
func (w *world) apply(t *testing.T, manifests ...string) {
	t.Helper()
	w.cluster.Apply(t, w.namespace, manifests...)
}

// resource is a client for the objects of a kind, whose plural adds an s, in a namespace, or everywhere if that is empty.
func (w *world) resource(t *testing.T, apiVersion, kind, namespace string) dynamic.ResourceInterface {
	t.Helper()
	version, err := schema.ParseGroupVersion(apiVersion)
	require.NoError(t, err)
	client := w.objects.Resource(version.WithResource(strings.ToLower(kind) + "s"))
	if namespace == "" {
		return client
	}
	return client.Namespace(namespace)
}

// awsStore is a SecretStore called "store", whose identity is that of the process.
const awsStore = `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store}
spec: {provider: {aws: {service: SecretsManager, region: us-east-1}}}`

// secretStore is a SecretStore with the given part below spec.provider.aws, in YAML's flow style, besides service and region.
func secretStore(name, aws string) string {
	return fmt.Sprintf(`
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: %s}
spec: {provider: {aws: {service: SecretsManager, region: us-east-1, %s}}}`, name, aws)
}

// externalSecret is an ExternalSecret that reads "store", with the rest of its spec in YAML's flow style.
func externalSecret(name, spec string) string {
	return fmt.Sprintf(`
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: %s}
spec: {secretStoreRef: {name: store}, %s}`, name, spec)
}

// named is the manifest of a store called "store" under another name, and readsFrom that of an ExternalSecret with another store.
func named(name, store string) string {
	return strings.Replace(store, "metadata: {name: store}", "metadata: {name: "+name+"}", 1)
}

func readsFrom(store, es string) string {
	return strings.Replace(es, "secretStoreRef: {name: store}", "secretStoreRef: {name: "+store+"}", 1)
}

// dataOf is spec.data of one key, "value", which takes the whole of a remote secret.
func dataOf(remote string) string {
	return fmt.Sprintf("data: [{secretKey: value, remoteRef: {key: %s}}]", remote)
}

// opaque is a Secret with the given data.
func opaque(name string, data map[string]string) string {
	body, _ := json.Marshal(data) // texts always marshal
	return fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\nstringData: %s", name, body)
}
