package node_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// requireShared requires that the reports are those of all shards, and each ExternalSecret of many was created by one of them.
func requireShared(t *testing.T, shards, count int, told []report.Run) {
	t.Helper()
	seen, created := map[int]bool{}, map[string]int{}
	for _, r := range told {
		require.NotNil(t, r.Shard)
		assert.Equal(t, shards, r.Shard.Of)
		assert.Contains(t, r.Lease.Name, fmt.Sprint("/externalsecret-runner-", r.Shard.Index), "each has a lease of its own")
		seen[r.Shard.Index] = true
		for _, result := range r.Results {
			if result.Outcome == core.Created {
				created[result.Name]++
			}
		}
	}
	assert.Len(t, seen, shards)
	assert.Len(t, created, count)
	for name, times := range created {
		assert.Equal(t, 1, times, "%s", name)
	}
}

func TestShardsShareTheWork(t *testing.T) {
	t.Parallel()
	const shards, count = 3, 60
	i := install(t, "--shards=3")
	i.many(t, count)
	stop := i.writes(t)
	told := reportsIn(t, i.well(t, "runs", "start", "--follow", "--runner-flag=--report=full"))
	require.Len(t, told, shards)
	requireShared(t, shards, count, told)
	i.requireAll(t, count)
	requireOnce(t, count, stop())
	kept := i.well(t, "runs", "--output=name")
	for _, r := range told {
		assert.Contains(t, kept, r.ID+"\n", "the ConfigMap has the report of each shard")
	}
}

func TestAShardThatDiesIsFinishedByItsRetry(t *testing.T) {
	t.Parallel()
	const shards, count = 2, 40
	i := install(t, "--shards=2")
	i.many(t, count)
	i.slow(t, 15*time.Second)
	stop := i.writes(t)
	job := i.start(t, "--report=full")
	var pods []string
	i.until(t, "both shards are at work", func() bool {
		pods = i.pods(t, job)
		return len(pods) == shards && len(i.aws.Counters(t).Secrets) == count
	})
	i.kill(t, pods[0])
	i.slow(t, 0)
	i.finish(t, job)
	requireShared(t, shards, count, i.reports(t, job))
	i.requireAll(t, count)
	requireOnce(t, count, stop())
}
