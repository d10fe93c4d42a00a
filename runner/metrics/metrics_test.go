package metrics

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

func TestTextOf(t *testing.T) {
	run := &report.Run{
		Seconds: 1.5, Outcomes: map[core.Outcome]int{core.Created: 2}, Stores: []core.StoreUse{{Store: "a \"b\"\\\n", Requests: 3}},
		Causes:  []report.Cause{{Reason: core.ProviderError, Count: 1}, {Reason: core.ProviderError, Count: 2}},
		Stalest: []report.Stale{{Since: time.Unix(900, 0)}, {Since: time.Unix(400, 0)}},
	}
	text := textOf(run, time.Unix(1000, 500_000_000), "shard", "2")
	for _, line := range []string{
		"# HELP externalsecret_runner_last_run_timestamp_seconds When the last run ended.\n# TYPE externalsecret_runner_last_run_timestamp_seconds gauge\n",
		`externalsecret_runner_last_success_timestamp_seconds{shard="2"} 1000.5` + "\n",
		`externalsecret_runner_duration_seconds{shard="2"} 1.5` + "\n",
		`externalsecret_runner_externalsecrets{shard="2",outcome="created"} 2` + "\n",
		`externalsecret_runner_externalsecrets{shard="2",outcome="failed"} 0` + "\n",
		`externalsecret_runner_failures{shard="2",reason="ProviderError"} 3` + "\n",
		`externalsecret_runner_stalest_seconds{shard="2"} 600.5` + "\n",
		`externalsecret_runner_provider_requests{shard="2",store="a \"b\"\\\n"} 3` + "\n",
	} {
		assert.Contains(t, text, line)
	}
	run.Exit = 1
	assert.NotContains(t, textOf(run, time.Now()), "last_success")
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "runner.prom")
	require.NoError(t, WriteFile(path, &report.Run{}, time.Unix(1000, 0)))
	for range 2 { // as often as it fails
		require.NoError(t, WriteFile(path, &report.Run{Exit: 1}, time.Unix(2000, 0)))
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(text), "externalsecret_runner_last_success_timestamp_seconds 1000\n")
	assert.Contains(t, string(text), "externalsecret_runner_last_run_timestamp_seconds 2000\n")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o644), info.Mode(), "the collector is somebody else")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing else is left")
	require.ErrorContains(t, WriteFile(filepath.Join(dir, "nowhere", "x.prom"), &report.Run{}, time.Now()), "write the metrics")
}
