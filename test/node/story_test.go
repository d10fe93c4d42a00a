package node_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// cluster is a node on which the runner of the whole cluster is installed, in its own namespace, and the seed in the namespace
// default, as a person who follows the documentation has it.
type cluster struct {
	*installed
}

// newCluster is one into which nothing is installed yet. AWS has the seed's remote secret, and gives the role to the runner's
// service account, for the token that its Pods have.
func newCluster(t *testing.T) cluster {
	t.Helper()
	c := harness.ClusterWithNode(t)
	c.LoadProgram(t, image, harness.Build(t, "./test/node/testdata/probe"))
	s := cluster{&installed{world{c, manifests.DefaultNamespace}, c.AWS(t), harness.Build(t, "./cmd/kubectl-externalsecret")}}
	s.trust(t, "system:serviceaccount:"+manifests.DefaultNamespace+":"+manifests.Name, s.Info.Issuer)
	s.rotate(t, "first")
	return s
}

// environment is what the runner is told of AWS. On EKS the token and the role would come from the platform.
func (s cluster) environment() map[string]string {
	return map[string]string{
		// What the SDK sends before its settings are complete does not heed AWS_ENDPOINT_URL.
		"AWS_ENDPOINT_URL": s.aws.URL(), "AWS_ENDPOINT_URL_STS": s.aws.URL(), "AWS_REGION": harness.AWSRegion, "AWS_ROLE_ARN": role,
		"AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/kubernetes.io/serviceaccount/token",
	}
}

// rotate gives the seed's remote secret another password.
func (s cluster) rotate(t *testing.T, password string) {
	t.Helper()
	s.aws.Put(t, "my-app/database-credentials", `{"username":"shop","password":"`+password+`"}`)
}

// seed applies the seed. Its Pod runs the probe, which tells what it sees of the Secret; the ExternalSecret is due at each run.
func (s cluster) seed(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "examples", "seed.yaml"))
	require.NoError(t, err)
	text := string(content)
	for old, replacement := range map[string]string{
		"    image: nginx\n": "    image: " + image + "\n    args: [env=DB_USERNAME, env=DB_PASSWORD, file=/etc/secrets/username, file=/etc/secrets/password]\n",
		"  containers:\n":    "  restartPolicy: Never\n  containers:\n",
		`"1h"`:               `"10s"`,
	} {
		require.Equal(t, 1, strings.Count(text, old), old)
		text = strings.Replace(text, old, replacement, 1)
	}
	s.Kubectl(t, text, "apply", "-f", "-")
}

// unseed deletes the seed, and waits until its Secret has been collected.
func (s cluster) unseed(t *testing.T) {
	t.Helper()
	s.Kubectl(t, "", "delete", "-f", filepath.Join("..", "..", "docs", "examples", "seed.yaml"), "--force", "--ignore-not-found")
	s.until(t, "the Secret is collected", func() bool { return s.password(t) == "" })
}

// password is the one in the seed's Secret; empty while there is none.
func (s cluster) password(t *testing.T) string {
	t.Helper()
	return s.Kubectl(t, "", "get", "secret", "database-credentials", "--ignore-not-found", "--namespace=default",
		"--output=go-template={{.data.password | base64decode}}")
}

// used waits until the seed's Pod has ended, and requires that it has read the Secret.
func (s cluster) used(t *testing.T) {
	t.Helper()
	s.until(t, "the seed's Pod has ended well", func() bool {
		return s.Kubectl(t, "", "get", "pod", "my-app", "--namespace=default", "--output=jsonpath={.status.phase}") == "Succeeded"
	})
	require.Equal(t, "env=DB_USERNAME: shop\nenv=DB_PASSWORD: first\nfile=/etc/secrets/username: shop\nfile=/etc/secrets/password: first\n",
		s.Kubectl(t, "", "logs", "my-app", "--namespace=default"))
}

// left is what there is of the runner, but for those that other tests have in their namespaces, and in its namespace.
func (s cluster) left(t *testing.T) string {
	t.Helper()
	const kindsOfRunner = "cronjobs,jobs,pods,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,leases,configmaps,namespaces,secrets"
	var found string
	for line := range strings.Lines(s.Kubectl(t, "", "get", kindsOfRunner, "--all-namespaces", "--selector=app.kubernetes.io/name="+manifests.Name,
		"--ignore-not-found", `--output=jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name}{"\n"}{end}`)) {
		if !strings.Contains(line, " test-") && !strings.Contains(line, " /test-") {
			found += line
		}
	}
	kinds := strings.Join(strings.Fields(s.Kubectl(t, "", "api-resources", "--namespaced", "--verbs=list", "--output=name")), ",")
	found += s.Kubectl(t, "", "get", kinds, "--namespace="+s.namespace, "--ignore-not-found", "--output=name")
	return found + s.Kubectl(t, "", "get", "namespace", s.namespace, "--ignore-not-found", "--output=name")
}

