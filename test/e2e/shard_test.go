package e2e_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestShardsShareTheWorkAndEachExternalSecretIsInOne(t *testing.T) {
	t.Parallel()
	const count, shards = 400, 4
	w := newWorld(t)
	w.many(t, count, 100)
	args := []string{"--namespaces", w.namespace, "--report", "full", "--shards", fmt.Sprint(shards), "--lease", w.namespace + "/runner"}
	var runs []*harness.Process
	for index := range shards {
		runs = append(runs, w.startIn(t, []string{fmt.Sprint("JOB_COMPLETION_INDEX=", index)}, runner(t), args...))
	}
	done := map[string]int{}
	for index, run := range runs {
		p := readPass(t, run.Wait(t)).synced(t)
		assert.Equal(t, index, p.Report.Shard.Index)
		assert.Equal(t, shards, p.Report.Shard.Of)
		assert.Equal(t, fmt.Sprintf("%s/runner-%d", w.namespace, index), p.Report.Lease.Name)
		assert.True(t, p.Report.Lease.Held, "each has a lease of its own")
		assert.Equal(t, p.Report.Total, p.Report.Outcomes["created"])
		assert.InEpsilon(t, count/shards, p.Report.Total, 0.25)
		for _, r := range p.Report.Results {
			done[r.Name]++
		}
	}
	require.Len(t, done, count)
	for name, times := range done {
		assert.Equal(t, 1, times, name)
	}
	assert.Len(t, w.leftIn(t), count)
	again := harness.Run(t, w.environment(), runner(t), append(args, "--shard", "2", "--force")...)
	assert.Equal(t, map[string]int{"unchanged": len(readPass(t, again).Report.Results)}, readPass(t, again).Report.Outcomes)
}

func TestOfSeveralShardsTheFirstFansOut(t *testing.T) {
	f := newFan(t)
	f.apply(t, f.externalSecret(dataOf("a"), "externalSecretName: fanned"))
	first := f.everywhere(t, "--shards", "2", "--shard", "0").synced(t)
	assert.Equal(t, f.namespaces, first.only(t).Created, "in all namespaces, whichever shard they are in")
	second := f.everywhere(t, "--shards", "2", "--shard", "1").synced(t)
	assert.Empty(t, second.Report.ClusterExternalSecrets)
	assert.Equal(t, len(f.namespaces), first.Report.Outcomes["created"]+second.Report.Outcomes["created"], "each is synced by its own shard")
	again := f.everywhere(t, "--shards", "2", "--shard", "0").synced(t)
	assert.Equal(t, "unchanged", again.only(t).Outcome, "those of the other shard are there")
	assert.Equal(t, first.Report.Total, again.Report.Total)
}
