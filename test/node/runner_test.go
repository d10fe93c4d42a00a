package node_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const (
	// never is a schedule for those who start runs by hand.
	never = "0 0 1 1 *"
	// soon is how long may take what a node does at once.
	soon = 90 * time.Second
	role = "arn:aws:iam::" + harness.AWSAccount + ":role/reader"
)

// installed is a runner that install has put into a namespace of its own. It serves this namespace only, and stores of a class of
// that name, so that neither parallel tests nor a runner of the whole cluster take part.
type installed struct {
	world
	aws    *harness.Endpoint
	plugin string
}

// install installs a runner by the built plugin, with the image as it is published and the rights that it gives. Its stores log in
// as the service account "app" of the namespace, with a token of the cluster: there is no key anywhere.
func install(t *testing.T, flags ...string) *installed {
	t.Helper()
	c := harness.ClusterWithNode(t)
	i := &installed{world{c, c.Namespace(t)}, c.AWS(t), harness.Build(t, "./cmd/kubectl-externalsecret")}
	i.trust(t, "system:serviceaccount:"+i.namespace+":app", "sts.amazonaws.com")
	flags = append([]string{
		"install", "--scope=namespaces=" + i.namespace, "--image=" + c.RunnerImage(t), "--schedule=" + never,
		"--controller-class=" + i.namespace, "--login-service-account=" + i.namespace + "/app", "--env=AWS_ENDPOINT_URL=" + i.aws.URL(),
	}, flags...)
	i.well(t, flags...)
	i.apply(t, fmt.Sprintf(`
apiVersion: v1
kind: ServiceAccount
metadata: {name: app, annotations: {eks.amazonaws.com/role-arn: %q}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store}
spec:
  controller: %s
  provider: {aws: {service: SecretsManager, region: us-east-1, auth: {jwt: {serviceAccountRef: {name: app}}}}}`, role, i.namespace))
	return i
}

// trust has the AWS endpoint give the role to a service account of the cluster, for tokens of an audience.
func (i *installed) trust(t *testing.T, subject, audience string) {
	t.Helper()
	keys, err := os.ReadFile(i.Info.JWKSFile)
	require.NoError(t, err)
	i.aws.JWKS(t, i.Info.Issuer, keys)
	i.aws.Role(t, harness.AWSRole{ARN: role, Issuer: i.Info.Issuer, Audiences: []string{audience}, Subjects: []string{subject}})
}

// apply applies manifests in the namespace.
func (i *installed) apply(t *testing.T, manifests string) {
	t.Helper()
	i.Kubectl(t, manifests, "apply", "-f", "-", "--namespace="+i.namespace)
}

// many makes remote secrets r0, r1 and so on, and an ExternalSecret e0, e1 and so on for each.
func (i *installed) many(t *testing.T, count int) {
	t.Helper()
	values := map[string]string{}
	var objects strings.Builder
	for n := range count {
		values[fmt.Sprint("r", n)] = fmt.Sprint("value of ", n)
		fmt.Fprintf(&objects, "---\n%s", externalSecret(fmt.Sprint("e", n), fmt.Sprint("r", n)))
	}
	i.aws.Seed(t, values)
	i.apply(t, objects.String())
}

// externalSecret is one whose Secret has a remote secret as "value".
func externalSecret(name, remote string) string {
	return fmt.Sprintf("apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: %s}\n"+
		"spec: {refreshInterval: 1h, secretStoreRef: {name: store}, data: [{secretKey: value, remoteRef: {key: %s}}]}\n", name, remote)
}

// requireAll requires that the Secrets of many are there, and right.
func (i *installed) requireAll(t *testing.T, count int) {
	t.Helper()
	got := map[string]string{}
	for _, secret := range i.secrets(t) {
		got[secret.Name] = string(secret.Data["value"])
	}
	want := map[string]string{}
	for n := range count {
		want[fmt.Sprint("e", n)] = fmt.Sprint("value of ", n)
	}
	require.Equal(t, want, got)
}

// slow makes the reading of secrets take so long.
func (i *installed) slow(t *testing.T, latency time.Duration) {
	t.Helper()
	i.aws.Latency(t, harness.OpGetSecretValue, latency)
	i.aws.Latency(t, harness.OpBatchGetSecretValue, latency)
}

