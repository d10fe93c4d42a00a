//go:build operator

package neighbour_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// operatorRelease is the newest release whose Go module can be compiled from outside of its repository.
const operatorRelease = "v0.19.2"

// remote is what the provider holds for testdata/compatible.yaml.
var remote = map[string]string{
	"app/db":     `{"username":"Admin","password":"hunter22","port":12345678901234567890}`,
	"app/api":    "token-abc",
	"app/b64":    "aGVsbG8=",
	"app/nested": `{"deep":{"nested":"v"}}`,
	"app/mixed":  `{"a b/c":"x","n":1.50,"big":12345678901234567890,"t":true,"nul":null,"obj":{"z":1,"a":"<&>"},"arr":[1,"2"]}`,
}

// TestCompatibility lets the operator and the runner take over from each other: neither may find anything to write.
func TestCompatibility(t *testing.T) {
	cluster := harness.Cluster(t)
	endpoint := harness.AWS(t)
	endpoint.Seed(t, remote)
	environment := append(endpoint.Env(), "KUBECONFIG="+cluster.Kubeconfig(), "AWS_SECRETSMANAGER_ENDPOINT="+endpoint.URL())
	operator := buildOperator(t)
	plugin := harness.Build(t, "./cmd/kubectl-externalsecret")
	cluster.Kubectl(t, "", append([]string{"apply", "--server-side"}, filesOf(t, operatorRelease)...)...)
	require.Eventually(t, func() bool {
		_, err := cluster.KubectlErr(t, "", "get", "externalsecrets,secretstores,clustersecretstores", "--all-namespaces")
		return err == nil
	}, time.Minute, 200*time.Millisecond, "the CRDs are served")
	manifests, err := os.ReadFile("testdata/compatible.yaml")
	require.NoError(t, err)
	apply := func(t *testing.T, namespace string) {
		t.Helper()
		cluster.Kubectl(t, "", "create", "namespace", namespace)
		cluster.Kubectl(t, string(manifests), "apply", "-n", namespace, "-f", "-")
	}
	allReady := func() bool {
		out, err := cluster.KubectlErr(t, "", "get", "externalsecrets", "-A", "-o", `jsonpath={range .items[*]}{.status.conditions[0].status}{"\n"}{end}`)
		return err == nil && strings.Count(out, "True") == strings.Count(string(manifests), "kind: ExternalSecret")
	}

	// One namespace name for both, as the owner label is made from it.
	const namespace = "compatible"
	apply(t, namespace)
	stop := startOperator(t, operator, environment)
	require.Eventually(t, allReady, time.Minute, time.Second, "the operator syncs all")
	stop()
	theirs := secretsIn(t, cluster, namespace)
	theirRequests := endpoint.Counters(t)

	r := harness.Run(t, environment, plugin, "refresh", "--all", "-n", namespace)
	require.Zero(t, r.Code, r.Stdout+r.Stderr)
	for line := range strings.Lines(r.Stdout) {
		assert.Contains(t, line, "unchanged", "what the operator wrote is what we would write")
	}
	assert.Equal(t, versions(theirs), versions(secretsIn(t, cluster, namespace)), "not one Secret was written")

	cluster.Kubectl(t, "", "get", "externalsecrets", "-n", namespace) // before the namespace goes: its finalizers must
	out := cluster.Kubectl(t, "", "get", "externalsecrets", "-n", namespace, "-o", "name")
	for name := range strings.FieldsSeq(out) {
		cluster.Kubectl(t, "", "patch", name, "-n", namespace, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
	}
	cluster.Kubectl(t, "", "delete", "namespace", namespace, "--wait=true")

	apply(t, namespace)
	endpoint.ResetCounters(t)
	r = harness.Run(t, environment, plugin, "refresh", "--all", "-n", namespace)
	require.Zero(t, r.Code, r.Stdout+r.Stderr)
	ours := secretsIn(t, cluster, namespace)
	ourRequests := endpoint.Counters(t)
	t.Logf("requests to AWS for the first sync: the operator %d %v, refresh %d %v",
		theirRequests.Total(), theirRequests.Requests, ourRequests.Total(), ourRequests.Requests)
	assert.Less(t, ourRequests.Total(), theirRequests.Total())
	assert.Equal(t, written(theirs), written(ours), "data, type, labels, annotations, owners and managed fields")

	stop = startOperator(t, operator, environment)
	defer stop()
	require.Never(t, func() bool {
		return !assert.ObjectsAreEqual(versions(ours), versions(secretsIn(t, cluster, namespace)))
	}, 15*time.Second, time.Second, "the operator finds nothing to write")

	r = harness.Run(t, environment, plugin, "refresh", "--all", "-n", namespace, "--via=controller", "--timeout=1m")
	require.Zero(t, r.Code, r.Stdout+r.Stderr)
	for line := range strings.Lines(r.Stdout) {
		assert.Contains(t, line, " refreshed", "the operator was asked, and has answered")
	}
	cluster.Kubectl(t, broken, "apply", "-n", namespace, "-f", "-")
	for range 2 { // the second time its condition says nothing new, but its Event does
		r = harness.Run(t, environment, plugin, "refresh", "broken", "-n", namespace, "--via=controller", "--timeout=1m")
		assert.Equal(t, 1, r.Code, r.Stdout+r.Stderr)
		assert.Contains(t, r.Stdout, "broken failed: error processing spec.data[0] (key: app/nowhere), err: Secret does not exist")
	}
}

// broken asks for what the provider does not have.
const broken = `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: broken}
spec:
  secretStoreRef: {name: store, kind: SecretStore}
  data: [{secretKey: a, remoteRef: {key: app/nowhere}}]`

// buildOperator compiles the operator into the user's cache, once a machine and release.
func buildOperator(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	bin := filepath.Join(cache, "kubectl-externalsecret", "operator", operatorRelease)
	build := exec.CommandContext(t.Context(), "go", "build", "-C", "../operator", "-o", bin, "github.com/external-secrets/external-secrets")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return bin
}

// startOperator runs the operator until the returned function is called.
func startOperator(t *testing.T, bin string, environment []string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, bin, "--metrics-addr=127.0.0.1:0", "--concurrent=4")
	cmd.Env = append(os.Environ(), environment...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	return func() {
		cancel()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Log(log.String()[max(0, log.Len()-4000):])
		}
	}
}

