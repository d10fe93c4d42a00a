package runner_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner"
)

const kubeconfig = `
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: c, context: {cluster: c}}]
current-context: c`

// configOf is what arguments and an environment become.
func configOf(t *testing.T, environment map[string]string, args ...string) (runner.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(path, []byte(kubeconfig), 0o600))
	lookup := func(name string) (string, bool) { value, ok := environment[name]; return value, ok }
	var settings runner.Settings
	if err := settings.Parse(append([]string{"--kubeconfig", path}, args...), lookup, io.Discard); err != nil {
		return runner.Config{}, err
	}
	return settings.Config(nil, func(name string) string { return environment[name] }, io.Discard, io.Discard)
}

func TestConfig(t *testing.T) {
	job := map[string]string{"JOB_COMPLETION_INDEX": "3", "POD_NAME": "runner-1-3-x7k2p"}
	t.Run("an Indexed Job says which shard it is", func(t *testing.T) {
		config, err := configOf(t, job, "--shards=4", "--lease=system/runner")
		require.NoError(t, err)
		assert.Equal(t, resolve.Shard{Index: 3, Of: 4}, config.Scope.Shard)
		assert.Equal(t, "runner-3", config.Lease.Name)
		assert.Equal(t, "system", config.Lease.Namespace)
		assert.Equal(t, "runner-1-3-x7k2p", config.Lease.Pod)
	})
	t.Run("a flag says so before the Job does", func(t *testing.T) {
		config, err := configOf(t, job, "--shards=4", "--shard=0")
		require.NoError(t, err)
		assert.Equal(t, resolve.Shard{Of: 4}, config.Scope.Shard)
	})
	t.Run("one shard is the whole, whatever the Job", func(t *testing.T) {
		config, err := configOf(t, job, "--lease=system/runner")
		require.NoError(t, err)
		assert.Zero(t, config.Scope.Shard)
		assert.Equal(t, "runner", config.Lease.Name)
	})
	t.Run("the environment sets flags", func(t *testing.T) {
		config, err := configOf(t, map[string]string{"EXTERNALSECRET_RUNNER_NAMES": "a/b,c/d", "EXTERNALSECRET_RUNNER_FORCE": "true", "EXTERNALSECRET_RUNNER_REPORT_TO": "system/reports"})
		require.NoError(t, err)
		assert.Equal(t, []types.NamespacedName{{Namespace: "a", Name: "b"}, {Namespace: "c", Name: "d"}}, config.Scope.Names)
		assert.True(t, config.Force)
		assert.Equal(t, "reports", config.Publish.History.Name)
	})
	t.Run("a dry run holds no lease", func(t *testing.T) {
		config, err := configOf(t, nil, "--dry-run=server", "--lease=system/runner")
		require.NoError(t, err)
		assert.Nil(t, config.Lease)
	})
	for name, test := range map[string]struct {
		environment map[string]string
		args        []string
		want        string
	}{
		"shards without an index":              {nil, []string{"--shards=4"}, "--shards 4 needs --shard, or the JOB_COMPLETION_INDEX of an Indexed Job"},
		"an index that is no shard":            {nil, []string{"--shards=4", "--shard=4"}, "--shard 4 is none of --shards 4"},
		"a Job of more Pods than shards":       {job, []string{"--shards=2"}, "JOB_COMPLETION_INDEX 3 is none of --shards 2"},
		"an index that is no number":           {map[string]string{"JOB_COMPLETION_INDEX": "x"}, []string{"--shards=2"}, `JOB_COMPLETION_INDEX "x" is no number`},
		"no shard":                             {nil, []string{"--shards=0"}, "--shards 0 is less than 1"},
		"a lease without a namespace":          {nil, []string{"--lease=runner"}, `--lease "runner" is not of the form NAMESPACE/NAME`},
		"a ConfigMap with too many slashes":    {nil, []string{"--report-to=a/b/c"}, `--report-to "a/b/c" is not of the form NAMESPACE/NAME`},
		"a name without a namespace":           {nil, []string{"--names=db"}, `--names "db" is not of the form NAMESPACE/NAME`},
		"names and a selector":                 {nil, []string{"--names=a/b", "--selector=x=y"}, "no --selector or --field-selector with it"},
		"a name outside of the namespaces":     {nil, []string{"--names=a/b", "--namespaces=c,d"}, `--names "a/b" is in none of the --namespaces c,d`},
		"names and lingering":                  {nil, []string{"--names=a/b", "--linger=1m"}, "--linger is not for --names"},
		"a dry run that lingers":               {nil, []string{"--dry-run=client", "--linger=1m"}, "--linger is not for a --dry-run"},
		"a time that is negative":              {nil, []string{"--linger=-1m"}, "--linger -1m0s is negative"},
		"a share that is none":                 {nil, []string{"--max-removals=many"}, `--max-removals: "many" is neither a number`},
		"keeping nothing":                      {nil, []string{"--keep-runs=0"}, "--keep-runs 0 is less than 1"},
		"a gateway that is no URL":             {nil, []string{"--push-metrics=pushgateway:9091"}, "--push-metrics: it must be an http or https URL"},
		"a gateway whose password is not told": {nil, []string{"--push-metrics=http://u:hunter2%zz@h"}, "--push-metrics: it is no URL"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			_, err := configOf(t, test.environment, test.args...)
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}
