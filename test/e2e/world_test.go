// Package e2e_test drives the built binaries against a real API server and an endpoint that speaks AWS: what they print, what
// they leave in the cluster and what they ask for. How the pipeline comes to it is tested beside the pipeline.
//
// Tests that count the API server's requests or change a CRD are not parallel: they run one by one before the parallel ones.
package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

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

// resources maps the kinds that tests write to their resources; those that are cluster-wide are in unnamespaced too.
func resources() (named map[string]string, unnamespaced map[string]bool) {
	return map[string]string{
			"ExternalSecret": "externalsecrets", "SecretStore": "secretstores", "ClusterSecretStore": "clustersecretstores",
			"ClusterExternalSecret": "clusterexternalsecrets", "ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings",
			"Secret": "secrets", "ServiceAccount": "serviceaccounts", "Role": "roles", "RoleBinding": "rolebindings", "Pod": "pods",
			"Password": "passwords", "UUID": "uuids", "Fake": "fakes", "SSHKey": "sshkeys", "ClusterGenerator": "clustergenerators",
			"ConfigMap": "configmaps", "Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets", "Job": "jobs",
			"CronJob": "cronjobs",
		}, map[string]bool{
			"ClusterSecretStore": true, "ClusterGenerator": true, "ClusterExternalSecret": true, "ClusterRole": true, "ClusterRoleBinding": true,
		}
}

// apply makes or changes the objects of manifests, YAML documents, by a strict server-side apply. What is cluster-wide goes with
// the test.
func (w *world) apply(t *testing.T, manifests ...string) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for _, manifest := range manifests {
		for document := range strings.SplitSeq(manifest, "\n---\n") {
			var object unstructured.Unstructured
			require.NoError(t, yaml.Unmarshal([]byte(document), &object.Object), document)
			client := w.resource(t, object.GetAPIVersion(), object.GetKind(), w.namespaceOf(t, &object))
			body, err := json.Marshal(object.Object)
			require.NoError(t, err)
			group.Go(func() error {
				force := true
				_, err := client.Patch(t.Context(), object.GetName(), types.ApplyPatchType, body,
					metav1.PatchOptions{FieldManager: "e2e", Force: &force, FieldValidation: metav1.FieldValidationStrict})
				return err
			})
		}
	}
	require.NoError(t, group.Wait())
}

// namespaceOf is the namespace in which an object is to be made: its own, the world's, or none for a kind that is cluster-wide,
// whose object it has deleted when the test ends.
func (w *world) namespaceOf(t *testing.T, object *unstructured.Unstructured) string {
	t.Helper()
	if _, unnamespaced := resources(); unnamespaced[object.GetKind()] {
		client := w.resource(t, object.GetAPIVersion(), object.GetKind(), "")
		t.Cleanup(func() {
			err := client.Delete(context.WithoutCancel(t.Context()), object.GetName(), metav1.DeleteOptions{})
			require.True(t, err == nil || apierrors.IsNotFound(err), "%v", err)
		})
		return ""
	}
	if object.GetNamespace() != "" {
		return object.GetNamespace()
	}
	return w.namespace
}

// resource is a client for the objects of a kind in a namespace, or everywhere if that is empty.
func (w *world) resource(t *testing.T, apiVersion, kind, namespace string) dynamic.ResourceInterface {
	t.Helper()
	version, err := schema.ParseGroupVersion(apiVersion)
	require.NoError(t, err)
	named, _ := resources()
	require.Contains(t, named, kind)
	client := w.objects.Resource(version.WithResource(named[kind]))
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

// dataOf is spec.data of one key, "value", which takes the whole of a remote secret.
func dataOf(remote string) string {
	return fmt.Sprintf("data: [{secretKey: value, remoteRef: {key: %s}}]", remote)
}

// opaque is a Secret with the given data.
func opaque(name string, data map[string]string) string {
	body, _ := json.Marshal(data) // texts always marshal
	return fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\nstringData: %s", name, body)
}
