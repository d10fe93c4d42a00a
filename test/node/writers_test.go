package node_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
)

func TestJobsBesideThatOfTheCronJobLeaveTheWorkToIt(t *testing.T) {
	t.Parallel()
	const count = 30
	i := install(t, "--schedule=* * * * *")
	i.slow(t, 10*time.Second)
	i.many(t, count)
	stop := i.writes(t)
	i.untilAsked(t)
	scheduled := i.in(t, "get", "jobs", "--output=jsonpath={.items[*].metadata.name}")
	i.well(t, "runs", "suspend") // the next minute is not awaited

	first, second := i.start(t), i.start(t)
	for _, job := range []string{first, second} {
		i.finish(t, job)
		told := i.reports(t, job)
		require.Len(t, told, 1)
		assert.False(t, told[0].Lease.Held)
		assert.Empty(t, told[0].Outcomes)
		assert.Contains(t, strings.Join(told[0].Notes, "\n"), "another run holds the lease "+i.namespace+"/externalsecret-runner: "+scheduled+"-")
	}
	assert.Empty(t, i.secrets(t), "they have ended before the first has written anything")

	i.finish(t, scheduled)
	assert.Equal(t, map[core.Outcome]int{core.Created: count}, i.reports(t, scheduled)[0].Outcomes)
	i.requireAll(t, count)
	requireOnce(t, count, stop())
	for name, times := range i.aws.Counters(t).Secrets {
		assert.Equal(t, 1, times, "requests for %s", name)
	}
}

func TestTwoRunsThatAreStartedAtOnceAreOne(t *testing.T) {
	t.Parallel()
	const count = 30
	i := install(t)
	i.many(t, count)
	i.slow(t, 5*time.Second)
	stop := i.writes(t)
	jobs := []string{i.start(t), i.start(t)}
	created, left := 0, 0
	for _, job := range jobs {
		i.finish(t, job)
		for _, r := range i.reports(t, job) {
			created += r.Outcomes[core.Created]
			if !r.Lease.Held {
				left++
			}
		}
	}
	assert.Equal(t, count, created)
	assert.Equal(t, 1, left, "one of them has left the work to the other")
	i.requireAll(t, count)
	requireOnce(t, count, stop())
}

func TestAPodThatIsKilledIsFinishedByTheNextOfItsJob(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, i *installed, pod string){
		"without a word": func(t *testing.T, i *installed, pod string) { i.kill(t, pod) },
		"by force": func(t *testing.T, i *installed, pod string) {
			i.in(t, "delete", "pod", pod, "--grace-period=0", "--force")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const count = 30
			i := install(t)
			i.many(t, count)
			i.slow(t, 20*time.Second)
			stop := i.writes(t)
			job := i.start(t)
			i.untilAsked(t)
			pods := i.pods(t, job)
			require.Len(t, pods, 1)
			end(t, i, pods[0])
			i.slow(t, 0)

			i.finish(t, job)
			told := i.reports(t, job)
			last := told[len(told)-1]
			assert.NotEqual(t, pods[0], last.Pod)
			assert.Equal(t, map[core.Outcome]int{core.Created: count}, last.Outcomes)
			i.requireAll(t, count)
			requireOnce(t, count, stop())
		})
	}
}

func TestALeaseThatHasExpiredIsTakenOver(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.many(t, 3)
	i.apply(t, fmt.Sprintf(`
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: externalsecret-runner}
spec: {holderIdentity: gone_run-0, leaseDurationSeconds: 15, leaseTransitions: 6, renewTime: %q}`,
		time.Now().Add(-time.Minute).UTC().Format("2006-01-02T15:04:05.000000Z")))
	job := i.start(t)
	i.finish(t, job)
	assert.True(t, i.reports(t, job)[0].Lease.Held)
	i.requireAll(t, 3)
	lease := i.in(t, "get", "lease", "externalsecret-runner", "--output=jsonpath={.spec.leaseTransitions} {.spec.holderIdentity}")
	assert.Equal(t, "7 ", lease, "it was taken over, and given back")
}
