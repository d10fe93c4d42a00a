// Package install_test installs the runner into a control plane of its own and takes it away again, with the built plugin. That it
// runs there is tested on a node.
package install_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// These tests are about one installation in one cluster: none is parallel.

// installation is the plugin and the cluster that it is used on.
type installation struct {
	*harness.ControlPlane
	plugin string
}

// fresh is a cluster into which nothing is installed. What is put there is to be taken away by clear.
func fresh(t *testing.T) installation {
	t.Helper()
	return installation{harness.Cluster(t), harness.Build(t, "./cmd/kubectl-externalsecret")}
}

// clear takes away what a test has left. It is deferred, since programs don't run in a cleanup.
func (i installation) clear(t *testing.T) {
	t.Helper()
	for _, namespace := range []string{"externalsecret-system", "elsewhere"} {
		i.run(t, "uninstall", "--crds", "-n", namespace)
		i.gone(t, "namespace", namespace)
	}
	i.gone(t, "crd", "externalsecrets.external-secrets.io")
}

// run runs the plugin.
func (i installation) run(t *testing.T, args ...string) harness.Result {
	t.Helper()
	return harness.Run(t, []string{"KUBECONFIG=" + i.Kubeconfig()}, i.plugin, args...)
}

// well runs the plugin, which must not fail, and returns what it prints.
func (i installation) well(t *testing.T, args ...string) string {
	t.Helper()
	r := i.run(t, args...)
	require.Zero(t, r.Code, "%s%s", r.Stdout, r.Stderr)
	return r.Stdout
}

// gone waits until an object does not exist.
func (i installation) gone(t *testing.T, kind, name string) {
	t.Helper()
	require.Eventually(t, func() bool {
		out, err := i.KubectlErr(t, "", "get", kind, name, "--ignore-not-found", "-o", "name")
		return err == nil && out == ""
	}, time.Minute, 200*time.Millisecond, "%s %s goes", kind, name)
}

// named lists what of a kind has the runner's label, everywhere.
func (i installation) named(t *testing.T, kinds string) []string {
	t.Helper()
	return strings.Fields(i.Kubectl(t, "", "get", kinds, "-A", "-l", "app.kubernetes.io/name=externalsecret-runner", "-o", "name"))
}

func TestInstallingTwiceChangesNothing(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	first := i.well(t, "install")
	for _, line := range []string{
		"customresourcedefinition.apiextensions.k8s.io/externalsecrets.external-secrets.io created", "namespace/externalsecret-system created",
		"serviceaccount/externalsecret-runner created", "clusterrole.rbac.authorization.k8s.io/externalsecret-runner created",
		"cronjob.batch/externalsecret-runner created",
	} {
		assert.Contains(t, first, line+"\n")
	}
	i.Kubectl(t, "", "get", "externalsecrets", "-A") // they are served once install has ended

	for line := range strings.Lines(i.well(t, "install")) {
		assert.True(t, strings.HasSuffix(line, " unchanged\n"), line)
	}
	again := i.well(t, "install", "--schedule=*/10 * * * *")
	assert.Contains(t, again, "cronjob.batch/externalsecret-runner configured\n")
	assert.Equal(t, 1, strings.Count(again, "configured"), again)
	assert.Equal(t, "*/10 * * * *", i.Kubectl(t, "", "get", "cronjob", "-n", "externalsecret-system", "externalsecret-runner", "-o", "jsonpath={.spec.schedule}"))
}

func TestRightsThatAreNotWantedAnyMoreGo(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	i.Kubectl(t, "", "create", "namespace", "shop")
	i.Kubectl(t, "", "create", "namespace", "stock")
	i.well(t, "install")
	assert.NotEmpty(t, i.named(t, "clusterroles,clusterrolebindings"))
	r := i.run(t, "install", "--scope=namespaces=nowhere")
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stderr, `make the namespace first, and install again: namespaces "nowhere" not found`)
	assert.NotEmpty(t, i.named(t, "clusterroles,clusterrolebindings"), "what cannot be installed takes nothing away")

	out := i.well(t, "install", "--scope=namespaces=shop,stock", "--login-service-account=shop/reader")
	assert.Contains(t, out, "clusterrolebinding.rbac.authorization.k8s.io/externalsecret-runner deleted")
	assert.Contains(t, out, "role.rbac.authorization.k8s.io/externalsecret-runner in namespace stock created")
	assert.Empty(t, i.named(t, "clusterroles,clusterrolebindings"), "no right in the whole cluster is left")

	out = i.well(t, "install", "--scope=namespaces=shop")
	assert.Contains(t, out, "rolebinding.rbac.authorization.k8s.io/externalsecret-runner in namespace stock deleted")
	assert.Contains(t, out, "role.rbac.authorization.k8s.io/externalsecret-runner in namespace stock deleted")
	assert.Contains(t, out, "rolebinding.rbac.authorization.k8s.io/externalsecret-runner-login in namespace shop deleted")
	can := func(verb, namespace string) string {
		out, _ := i.KubectlErr(t, "", "auth", "can-i", verb, "secrets", "-n", namespace, "--as=system:serviceaccount:externalsecret-system:externalsecret-runner")
		return strings.TrimSpace(out)
	}
	assert.Equal(t, []string{"yes", "no"}, []string{can("list", "shop"), can("get", "stock")})
}

