package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// reports are the reports in the ConfigMap, by run.
func (w *world) reports(t *testing.T) map[string]report {
	t.Helper()
	kept, err := w.core.CoreV1().ConfigMaps(w.namespace).Get(t.Context(), "reports", metav1.GetOptions{})
	require.NoError(t, err)
	all := map[string]report{}
	for id, text := range kept.Data {
		var r report
		require.NoError(t, json.Unmarshal([]byte(text), &r))
		assert.Equal(t, id, r.Run)
		all[id] = r
	}
	return all
}

func TestTheReportsOfTheLastRunsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Seed(t, map[string]string{"a": "canary-1", "b": "canary-2"})
	w.apply(t, patient("store", "maxRetries: 3, retryInterval: 10ms"),
		externalSecret("app", dataOf("a")), externalSecret("lost", dataOf("nowhere/1")), externalSecret("lost-too", dataOf("nowhere/22")))
	w.aws.Fault(t, harness.AWSFault{Op: harness.OpBatchGetSecretValue, Code: "ThrottlingException", Message: "Rate exceeded", Times: 2})
	args := []string{"--report-to", w.namespace + "/reports", "--keep-runs", "3"}
	first := w.pass(t, args...)
	require.Regexp(t, `^\d{8}t\d{6}\.\d{3}z-[a-z0-9]{5}$`, first.Report.Run)
	kept := w.reports(t)[first.Report.Run]
	assert.Equal(t, 1, kept.Exit)
	assert.Equal(t, map[string]int{"created": 1, "failed": 2}, kept.Outcomes)
	require.Len(t, kept.Causes, 1, "two that differ in names only are one")
	assert.Equal(t, 2, kept.Causes[0].Count)
	assert.Contains(t, kept.Causes[0].Message, `(remote key "*")`)
	require.Len(t, kept.Stores, 1)
	assert.Equal(t, `SecretStore "store" in namespace "`+w.namespace+`"`, kept.Stores[0].Store)
	assert.Equal(t, []int{3, 2, 2}, []int{kept.Stores[0].Requests, kept.Stores[0].Retries, kept.Stores[0].Throttles})
	assert.Positive(t, kept.Stores[0].MaxSeconds)
	require.Len(t, kept.Stalest, 2)
	assert.Empty(t, kept.Stalest[0].LastSync, "never")
	assert.NotEmpty(t, kept.Stalest[0].Since)

	for range 3 {
		require.NotContains(t, w.pass(t, args...).Stderr, "could not be written")
	}
	now := w.reports(t)
	assert.Len(t, now, 3)
	assert.NotContains(t, now, first.Report.Run, "the oldest goes")

	t.Run("shards do not lose each other's", func(t *testing.T) {
		var runs []*harness.Process
		for _, shard := range []string{"0", "1", "2", "3"} {
			runs = append(runs, w.startProgram(t, runner(t), append(args, "--namespaces", w.namespace, "--shards", "4", "--shard", shard)...))
		}
		ids := []string{}
		for _, run := range runs {
			ids = append(ids, readPass(t, run.Wait(t)).Report.Run)
		}
		now := w.reports(t)
		for _, id := range ids {
			assert.Contains(t, now, id)
		}
		assert.Len(t, now, 3+4)
	})
	t.Run("a run that can make no pass says so", func(t *testing.T) {
		environment := w.as(t, "no-rights")
		w.apply(t, `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reporter}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, create, update]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reporter}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reporter}
subjects: [{kind: ServiceAccount, name: no-rights}]`)
		p := w.passIn(t, environment, args...)
		assert.Equal(t, 2, p.Code)
		assert.Empty(t, p.Stdout)
		found := false
		for _, r := range w.reports(t) {
			found = found || strings.Contains(r.Error, "no pass could be made: list externalsecrets")
		}
		assert.True(t, found)
	})
}

func TestASummaryGoesToTheTerminationMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "canary")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")), externalSecret("lost", dataOf("nowhere")))
	path := filepath.Join(t.TempDir(), "termination-log")
	require.NoError(t, os.WriteFile(path, nil, 0o666))
	p := w.pass(t, "--termination-log", path)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Regexp(t, `^run `+p.Report.Run+`: 1 created, 1 failed in \d+\.\d s; 1 x ProviderError, such as `+w.namespace+`/lost: spec\.data\[\*\] \(remote key "\*"\)`, string(text))
	assert.LessOrEqual(t, len(text), 4096)
	assert.NotContains(t, string(text), "\n")
	assert.NotContains(t, string(text), "canary")
}

