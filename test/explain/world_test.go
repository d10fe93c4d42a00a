package explain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// canary is what every remote secret holds that has no other value: it must not get out.
const canary = "canary-value-XQ7vTz1k9"

// world is where one fault is: a namespace of the shared cluster, an AWS endpoint, and how the plugin is called.
type world struct {
	cluster   *harness.ControlPlane
	aws       *harness.Endpoint
	namespace string
	core      kubernetes.Interface
	objects   dynamic.Interface
	// environment is that of the plugin: where the cluster and AWS are, and AWS keys that may do everything.
	environment []string
	// flags are more flags of explain.
	flags []string
	// secrets must not get out, besides canary and the keys.
	secrets harness.Canaries
}

// newWorld makes a world with the remote secrets "plain", a text, and "json", an object of texts.
func newWorld(t *testing.T) *world {
	t.Helper()
	cluster := harness.Cluster(t)
	cluster.ApplyCRDs(t)
	core, err := kubernetes.NewForConfig(cluster.Config())
	require.NoError(t, err)
	objects, err := dynamic.NewForConfig(cluster.Config())
	require.NoError(t, err)
	w := &world{cluster: cluster, aws: harness.AWS(t), namespace: cluster.Namespace(t), core: core, objects: objects}
	w.environment = append(w.aws.Env(), "KUBECONFIG="+cluster.Kubeconfig())
	w.aws.Seed(t, map[string]string{"plain": canary, "json": `{"user": "` + canary + `", "nested": {"user": "` + canary + `"}}`})
	return w
}

// apply makes or changes objects; one that names no namespace is in the world's.
func (w *world) apply(t *testing.T, manifests ...string) {
	t.Helper()
	w.cluster.Apply(t, w.namespace, manifests...)
}

// applying is for faults that consist of objects. NAMESPACE in a manifest is the world's.
func applying(manifests ...string) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		w.apply(t, strings.Split(strings.ReplaceAll(strings.Join(manifests, "\n---\n"), "NAMESPACE", w.namespace), "\n---\n")...)
	}
}

// withEnvironment changes the plugin's environment; a variable that was there before has the new value.
func (w *world) withEnvironment(variables ...string) {
	w.environment = append(w.environment, variables...)
}

// withoutKeys takes the AWS keys out of the plugin's environment.
func (w *world) withoutKeys() {
	w.withEnvironment(w.aws.EnvWithoutKey()...)
}

// as makes the plugin call the API server as a service account that has nothing but these rules of a Role, in YAML's flow style.
func (w *world) as(t *testing.T, account string, rules ...string) {
	t.Helper()
	w.withEnvironment("KUBECONFIG=" + w.cluster.ServiceAccountKubeconfig(t, w.namespace, account))
	w.apply(t, fmt.Sprintf("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: %s}\nrules: [%s]", account, strings.Join(rules, ", ")),
		fmt.Sprintf("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: %s}\n"+
			"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %[1]s}\nsubjects: [{kind: ServiceAccount, name: %[1]s}]", account))
}

// stored is all that a run could have written, each object as its resource and name with its version.
func (w *world) stored(t *testing.T) map[string]string {
	t.Helper()
	versions := map[string]string{}
	for _, resource := range []schema.GroupVersionResource{
		{Group: api.Group, Version: "v1", Resource: "externalsecrets"}, {Group: api.Group, Version: "v1", Resource: "secretstores"},
		{Version: "v1", Resource: "secrets"}, {Version: "v1", Resource: "events"}, {Version: "v1", Resource: "configmaps"},
	} {
		list, err := w.objects.Resource(resource).Namespace(w.namespace).List(t.Context(), metav1.ListOptions{})
		if apierrors.IsNotFound(err) {
			continue // this API is not served
		}
		require.NoError(t, err)
		for _, object := range list.Items {
			if object.GetName() != "kube-root-ca.crt" { // comes by itself, a moment after the namespace
				versions[resource.Resource+"/"+object.GetName()] = object.GetResourceVersion()
			}
		}
	}
	return versions
}

// externalSecrets is a client for those of the world's namespace.
func (w *world) externalSecrets() dynamic.ResourceInterface {
	return w.objects.Resource(schema.GroupVersionResource{Group: api.Group, Version: "v1", Resource: "externalsecrets"}).Namespace(w.namespace)
}

// storeOf is a SecretStore called "store" with the given part below spec.provider.aws, in YAML's flow style, besides service and region.
func storeOf(aws string) string {
	return fmt.Sprintf(`
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store}
spec: {provider: {aws: {service: SecretsManager, region: us-east-1, %s}}}`, aws)
}

// store is one whose identity is that of the process.
func store() string { return storeOf("") }

// parameterStore is store for Parameter Store.
func parameterStore() string { return strings.Replace(store(), "SecretsManager", "ParameterStore", 1) }

// inAllNamespaces makes a ClusterSecretStore of the SecretStore "store", with the name of the world's namespace.
func inAllNamespaces(store string) string {
	return strings.NewReplacer("kind: SecretStore", "kind: ClusterSecretStore", "{name: store}", "{name: NAMESPACE}").Replace(store)
}

// externalSecret is the ExternalSecret "app" that reads "store", with the rest of its spec in YAML's flow style.
func externalSecret(spec string) string {
	return fmt.Sprintf(`
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: app}
spec: {secretStoreRef: {name: store}, %s}`, spec)
}

// fromCluster is an ExternalSecret that reads the ClusterSecretStore of inAllNamespaces.
func fromCluster(spec string) string {
	return strings.Replace(externalSecret(spec), "{name: store}", "{name: NAMESPACE, kind: ClusterSecretStore}", 1)
}

// reading is the ExternalSecret "app" with one key, "value", which takes the whole of a remote secret.
func reading(key string) string { return externalSecret(dataOf(key)) }

// dataOf is the spec.data of reading, where key may be followed by more of the remoteRef.
func dataOf(key string) string {
	return fmt.Sprintf("data: [{secretKey: value, remoteRef: {key: %s}}]", key)
}

// opaque is a Secret with the given texts.
func opaque(name, data string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\nstringData: {%s}", name, data)
}

func text(s string) *string { return &s }