func TestRightsByNameTakeThePlaceOfATier(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	shop := i.Namespace(t)
	i.well(t, "install", never, "--scope=namespaces="+system, "--runner-flag=--namespaces="+shop)
	i.Kubectl(t, fakeStore+externalSecret("app", "a"), "apply", "-n", shop, "-f", "-")
	i.Kubectl(t, i.well(t, "rbac", "-n", shop), "apply", "-f", "-")

	args := strings.Fields(i.Kubectl(t, "", "get", "cronjob", "externalsecret-runner", "-n", system, "-o", "jsonpath={.spec.jobTemplate.spec.template.spec.containers[0].args[*]}"))
	for n := range args {
		args[n] = strings.ReplaceAll(args[n], "$(POD_NAMESPACE)", system)
	}
	args = append(args, "--termination-log="+filepath.Join(t.TempDir(), "log"))
	environment := []string{"KUBECONFIG=" + i.ServiceAccountKubeconfig(t, system, "externalsecret-runner")}
	r := harness.Run(t, environment, harness.Build(t, "./cmd/externalsecret-runner"), args...)
	assert.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, `"outcomes":{"created":1}`)
	allowed, _ := i.KubectlErr(t, "", "auth", "can-i", "list", "secrets", "-n", shop, "--as=system:serviceaccount:"+system+":externalsecret-runner")
	assert.Equal(t, "no", strings.TrimSpace(allowed))
}

func TestUninstallLeavesNothingBehind(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	i.Kubectl(t, "", "create", "namespace", "kept")
	i.well(t, "install", "--scope=namespaces=kept", "--cluster-stores")
	i.Kubectl(t, "", "create", "configmap", "externalsecret-runner", "-n", "externalsecret-system")
	i.Kubectl(t, `{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: app}, spec: {secretStoreRef: {name: s}, data: [{secretKey: a, remoteRef: {key: b}}]}}`,
		"apply", "-n", "kept", "-f", "-")

	dry := i.well(t, "uninstall", "--dry-run=server")
	assert.Contains(t, dry, "cronjob.batch/externalsecret-runner deleted (server dry run)")
	i.Kubectl(t, "", "get", "cronjob", "externalsecret-runner", "-n", "externalsecret-system")

	i.well(t, "uninstall")
	i.gone(t, "namespace", "externalsecret-system")
	assert.Empty(t, i.named(t, "cronjobs,jobs,pods,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,leases,configmaps,namespaces"))
	i.Kubectl(t, "", "get", "externalsecret", "app", "-n", "kept") // ExternalSecrets stay, and the CRDs

	r := i.run(t, "uninstall")
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stderr, `nothing that install has made was found in namespace "externalsecret-system"`)

	r = i.run(t, "uninstall", "--crds")
	assert.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stderr, "Warning: with the CRDs go 1 ExternalSecrets; 1 of them own their Secrets, which go with them")
	assert.Contains(t, r.Stdout, "customresourcedefinition.apiextensions.k8s.io/externalsecrets.external-secrets.io deleted")
	i.gone(t, "crd", "externalsecrets.external-secrets.io")
}

func TestWhatOthersHaveInstalledIsLeftAlone(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	crd := filepath.Join("..", "..", "manifests", "crds", "external-secrets.io_externalsecrets.yaml")
	i.Kubectl(t, "", "create", "-f", crd)
	const name = "customresourcedefinition.apiextensions.k8s.io/externalsecrets.external-secrets.io"
	i.Kubectl(t, "", "annotate", "crd", "externalsecrets.external-secrets.io", "meta.helm.sh/release-name=eso", "meta.helm.sh/release-namespace=operators")
	before := i.Kubectl(t, "", "get", "crd", "externalsecrets.external-secrets.io", "-o", "jsonpath={.metadata.resourceVersion}")
	out := i.well(t, "install")
	assert.Contains(t, out, name+" left as it is: Helm release operators/eso has installed it\n")
	assert.Contains(t, out, "customresourcedefinition.apiextensions.k8s.io/secretstores.external-secrets.io created\n")

	i.Kubectl(t, "", "patch", "cronjob", "externalsecret-runner", "-n", "externalsecret-system", "--type=merge", "-p", `{"spec":{"schedule":"0 * * * *"}}`)
	r := i.run(t, "install", "--secret-access=get")
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stderr, "--force-conflicts")
	assert.Contains(t, r.Stderr, "schedule")
	assert.Empty(t, r.Stdout, "what is refused at the end leaves nothing half done")
	i.well(t, "install", "--force-conflicts")

	rights := func() string {
		return i.Kubectl(t, "", "get", "clusterrole", "externalsecret-runner", "-o", "jsonpath={.metadata.resourceVersion}")
	}
	had := rights()
	r = i.run(t, "install", "-n", "elsewhere", "--secret-access=get")
	assert.Equal(t, 1, r.Code, "one runner serves the whole cluster")
	assert.Contains(t, r.Stderr, "clusterrolebinding.rbac.authorization.k8s.io/externalsecret-runner gives its rights to a runner in another namespace")
	assert.Equal(t, had, rights(), "the other runner keeps its rights as they are")
	assert.NotContains(t, i.Kubectl(t, "", "get", "namespaces", "-o", "name"), "elsewhere", "nothing is left half done")

	out = i.well(t, "uninstall", "--crds")
	assert.Contains(t, out, name+" left as it is: Helm release operators/eso has installed it\n")
	assert.Equal(t, before, i.Kubectl(t, "", "get", "crd", "externalsecrets.external-secrets.io", "-o", "jsonpath={.metadata.resourceVersion}"))
	i.Kubectl(t, "", "delete", "crd", "externalsecrets.external-secrets.io")
}