// secrets are those of the namespace.
func (i *installed) secrets(t *testing.T) []corev1.Secret {
	t.Helper()
	list, err := i.client(t).CoreV1().Secrets(i.namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	return list.Items
}

func (i *installed) client(t *testing.T) *kubernetes.Clientset {
	t.Helper()
	client, err := kubernetes.NewForConfig(i.Config())
	require.NoError(t, err)
	return client
}

// writes counts how often each Secret of the namespace is written from now on, until the function that it returns is called.
func (i *installed) writes(t *testing.T) (stop func() map[string]int) {
	t.Helper()
	watch, err := i.client(t).CoreV1().Secrets(i.namespace).Watch(context.WithoutCancel(t.Context()), metav1.ListOptions{})
	require.NoError(t, err)
	counts, ended := map[string]int{}, make(chan struct{})
	go func() {
		defer close(ended)
		for event := range watch.ResultChan() {
			if secret, ok := event.Object.(*corev1.Secret); ok {
				counts[secret.Name]++
			}
		}
	}()
	return func() map[string]int {
		time.Sleep(time.Second) // what was written has been told by then
		watch.Stop()
		<-ended
		return counts
	}
}

// run runs the plugin on the runner's namespace to its end.
func (i *installed) run(t *testing.T, args ...string) harness.Result {
	t.Helper()
	return harness.Run(t, []string{"KUBECONFIG=" + i.Kubeconfig()}, i.plugin, append(args, "--namespace="+i.namespace)...)
}

// well is run for what must not fail, and returns what it prints.
func (i *installed) well(t *testing.T, args ...string) string {
	t.Helper()
	r := i.run(t, args...)
	require.Zero(t, r.Code, "%s%s", r.Stdout, r.Stderr)
	return r.Stdout
}

// start starts a run by hand and returns the name of its Job.
func (i *installed) start(t *testing.T, flags ...string) string {
	t.Helper()
	args := []string{"runs", "start"}
	for _, flag := range flags {
		args = append(args, "--runner-flag="+flag)
	}
	job, ok := strings.CutPrefix(strings.TrimSuffix(i.well(t, args...), " created\n"), "job.batch/")
	require.True(t, ok)
	return job
}

// untilAsked waits until AWS has begun to be asked for secrets: a run is at work then.
func (i *installed) untilAsked(t *testing.T) {
	t.Helper()
	i.until(t, "AWS is asked for secrets", func() bool { return len(i.aws.Counters(t).Secrets) > 0 })
}

// until waits for something that a node does at once.
func (i *installed) until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(soon); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			said, err := i.KubectlErr(t, "", "describe", "jobs,pods", "--namespace="+i.namespace)
			require.Fail(t, what+" did not come", "%v\n%s", err, said)
		}
	}
}

// reports are those that the Pods of a Job have printed, in the order of the Pods' names.
func (i *installed) reports(t *testing.T, job string) []report.Run {
	t.Helper()
	return reportsIn(t, i.in(t, "logs", "--selector=batch.kubernetes.io/job-name="+job, "--tail=-1"))
}

// reportsIn are the reports in a log.
func reportsIn(t *testing.T, log string) []report.Run {
	t.Helper()
	var found []report.Run
	for line := range strings.Lines(log) {
		var r report.Run
		if strings.HasPrefix(line, `{"run":`) {
			require.NoError(t, json.Unmarshal([]byte(line), &r), line)
			found = append(found, r)
		}
	}
	return found
}

// kill ends the runner of one of the namespace's Pods as the kernel does when memory is short: without a word.
func (i *installed) kill(t *testing.T, pod string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	killed := 0
	for _, process := range processes {
		program, err := os.ReadFile(filepath.Join(process, "cmdline"))
		if err != nil || !strings.HasPrefix(string(program), "/externalsecret-runner\x00") {
			continue
		}
		environment, err := os.ReadFile(filepath.Join(process, "environ"))
		if err != nil || !strings.Contains("\x00"+string(environment), "\x00POD_NAME="+pod+"\x00") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(process))
		require.NoError(t, err)
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		killed++
	}
	require.Equal(t, 1, killed, "one process is the runner of Pod %s", pod)
}

// pods are the names of a Job's Pods that run.
func (i *installed) pods(t *testing.T, job string) []string {
	t.Helper()
	return strings.Fields(i.in(t, "get", "pods", "--selector=batch.kubernetes.io/job-name="+job, "--field-selector=status.phase=Running",
		"--output=jsonpath={.items[*].metadata.name}"))
}

// begin is run for what is interfered with.
func (i *installed) begin(t *testing.T, args ...string) *harness.Process {
	t.Helper()
	return harness.Start(t, []string{"KUBECONFIG=" + i.Kubeconfig()}, i.plugin, append(args, "--namespace="+i.namespace)...)
}

// requireOnce requires that each Secret of many was written once.
func requireOnce(t *testing.T, count int, writes map[string]int) {
	t.Helper()
	assert.Len(t, writes, count)
	for name, times := range writes {
		assert.Equal(t, 1, times, "writes of Secret %s", name)
	}
}
