package e2e_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestWhereNoPassCanBeMadeTheRunnerSaysWhyAndExitsAccordingly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unreachable := kubeconfigLike(t, w, func(cluster *clientcmdapi.Cluster, _ *clientcmdapi.AuthInfo) { cluster.Server = "https://127.0.0.1:1" })
	stranger := kubeconfigLike(t, w, func(_ *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) {
		*user = clientcmdapi.AuthInfo{Token: "not-a-token"}
	})
	for name, test := range map[string]struct {
		environment []string
		args        []string
		code        int
		says        []string
	}{
		"the API server is not there": {environment: []string{"KUBECONFIG=" + unreachable}, code: 3,
			says: []string{"127.0.0.1:1", "connection refused"}},
		"the API server does not know the caller": {environment: []string{"KUBECONFIG=" + stranger}, code: 2,
			says: []string{"Unauthorized"}},
		"there is no kubeconfig": {environment: []string{"KUBECONFIG=/nowhere"}, code: 2, says: []string{"API server"}},
		"a context that the kubeconfig does not have": {environment: []string{"KUBECONFIG=" + w.cluster.Kubeconfig()},
			args: []string{"--context", "elsewhere"}, code: 2, says: []string{`"elsewhere"`}},
		"a selector that can't be read": {environment: []string{"KUBECONFIG=" + w.cluster.Kubeconfig()},
			args: []string{"--selector", "a in ("}, code: 2, says: []string{"selector"}},
		"a field that can't be selected": {environment: []string{"KUBECONFIG=" + w.cluster.Kubeconfig()},
			args: []string{"--field-selector", "spec.nonsense=1"}, code: 2, says: []string{"spec.nonsense"}},
		"a flag that does not exist":        {args: []string{"--nonsense"}, code: 2, says: []string{"--nonsense"}},
		"a flag's value that is none":       {args: []string{"--dry-run", "maybe"}, code: 2, says: []string{"--dry-run", `"maybe"`, "none, client and server"}},
		"a log level that is none":          {args: []string{"--log-level", "loud"}, code: 2, says: []string{"--log-level", `"loud"`}},
		"a concurrency of none":             {args: []string{"--concurrency", "0"}, code: 2, says: []string{"--concurrency 0"}},
		"an argument where flags are meant": {args: []string{"app"}, code: 2, says: []string{`"app"`, "flags only"}},
		"a value of the environment that can't be": {environment: []string{"EXTERNALSECRET_RUNNER_CONCURRENCY=many"}, code: 2,
			says: []string{"EXTERNALSECRET_RUNNER_CONCURRENCY", "many"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := harness.Run(t, append(w.aws.Env(), test.environment...), runner(t), append([]string{"--namespaces", w.namespace}, test.args...)...)
			assert.Equal(t, test.code, r.Code, r.Stderr)
			assert.Empty(t, r.Stdout)
			for _, says := range test.says {
				assert.Contains(t, r.Stderr, says)
			}
		})
	}
}

// kubeconfigLike is a copy of the admin's kubeconfig with a change.
func kubeconfigLike(t *testing.T, w *world, change func(*clientcmdapi.Cluster, *clientcmdapi.AuthInfo)) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(w.cluster.Kubeconfig())
	require.NoError(t, err)
	current := config.Contexts[config.CurrentContext]
	change(config.Clusters[current.Cluster], config.AuthInfos[current.AuthInfo])
	path := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(*config, path))
	return path
}

func TestTheEnvironmentStandsInForFlagsAndFlagsWin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	r := readPass(t, harness.Run(t, append(w.environment(), "EXTERNALSECRET_RUNNER_NAMESPACES="+w.namespace, "EXTERNALSECRET_RUNNER_REPORT=full",
		"EXTERNALSECRET_RUNNER_DRY_RUN=client"), runner(t)))
	assert.Equal(t, "created", r.synced(t).of(t, "app").Outcome)
	w.noSecret(t, "app")
	assert.Equal(t, "created", w.passIn(t, append(w.environment(), "EXTERNALSECRET_RUNNER_DRY_RUN=client"), "--dry-run", "none").of(t, "app").Outcome)
	w.secret(t, "app")
}

func TestADryRunSaysWhatWouldHappenAndWritesNothing(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"client", "server"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "a", "1")
			w.apply(t, awsStore, externalSecret("old", "refreshInterval: 1ms, "+dataOf("a")))
			w.pass(t).synced(t)
			w.aws.Put(t, "a", "2")
			w.apply(t, externalSecret("new", dataOf("a")), externalSecret("broken", dataOf("absent")),
				opaque("there", map[string]string{"x": "y"}), externalSecret("there", dataOf("a")))
			before, status := w.secret(t, "old"), w.get(t, "old").Status

			p := w.pass(t, "--dry-run", mode)
			require.Equal(t, map[string]int{"created": 1, "updated": 2, "failed": 1}, p.Report.Outcomes, "%s", p.Stdout)
			assert.Equal(t, []string{"value"}, p.of(t, "old").Changes.Changed)
			assert.Equal(t, []string{"x"}, p.of(t, "there").Changes.Removed)
			w.noSecret(t, "new")
			assert.Equal(t, before, w.secret(t, "old"))
			assert.Equal(t, status, w.get(t, "old").Status)
			assert.Equal(t, map[string]string{"x": "y"}, w.data(t, "there"))
			assert.Empty(t, w.get(t, "broken").Status.Conditions)
			assert.Empty(t, w.events(t, "broken"))
			assert.Len(t, w.events(t, "old"), 1)
		})
	}
}