// filesOf are kubectl's arguments for all CRDs of a release of the operator.
func filesOf(t *testing.T, release string) []string {
	t.Helper()
	var args []string
	files, err := filepath.Glob(filepath.Join(filepath.Dir(operatorCRDs(t, release)[0]), "*external-secrets.io_*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		args = append(args, "-f", file)
	}
	return args
}

func secretsIn(t *testing.T, cluster *harness.ControlPlane, namespace string) []corev1.Secret {
	t.Helper()
	var list corev1.SecretList
	require.NoError(t, yaml.Unmarshal([]byte(cluster.Kubectl(t, "", "get", "secrets", "-n", namespace, "-o", "yaml", "--show-managed-fields")), &list))
	return list.Items
}

// versions tell whether a Secret was written since.
func versions(secrets []corev1.Secret) map[string]string {
	all := map[string]string{}
	for _, s := range secrets {
		all[s.Name] = string(s.UID) + " " + s.ResourceVersion
	}
	return all
}

// written is what a writer decides about each Secret: nothing that the API server does.
func written(secrets []corev1.Secret) map[string]corev1.Secret {
	all := map[string]corev1.Secret{}
	for _, s := range secrets {
		s.UID, s.ResourceVersion = "", ""
		s.CreationTimestamp = metav1.Time{}
		for i := range s.OwnerReferences {
			s.OwnerReferences[i].UID = ""
		}
		// Which of two managers comes first depends on the second in which each wrote.
		managers := map[string]string{}
		for _, f := range s.ManagedFields {
			managers[f.Manager+" "+string(f.Operation)] = uidless(f.FieldsV1.GetRawString())
		}
		s.ManagedFields = nil
		s.Annotations["test/managers"] = strings.Join(sorted(managers), "\n")
		delete(s.Annotations, "kubectl.kubernetes.io/last-applied-configuration")
		all[s.Name] = s
	}
	return all
}

// uidless takes the UIDs out of managed fields, which name an owner by its own.
func uidless(fields string) string {
	return regexp.MustCompile(`\\"uid\\":\\"[^"]*\\"`).ReplaceAllString(fields, "UID")
}

func sorted(managers map[string]string) []string {
	var lines []string
	for _, manager := range slices.Sorted(maps.Keys(managers)) {
		lines = append(lines, manager+": "+managers[manager])
	}
	return lines
}