func TestANamespaceOfOthersStaysAsItIs(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	namespace := i.Namespace(t)
	i.Kubectl(t, namespace, "create", "configmap", "precious")
	labels := func() string {
		return i.Kubectl(t, "", "get", "namespace", namespace, "-o", "jsonpath={.metadata.labels}")
	}
	had := labels()
	assert.Contains(t, i.well(t, "install", never, "-n", namespace), "namespace/"+namespace+" left as it is: ")
	assert.Equal(t, had, labels(), "its Pods go on under the rules they had")
	out := i.well(t, "uninstall", "-n", namespace)
	assert.Contains(t, out, "cronjob.batch/externalsecret-runner deleted\n")
	assert.Contains(t, out, "namespace/"+namespace+" left as it is: ")
	i.Kubectl(t, namespace, "get", "configmap", "precious")
	assert.Equal(t, "Active", i.Kubectl(t, "", "get", "namespace", namespace, "-o", "jsonpath={.status.phase}"))
}

func TestWhatIsExportedCanBeApplied(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	exported := i.well(t, "install", "--export", "--shards=3", "--linger=4m50s", "--image=example.com/runner:1")
	assert.Contains(t, exported, "--shards=3")
	assert.Contains(t, i.well(t, "install", "--export", "--env=A=b,c=d", "--env=E="), "- name: A\n              value: b,c=d\n            - name: E\n")
	assert.Equal(t, exported, i.well(t, "install", "--dry-run=client", "-o", "yaml", "--shards=3", "--linger=4m50s", "--image=example.com/runner:1"))
	dry := i.well(t, "install", "--dry-run=server")
	assert.Contains(t, dry, "namespace/externalsecret-system created (server dry run)")
	assert.Contains(t, dry, "cronjob.batch/externalsecret-runner created (server dry run)")
	_, err := i.KubectlErr(t, "", "get", "namespace", "externalsecret-system")
	require.Error(t, err, "a dry run makes nothing")

	i.Kubectl(t, exported, "apply", "--server-side", "-f", "-")
	assert.Contains(t, i.run(t, "uninstall").Stdout, "cronjob.batch/externalsecret-runner left as it is: kubectl has installed it")
	i.Kubectl(t, exported, "delete", "-f", "-")
}

func TestMistakesInInstallsFlags(t *testing.T) {
	i := fresh(t)
	for flag, says := range map[string]string{
		"--scope=shop":                       `--scope "shop" is neither cluster nor namespaces=a,b`,
		"--scope=namespaces=":                "--scope=namespaces= names no namespace",
		"--scope=namespaces=Shop":            `"Shop" can't be the name of a namespace`,
		"--login-service-account=reader":     `--login-service-account "reader" is not NAMESPACE/NAME`,
		"--secret-access=all":                `--secret-access "all" is neither "list" nor "get"`,
		"--shards=0":                         "--shards 0: a run has at least one Pod",
		"--image=UPPER/case: tag":            `"UPPER/case: tag" can't be the name of an image`,
		"--schedule=*/5 * * *":               `"*/5 * * *" is no schedule of a CronJob`,
		"--service-account-annotation==role": `"" can't be the key of an annotation`,
		"--shards=-1":                        "shards",
		"--linger=1500ms":                    "whole seconds",
		"--runner-flag=debug":                `--runner-flag "debug" is not a flag`,
		"--env=HTTPS_PROXY":                  `--env "HTTPS_PROXY" is not KEY=VALUE`,
		"--env=1A=x":                         `--env "1A" is not KEY=VALUE`,
		"--env=POD_NAME=x":                   "POD_NAME tells the runner which Pod it is",
	} {
		r := i.run(t, "install", "--export", flag)
		assert.Equal(t, 1, r.Code, flag)
		assert.Contains(t, r.Stderr, says)
		assert.Empty(t, r.Stdout, flag)
	}
}
