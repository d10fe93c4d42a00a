// Package neighbour tests the product on clusters that have the CRDs of External Secrets Operator and not ours. The CRDs are
// those of its published Go module, in one version from before v1 and one from after v1beta1.
package neighbour_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const manifests = `
apiVersion: external-secrets.io/VERSION
kind: SecretStore
metadata: {name: store}
spec: {provider: {aws: {service: SecretsManager, region: us-east-1}}}
---
apiVersion: external-secrets.io/VERSION
kind: ExternalSecret
metadata: {name: app}
spec:
  refreshInterval: 1h
  secretStoreRef: {name: store, kind: SecretStore}
  target: {name: app-credentials}
  data:
  - {secretKey: password, remoteRef: {key: neighbour/app, property: password}}
`

func TestOperatorCRDs(t *testing.T) {
	cluster := harness.Cluster(t)
	endpoint := harness.AWS(t)
	endpoint.Put(t, "neighbour/app", `{"password":"from-the-provider"}`)
	environment := append(endpoint.Env(), "KUBECONFIG="+cluster.Kubeconfig())
	runner := harness.Build(t, "./cmd/externalsecret-runner")
	plugin := harness.Build(t, "./cmd/kubectl-externalsecret")

	for _, operator := range []struct{ name, release, served, owner string }{
		{"a release that serves v1beta1 only", "v0.9.20", "v1beta1", "external-secrets.io/v1beta1"},
		{"a release that serves v1 only", "v1.3.2", "v1", "external-secrets.io/v1"},
	} {
		t.Run(operator.name, func(t *testing.T) {
			crds := operatorCRDs(t, operator.release)
			apply := []string{"apply", "--server-side"}
			for _, file := range crds {
				apply = append(apply, "-f", file)
			}
			cluster.Kubectl(t, "", apply...)
			defer cluster.Kubectl(t, "", "delete", "crd", "externalsecrets.external-secrets.io", "secretstores.external-secrets.io", "clustersecretstores.external-secrets.io",
				"clusterexternalsecrets.external-secrets.io")
			require.Eventually(t, func() bool {
				_, err := cluster.KubectlErr(t, "", "get", "externalsecrets,secretstores,clustersecretstores,clusterexternalsecrets", "--all-namespaces")
				return err == nil
			}, time.Minute, 200*time.Millisecond, "the CRDs are served")
			namespace := cluster.Namespace(t)
			cluster.Kubectl(t, replaceVersion(operator.served), "apply", "-n", namespace, "-f", "-")

			first := harness.Run(t, environment, runner, "--namespaces="+namespace)
			require.Zero(t, first.Code, first.Stderr)
			assert.Contains(t, first.Stdout, `"outcomes":{"created":1}`)
			again := harness.Run(t, environment, plugin, "refresh", "app", "-n", namespace)
			require.Zero(t, again.Code, again.Stderr)
			assert.Contains(t, again.Stdout, "unchanged")

			secret := cluster.Kubectl(t, "", "get", "secret", "app-credentials", "-n", namespace, "-o", "jsonpath={.data.password} {.metadata.ownerReferences[0].apiVersion}")
			assert.Equal(t, "ZnJvbS10aGUtcHJvdmlkZXI= "+operator.owner, secret)
			ready := cluster.Kubectl(t, "", "get", "externalsecret", "app", "-n", namespace, "-o", "jsonpath={.status.conditions[0].reason} {.status.binding.name}")
			assert.Equal(t, "SecretSynced app-credentials", ready)
			testFanOut(t, cluster, environment, runner, operator.served, namespace)
		})
	}
}

// fanOut is a ClusterExternalSecret that the operator had to do with, of a spec that a server whose defaults and fields are not ours
// could give back otherwise than it took it.
const fanOut = `
apiVersion: external-secrets.io/VERSION
kind: ClusterExternalSecret
metadata: {name: neighbour, finalizers: [externalsecrets.external-secrets.io/clusterexternalsecret-cleanup]}
spec:
  namespaceSelectors: [{matchLabels: {kubernetes.io/metadata.name: NAMESPACE}}]
  externalSecretName: fanned
  externalSecretSpec:
    refreshInterval: 90s
    secretStoreRef: {name: store}
    target: {template: {templateFrom: [{literal: "a: b"}]}}
    dataFrom: [{extract: {key: neighbour/app}, rewrite: [{regexp: {source: a, target: b}}]}]
`

// testFanOut lets a pass fan out on the operator's CRDs, and lets go of the ClusterExternalSecret after a minute, in which an operator
// would have done so.
func testFanOut(t *testing.T, cluster *harness.ControlPlane, environment []string, runner, served, namespace string) {
	cluster.Kubectl(t, strings.NewReplacer("VERSION", served, "NAMESPACE", namespace).Replace(fanOut), "apply", "-f", "-")
	pass := func() string {
		t.Helper()
		p := harness.Run(t, environment, runner, "--report=full")
		require.Zero(t, p.Code, "%s%s", p.Stdout, p.Stderr)
		return p.Stdout
	}
	assert.Contains(t, pass(), `"clusterExternalSecrets":[{"name":"neighbour","outcome":"updated","matched":1,"created":["`+namespace+`"]}]`)
	state := "{.status.externalSecretName} {.status.provisionedNamespaces} {.status.conditions[*].status}"
	assert.Equal(t, `fanned ["`+namespace+`"] True`, cluster.Kubectl(t, "", "get", "ces", "neighbour", "-o", "jsonpath="+state))

	before := cluster.Requests(t)
	assert.Contains(t, pass(), `{"name":"neighbour","outcome":"unchanged","matched":1}`)
	since := cluster.Requests(t).Sub(before)
	for _, write := range []string{"PUT externalsecrets", "PATCH clusterexternalsecrets/status", "POST externalsecrets"} {
		verb, resource, _ := strings.Cut(write, " ")
		assert.Zero(t, since.Count(verb, resource), "%s: the second time there is nothing to write", write)
	}

	cluster.Kubectl(t, "", "delete", "ces", "neighbour", "--wait=false")
	assert.Contains(t, pass(), `{"name":"neighbour","outcome":"skipped","message":"it is being deleted","matched":0}`)
	time.Sleep(61 * time.Second)
	assert.Contains(t, pass(), "nobody has honoured its finalizer")
	assert.Empty(t, cluster.Kubectl(t, "", "get", "ces", "-o", "name"))
	require.Eventually(t, func() bool {
		return !strings.Contains(cluster.Kubectl(t, "", "get", "es", "-n", namespace, "-o", "name"), "fanned")
	}, time.Minute, 200*time.Millisecond, "the ExternalSecret goes with it")
}

// operatorCRDs are the files of the CRDs that the product reads, from a release of the operator's Go module.
func operatorCRDs(t *testing.T, release string) []string {
	t.Helper()
	download := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", "github.com/external-secrets/external-secrets@"+release)
	download.Dir = t.TempDir()
	output, err := download.Output()
	require.NoError(t, err, "%s", output)
	var module struct{ Dir string }
	require.NoError(t, json.Unmarshal(output, &module))
	var files []string
	for _, resource := range []string{"externalsecrets", "secretstores", "clustersecretstores", "clusterexternalsecrets"} {
		files = append(files, filepath.Join(module.Dir, "config", "crds", "bases", "external-secrets.io_"+resource+".yaml"))
	}
	return files
}

func replaceVersion(served string) string { return strings.ReplaceAll(manifests, "VERSION", served) }
