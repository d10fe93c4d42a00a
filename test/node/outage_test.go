package node_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// Not parallel: the other tests need the API server. It is away for so long that the run can't renew its lease in time, and must
// have stopped before another may begin.
func TestARunThatLosesTheAPIServerIsFinishedByItsRetry(t *testing.T) {
	const count = 40
	i := install(t)
	i.many(t, count)
	i.slow(t, 6*time.Second)
	job := i.start(t)
	i.untilAsked(t)
	i.StopServer(t, harness.APIServer)
	i.slow(t, 0)
	time.Sleep(12 * time.Second)
	i.StartServer(t, harness.APIServer)

	i.finish(t, job)
	i.requireAll(t, count)
	told := i.reports(t, job)
	assert.Len(t, told, 2)
	for _, r := range told {
		assert.True(t, r.Lease.Held)
	}
	again := i.start(t, "--force")
	i.finish(t, again)
	assert.Equal(t, map[core.Outcome]int{core.Unchanged: count}, i.reports(t, again)[0].Outcomes, "nothing was left half done")
}