func TestMetricsGoToAFileAndToAPushgateway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "canary")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	var mu sync.Mutex
	var pushed []string
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		pushed = append(pushed, r.Method+" "+r.URL.Path+"\n"+string(body))
	}))
	t.Cleanup(gateway.Close)
	file := filepath.Join(t.TempDir(), "runner.prom")
	args := []string{"--metrics-file", file, "--push-metrics", gateway.URL}
	w.pass(t, args...).synced(t)
	read := func(path string) string {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(text)
	}
	for _, line := range []string{
		`externalsecret_runner_externalsecrets{outcome="created"} 1`, `externalsecret_runner_exit_code 0`, "externalsecret_runner_last_success_timestamp_seconds 1.",
		`externalsecret_runner_provider_requests{store="SecretStore \"store\" in namespace \"` + w.namespace + `\""} 1`, "# TYPE externalsecret_runner_duration_seconds gauge",
		"externalsecret_runner_stalest_seconds 0",
	} {
		assert.Contains(t, read(file), line)
	}
	require.Len(t, pushed, 1)
	assert.True(t, strings.HasPrefix(pushed[0], "POST /metrics/job/externalsecret-runner\n"), pushed[0])
	assert.Contains(t, pushed[0], `externalsecret_runner_externalsecrets{outcome="created"} 1`)
	assert.NotContains(t, pushed[0]+read(file), "canary")

	success := regexp.MustCompile(`externalsecret_runner_last_success_timestamp_seconds .*`).FindString(read(file))
	w.apply(t, externalSecret("lost", dataOf("nowhere")))
	w.pass(t, append(args, "--shards", "1")...)
	assert.Contains(t, read(file), "externalsecret_runner_exit_code 1")
	assert.Contains(t, read(file), success, "the last success is that of the run before")
	assert.Contains(t, read(file), `externalsecret_runner_failures{reason="ProviderError"} 1`)
	assert.NotContains(t, pushed[1], "last_success", "which the gateway keeps")

	w.pass(t, append(args, "--shards", "2", "--shard", "1")...)
	assert.Contains(t, read(strings.Replace(file, "runner.", "runner-1.", 1)), `{shard="1",outcome="created"}`)
	assert.True(t, strings.HasPrefix(pushed[2], "POST /metrics/job/externalsecret-runner/shard/1\n"))

	down := w.pass(t, "--push-metrics", "http://user:hunter2@127.0.0.1:1")
	assert.Equal(t, 1, down.Code, "of the one that fails, not of the metrics")
	assert.Contains(t, down.Stderr, "the metrics of the Pushgateway could not be written")
	assert.NotContains(t, down.Stderr, "hunter2")
}

func TestARunOfSomeByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Seed(t, map[string]string{"a": "1", "b": "2"})
	w.apply(t, awsStore, externalSecret("app", dataOf("a")), externalSecret("other", dataOf("b")))
	named := func(args ...string) pass {
		return readPass(t, harness.Run(t, w.environment(), runner(t), append([]string{"--report", "full"}, args...)...))
	}
	first := named("--names", w.namespace+"/app").synced(t)
	assert.Equal(t, map[string]int{"created": 1}, first.Report.Outcomes)
	w.noSecret(t, "other")
	again := named("--names", w.namespace+"/app").synced(t)
	assert.Equal(t, "NotDue", again.of(t, "app").Reason)
	assert.Contains(t, again.Stderr, `"outcome":"skipped"`, "who follows the log sees it")
	forced := named("--names", w.namespace+"/app", "--force").synced(t)
	assert.Equal(t, "unchanged", forced.of(t, "app").Outcome)
	assert.Contains(t, forced.Stderr, `"outcome":"unchanged"`)
	missing := named("--names", w.namespace+"/nope")
	assert.Equal(t, 1, missing.Code)
	assert.Equal(t, "NotFound", missing.of(t, "nope").Reason)
}
