package scale_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// The processes stand for the Pods of an Indexed Job: its index reaches them by JOB_COMPLETION_INDEX, and the Pod that retries an
// index has the same name up to its last five letters.
func TestFourShardsShareTenThousandExternalSecretsAndOneThatDiesIsFinishedByItsRetry(t *testing.T) {
	const (
		objects, secrets, shards = 10_000, 500, 4
		dies                     = 2
		batch                    = 20  // secrets in a request to AWS
		memory                   = 256 // MiB: the limit in manifests/base
	)
	f := newFleet(t, objects, secrets, "1h")
	f.rotate(t, 1)
	shard := func(index int, suffix string) *harness.Process {
		return f.start(t, fmt.Sprintf("runner-29384756-%d-%s", index, suffix), []string{fmt.Sprint("JOB_COMPLETION_INDEX=", index)},
			"--shards", fmt.Sprint(shards))
	}
	began := time.Now()
	var runs []*harness.Process
	for index := range shards {
		runs = append(runs, shard(index, "x7k2p"))
	}
	created := func(p *harness.Process) int { return strings.Count(p.Err(), `"outcome":"created"`) }
	until(t, "the shard is in the middle of its work", func() bool { return created(runs[dies]) > objects/shards/4 })
	runs[dies].Signal(t, syscall.SIGKILL)
	killed := runs[dies].Wait(t)
	require.Negative(t, killed.Code)
	require.NotEmpty(t, f.lease(t, fmt.Sprint("runner-", dies)).HolderIdentity, "it could not give its lease back")
	before := created(runs[dies])
	require.Less(t, before, objects/shards*3/4)
	runs[dies] = shard(dies, "7vq8b")

	done, asked := map[string]int{}, 0
	for index, run := range runs {
		r := end(t, run, 0)
		assert.True(t, r.Lease.Held)
		assert.InEpsilon(t, objects/shards, r.Total, 0.1, "shard %d", index)
		assert.Len(t, r.Results, r.Total)
		for _, result := range r.Results {
			done[result.Name]++
		}
		holders := 1
		if index == dies {
			holders = 2
			// What the killed run had begun and not logged is among the unchanged, or its status shows it as synced.
			assert.GreaterOrEqual(t, r.Outcomes["skipped"]+r.Outcomes["unchanged"], before)
			assert.Equal(t, r.Total, r.Outcomes["created"]+r.Outcomes["skipped"]+r.Outcomes["unchanged"], "%v", r.Outcomes)
		} else {
			assert.Equal(t, map[string]int{"created": r.Total}, r.Outcomes)
		}
		requests := 0
		for _, n := range r.Requests {
			requests += n
		}
		assert.LessOrEqual(t, requests, secrets/batch, "each shard reads each remote secret once at most")
		asked += requests
		peak := run.Peak(t)
		assert.Less(t, peak, float64(memory))
		t.Logf("shard %d: %d ExternalSecrets %v in %.1f s, %d requests to AWS, %.0f MiB", index, r.Total, r.Outcomes, r.Seconds, requests, peak)
		lease := f.lease(t, fmt.Sprint("runner-", index))
		assert.Nil(t, lease.HolderIdentity, "it is given back")
		assert.EqualValues(t, holders, *lease.LeaseTransitions)
	}
	t.Logf("all of it in %.1f s", time.Since(began).Seconds())
	require.Len(t, done, objects)
	for name, times := range done {
		require.Equal(t, 1, times, name)
	}
	f.right(t, f.live(t), 1)
	total := f.aws.Counters(t).Total()
	assert.LessOrEqual(t, total-asked, secrets/batch, "what the killed one has asked for")
	t.Logf("%d requests to AWS", total)
}
