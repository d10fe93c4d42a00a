package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// install gives the world's service account "externalsecret-runner" the rights that are shipped and no others, and returns the
// environment of a runner that is this account. Names of what is cluster-wide are made the test's own, as tests share a cluster.
func (w *world) install(t *testing.T, options manifests.Options) []string {
	t.Helper()
	kubeconfig := w.cluster.ServiceAccountKubeconfig(t, w.namespace, manifests.Name)
	objects, err := manifests.Render(options)
	require.NoError(t, err)
	for _, object := range objects {
		if !slices.Contains([]string{"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}, object.GetKind()) {
			continue
		}
		if object.GetNamespace() == "" {
			own := "-" + w.namespace
			object.SetName(object.GetName() + own)
			if object.GetKind() == "ClusterRoleBinding" {
				name, _, err := unstructured.NestedString(object.Object, "roleRef", "name")
				require.NoError(t, err)
				require.NoError(t, unstructured.SetNestedField(object.Object, name+own, "roleRef", "name"))
			}
		}
		body, err := yaml.Marshal(object.Object)
		require.NoError(t, err)
		w.apply(t, string(body))
	}
	return append(w.aws.Env(), "KUBECONFIG="+kubeconfig)
}

// shippedPass runs the runner on the world's namespace. One that has the rights for the whole cluster asks for the whole cluster, of
// which the API server selects the namespace, since tests share a cluster.
func (w *world) shippedPass(t *testing.T, options manifests.Options, environment []string) pass {
	t.Helper()
	if len(options.Scope) > 0 {
		return w.passIn(t, environment)
	}
	return readPass(t, harness.Run(t, environment, runner(t), "--field-selector", "metadata.namespace="+w.namespace, "--report", "full"))
}

// configMap is a template "greeting" in a ConfigMap.
const configMap = `
apiVersion: v1
kind: ConfigMap
metadata: {name: templates}
data: {greeting: "hello {{ .value }}"}`

// TestTheShippedRightsAreEnough lets a runner do all that needs a right of its own, with exactly the rights that the manifests
// give it.
func TestTheShippedRightsAreEnough(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options func(w *world) manifests.Options
		notes   []string
	}{
		"for the whole cluster": {func(*world) manifests.Options { return manifests.Options{} }, nil},
		"for a namespace": {func(w *world) manifests.Options {
			return manifests.Options{Scope: []string{w.namespace}, ClusterStores: true}
		}, nil},
		"with Secrets read by name": {func(*world) manifests.Options {
			return manifests.Options{SecretAccess: manifests.SecretsByName}
		}, []string{"Secrets are read one by one"}},
		"for a namespace, with Secrets read by name": {func(w *world) manifests.Options {
			return manifests.Options{Scope: []string{w.namespace}, ClusterStores: true, SecretAccess: manifests.SecretsByName}
		}, []string{"Secrets are read one by one"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.federate(t)
			options := test.options(w)
			options.Namespace = w.namespace
			options.LoginServiceAccounts = []types.NamespacedName{{Namespace: w.namespace, Name: "app"}}
			environment := w.install(t, options)
			w.aws.Put(t, "a", "1")
			w.aws.Put(t, "gone", "1")
			w.apply(t, awsStore, configMap, serviceAccount(roleAnnotation()), secretStore("as-app", asApp),
				clusterStore("shared-"+w.namespace, ""), fromCluster("of-all", "shared-"+w.namespace),
				externalSecret("plain", dataOf("a")),
				externalSecret("deleted", "refreshInterval: 1s, target: {deletionPolicy: Delete}, "+dataOf("gone")),
				externalSecret("templated", "target: {template: {templateFrom: [{configMap: {name: templates, items: [{key: greeting}]}}]}}, "+dataOf("a")),
				`
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: federated}
spec: {secretStoreRef: {name: as-app}, `+dataOf("a")+`}`, `
apiVersion: generators.external-secrets.io/v1alpha1
kind: UUID
metadata: {name: id}
spec: {}`, `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: generated}
spec: {dataFrom: [{sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: UUID, name: id}}}]}`)

			p := w.shippedPass(t, options, environment).synced(t)
			for _, of := range []string{"plain", "deleted", "templated", "federated", "of-all", "generated"} {
				assert.Equal(t, "created", p.of(t, of).Outcome, of)
			}
			assert.Equal(t, "hello 1", w.data(t, "templated")["greeting"])
			require.Len(t, p.Report.Notes, len(test.notes), "%v", p.Report.Notes)
			for i, says := range test.notes {
				assert.Contains(t, p.Report.Notes[i], says)
			}

			// An operator that is gone has left its finalizer, for which it gets a minute.
			client := w.resource(t, api.APIVersion, api.KindExternalSecret, w.namespace)
			w.patch(t, "plain", `{"metadata":{"finalizers":["externalsecrets.external-secrets.io/externalsecret-cleanup"]}}`)
			require.NoError(t, client.Delete(t.Context(), "plain", metav1.DeleteOptions{}))
			w.aws.Delete(t, "gone")
			time.Sleep(65 * time.Second)
			p = w.shippedPass(t, options, environment).synced(t)
			assert.Equal(t, "deleted", p.of(t, "deleted").Outcome)
			w.noSecret(t, "deleted")
			_, err := client.Get(t.Context(), "plain", metav1.GetOptions{})
			assert.True(t, apierrors.IsNotFound(err), "%v", err)
		})
	}
}