// Parallel, because it waits for minutes to begin: what other tests have in their namespaces is of other classes.
func TestTheWholeStory(t *testing.T) {
	t.Parallel()
	s := newCluster(t)
	flags := []string{"install", "--image=" + s.RunnerImage(t), "--schedule=* * * * *"}
	for name, value := range s.environment() {
		flags = append(flags, "--env="+name+"="+value)
	}
	s.well(t, flags...)
	defer s.run(t, "uninstall")
	s.seed(t)
	defer s.unseed(t)
	s.until(t, "the Secret that a run by the schedule makes", func() bool { return s.password(t) == "first" })
	s.used(t)

	s.rotate(t, "second")
	s.until(t, "the rotated password", func() bool { return s.password(t) == "second" })
	s.until(t, "the reports of both runs, in each of which one Secret was changed", func() bool {
		return len(regexp.MustCompile(`(?m)^\S+ +\S+ +\S+ +\S+ +\d+ +1 `).FindAllString(s.well(t, "runs", "--no-headers"), -1)) >= 2
	})
	for _, session := range s.aws.Sessions(t) {
		assert.Equal(t, "system:serviceaccount:externalsecret-system:externalsecret-runner", session.Subject)
	}
	assert.Equal(t, "True", s.Kubectl(t, "", "get", "externalsecret", "database-credentials-secret", "--namespace=default",
		`--output=jsonpath={.status.conditions[?(@.type=="Ready")].status}`))

	s.Kubectl(t, "", "delete", "externalsecret", "database-credentials-secret", "--namespace=default")
	s.until(t, "the Secret is collected", func() bool { return s.password(t) == "" })
	s.well(t, "uninstall")
	s.until(t, "nothing is left", func() bool { return s.left(t) == "" })
	s.Kubectl(t, "", "get", "secretstore", "aws-secrets-manager-store", "--namespace=default") // what is the user's stays
}

// Not parallel: a cluster has one runner that serves all of it.
func TestHelmAndKustomizeInstallARunnerThatWorks(t *testing.T) {
	for name, way := range map[string]struct{ install, uninstall func(t *testing.T, s cluster) }{
		"Helm":      {helmInstall, helmUninstall},
		"kustomize": {kustomizeInstall, kustomizeUninstall},
	} {
		t.Run(name, func(t *testing.T) {
			s := newCluster(t)
			way.install(t, s)
			defer s.until(t, "nothing is left", func() bool { return s.left(t) == "" })
			defer way.uninstall(t, s)
			s.seed(t)
			defer s.unseed(t)
			s.in(t, "create", "job", "now", "--from=cronjob/externalsecret-runner")
			s.finish(t, "now")
			assert.Equal(t, "first", s.password(t))
			s.used(t)
			assert.Regexp(t, `^\S+ +Succeeded +\S+ +\S+ +1 +1 +0 +0 +0 +\d+\n$`, s.well(t, "runs", "--no-headers"), "the report is kept where runs finds it")
		})
	}
}

func (s cluster) helm(t *testing.T, args ...string) {
	t.Helper()
	result := harness.Run(t, []string{"KUBECONFIG=" + s.Kubeconfig()}, harness.Helm(t), append(args, "--namespace="+s.namespace)...)
	require.Zero(t, result.Code, result.Stdout+result.Stderr)
}

func helmInstall(t *testing.T, s cluster) {
	t.Helper()
	_, tag, _ := strings.Cut(s.RunnerImage(t), ":")
	args := []string{"install", "any", filepath.Join("..", "..", "manifests", "chart"), "--create-namespace", "--set=image.tag=" + tag, "--set=schedule=" + never}
	for name, value := range s.environment() {
		args = append(args, "--set-literal=env."+name+"="+value)
	}
	s.helm(t, args...)
}

func helmUninstall(t *testing.T, s cluster) {
	t.Helper()
	s.helm(t, "uninstall", "any", "--wait")
	s.Kubectl(t, "", "delete", "namespace", s.namespace)
}

// overlay is the directory of a kustomization of the base, for the image and the environment of the test.
func (s cluster) overlay(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	base, err := filepath.Abs(filepath.Join("..", "..", "manifests", "base"))
	require.NoError(t, err)
	base, err = filepath.Rel(dir, base)
	require.NoError(t, err)
	name, tag, _ := strings.Cut(s.RunnerImage(t), ":")
	var text strings.Builder
	text.WriteString("resources: [" + base + "]\nimages: [{name: " + name + ", newTag: " + tag + "}]\npatches:\n" +
		"- target: {kind: CronJob}\n  patch: |\n    - {op: replace, path: /spec/schedule, value: " + never + "}\n")
	for name, value := range s.environment() {
		text.WriteString("    - {op: add, path: /spec/jobTemplate/spec/template/spec/containers/0/env/-, value: {name: " + name + ", value: \"" + value + "\"}}\n")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text.String()), 0o600))
	return dir
}

func kustomizeInstall(t *testing.T, s cluster) {
	t.Helper()
	s.Kubectl(t, "", "apply", "--server-side", "--force-conflicts", "--filename="+s.rendered(t))
}

// kustomizeUninstall leaves the CRDs, which other tests use.
func kustomizeUninstall(t *testing.T, s cluster) {
	t.Helper()
	s.Kubectl(t, "", "delete", "--filename="+s.rendered(t), "--selector=app.kubernetes.io/name="+manifests.Name, "--timeout="+time.Minute.String())
}

// rendered is a file with what kubectl makes of the overlay.
func (s cluster) rendered(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rendered.yaml")
	require.NoError(t, os.WriteFile(file, []byte(s.Kubectl(t, "", "kustomize", s.overlay(t))), 0o600))
	return file
}
