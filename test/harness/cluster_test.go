package harness_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestClusterIsOneForAllTests(t *testing.T) {
	cluster := harness.Cluster(t)
	require.Same(t, cluster, harness.Cluster(t))
	require.Contains(t, cluster.Kubectl(t, "", "get", "namespaces", "--output=name"), "namespace/default\n")
	require.Negative(t, cluster.Config().QPS)
	for _, path := range []string{cluster.Kubeconfig(), cluster.Info.CAFile, cluster.Info.JWKSFile} {
		require.FileExists(t, path)
	}
}

func TestKubectl(t *testing.T) {
	cluster := harness.Cluster(t)

	t.Run("standard input is what it is given", func(t *testing.T) {
		out := cluster.Kubectl(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: given}\n",
			"create", "--dry-run=server", "--output=name", "-f", "-")
		require.Equal(t, "configmap/given\n", out)
	})

	t.Run("a failure is an error with kubectl's own words", func(t *testing.T) {
		_, err := cluster.KubectlErr(t, "", "get", "configmap", "nowhere")
		require.ErrorContains(t, err, `configmaps "nowhere" not found`)
	})
}

func TestNamespaceAndItsObjectsGoWithTheTest(t *testing.T) {
	cluster := harness.Cluster(t)
	var names []string
	t.Run("a test with two namespaces", func(t *testing.T) {
		names = []string{cluster.Namespace(t), cluster.Namespace(t)}
		require.NotEqual(t, names[0], names[1])
		cluster.Kubectl(t, "", "create", "secret", "generic", "left", "--namespace", names[0])
	})
	for _, name := range names {
		cluster.Kubectl(t, "", "wait", "--for=delete", "namespace/"+name, "--timeout=60s")
	}
	out := cluster.Kubectl(t, "", "get", "secrets", "--all-namespaces", "--field-selector=metadata.name=left", "--output=name")
	require.Empty(t, out)
}

func TestOwnedObjectsAreCollected(t *testing.T) {
	cluster := harness.Cluster(t)
	namespace := cluster.Namespace(t)
	in := "--namespace=" + namespace
	cluster.Kubectl(t, "", "create", "configmap", "owner", in)
	uid := cluster.Kubectl(t, "", "get", "configmap", "owner", in, "--output=jsonpath={.metadata.uid}")
	cluster.Kubectl(t, `{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "owned", "ownerReferences": [
		{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "`+uid+`"}]}}`, "create", "-f", "-", in)
	cluster.Kubectl(t, "", "delete", "configmap", "owner", in)
	cluster.Kubectl(t, "", "wait", "--for=delete", "secret/owned", in, "--timeout=60s")
}

func TestApplyCRDs(t *testing.T) {
	cluster := harness.Cluster(t)
	cluster.ApplyCRDs(t)
	cluster.ApplyCRDs(t)
	for _, resource := range []string{"externalsecrets", "secretstores", "clustersecretstores"} {
		cluster.Kubectl(t, "", "get", resource+".external-secrets.io", "--all-namespaces")
	}
}

func TestServiceAccountKubeconfig(t *testing.T) {
	cluster := harness.Cluster(t)
	namespace := cluster.Namespace(t)
	as := "--kubeconfig=" + cluster.ServiceAccountKubeconfig(t, namespace, "reader")

	t.Run("its user is the service account, in its namespace", func(t *testing.T) {
		require.Equal(t, "system:serviceaccount:"+namespace+":reader",
			cluster.Kubectl(t, "", "auth", "whoami", "--output=jsonpath={.status.userInfo.username}", as))
		config, err := clientcmd.LoadFromFile(as[len("--kubeconfig="):])
		require.NoError(t, err)
		require.Equal(t, namespace, config.Contexts[config.CurrentContext].Namespace)
	})

	t.Run("it may do nothing until a role says so", func(t *testing.T) {
		_, err := cluster.KubectlErr(t, "", "get", "secrets", as)
		require.ErrorContains(t, err, "Forbidden")

		in := "--namespace=" + namespace
		cluster.Kubectl(t, "", "create", "role", "reader", "--verb=list", "--resource=secrets", in)
		cluster.Kubectl(t, "", "create", "rolebinding", "reader", "--role=reader", "--serviceaccount="+namespace+":reader", in)
		require.Eventually(t, func() bool {
			_, err := cluster.KubectlErr(t, "", "get", "secrets", as)
			return err == nil
		}, 10*time.Second, 50*time.Millisecond)
	})

	t.Run("an account that exists is used as it is", func(t *testing.T) {
		again := "--kubeconfig=" + cluster.ServiceAccountKubeconfig(t, namespace, "reader")
		cluster.Kubectl(t, "", "get", "secrets", again)
	})

	t.Run("only the owner may read the file", func(t *testing.T) {
		info, err := os.Stat(as[len("--kubeconfig="):])
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	})
}

// podTemplate is an object that nothing in the cluster acts upon.
const podTemplate = `{"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "counted"},
	"template": {"spec": {"containers": [{"name": "none", "image": "none"}]}}}`

func TestRequestsCountWhatIsAsked(t *testing.T) {
	cluster := harness.Cluster(t)
	t.Run("a test before it, whose namespace is still being deleted", func(t *testing.T) {
		cluster.Kubectl(t, podTemplate, "create", "-f", "-", "--namespace="+cluster.Namespace(t))
	})
	in := "--namespace=" + cluster.Namespace(t)

	before := cluster.Requests(t)
	cluster.Kubectl(t, podTemplate, "create", "-f", "-", in)
	for range 3 {
		cluster.Kubectl(t, "", "get", "podtemplate", "counted", in)
	}
	_, err := cluster.KubectlErr(t, "", "get", "podtemplate", "missing", in)
	require.Error(t, err)
	cluster.Kubectl(t, podTemplate, "apply", "--server-side", "--field-manager=other", "-f", "-", in)

	counts := cluster.Requests(t).Sub(before).Only("podtemplates")
	require.Equal(t, "1 APPLY podtemplates 200\n3 GET podtemplates 200\n1 GET podtemplates 404\n1 POST podtemplates 201\n",
		counts.String())
	require.Equal(t, 4, counts.Count("GET", "podtemplates"))
	require.Equal(t, 6, counts.Total())
}

func TestBuildAndRun(t *testing.T) {
	kubectl := filepath.Join(harness.Cluster(t).Info.Bin, "kubectl")
	t.Setenv("KUBECONFIG", harness.Cluster(t).Kubeconfig())

	t.Run("a program gets only the environment that the test gives", func(t *testing.T) {
		result := harness.Run(t, nil, kubectl, "config", "current-context")
		require.Equal(t, 1, result.Code)
		require.Contains(t, result.Stderr, "current-context is not set")
		require.Empty(t, result.Stdout)

		result = harness.Run(t, []string{"KUBECONFIG=" + harness.Cluster(t).Kubeconfig()}, kubectl, "config", "current-context")
		require.Equal(t, harness.Result{Stdout: "cluster\n"}, result)
	})

	t.Run("a program is built from the main module, once", func(t *testing.T) {
		bin := harness.Build(t, "./test/harness/testdata/hello")
		require.Equal(t, bin, harness.Build(t, "./test/harness/testdata/hello"))
		require.Equal(t, harness.Result{Stdout: "hello\n", Stderr: "bye\n", Code: 3}, harness.Run(t, nil, bin))
	})
}