// TestTheShippedRightsReachNobodyElse asks the API server what a runner for one namespace may do elsewhere, and as whom it may log in.
func TestTheShippedRightsReachNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.another(t)
	environment := w.install(t, manifests.Options{
		Namespace: w.namespace, Scope: []string{w.namespace}, SecretAccess: manifests.SecretsByName,
		LoginServiceAccounts: []types.NamespacedName{{Namespace: w.namespace, Name: "app"}},
	})
	may := func(namespace string, what ...string) bool {
		kubeconfig := environment[len(environment)-1][len("KUBECONFIG="):]
		_, err := w.cluster.KubectlErr(t, "", append([]string{"auth", "can-i", "--quiet", "--kubeconfig", kubeconfig, "-n", namespace}, what...)...)
		return err == nil
	}
	assert.True(t, may(w.namespace, "get", "secrets"))
	assert.False(t, may(w.namespace, "list", "secrets"))
	assert.False(t, may(other.namespace, "get", "secrets"))
	assert.False(t, may(other.namespace, "list", "externalsecrets.external-secrets.io"))
	assert.False(t, may(w.namespace, "list", "clustersecretstores.external-secrets.io"))
	assert.True(t, may(w.namespace, "create", "serviceaccounts/app", "--subresource=token"))
	assert.False(t, may(w.namespace, "create", "serviceaccounts/"+manifests.Name, "--subresource=token"))
	assert.True(t, may(w.namespace, "update", "leases.coordination.k8s.io/"+manifests.Name))
	assert.False(t, may(w.namespace, "update", "leases.coordination.k8s.io/another"))
	assert.False(t, may(w.namespace, "update", "configmaps/another"))
	assert.False(t, may(w.namespace, "create", "pods"))
}

// TestTheShippedRightsFanOut lets a runner for the whole cluster make, change and delete what ClusterExternalSecrets want. It makes
// passes over the whole cluster, and so runs while no other test does.
func TestTheShippedRightsFanOut(t *testing.T) {
	f := newFan(t)
	environment := f.install(t, manifests.Options{Namespace: f.namespace})
	f.apply(t, f.externalSecret(dataOf("a"), ""))
	run := func() pass { return readPass(t, harness.Run(t, environment, runner(t), "--report", "full")) }
	assert.Empty(t, run().synced(t).Report.Notes)
	assert.Equal(t, f.namespaces, f.children(t))
	f.label(t, f.namespaces[0], "")
	f.apply(t, f.externalSecret(dataOf("b"), ""))
	result := run().synced(t).only(t)
	assert.Equal(t, f.namespaces[:1], result.Deleted)
	assert.Equal(t, f.namespaces[1:], result.Changed)
}
