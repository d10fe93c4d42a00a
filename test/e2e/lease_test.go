package e2e_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// leased starts the runner as start does, with a lease, and as a Pod of this name.
func (w *world) leased(t *testing.T, pod string, args ...string) *harness.Process {
	t.Helper()
	args = append([]string{"--namespaces", w.namespace, "--report", "full", "--lease", w.namespace + "/runner"}, args...)
	return w.startIn(t, []string{"POD_NAME=" + pod}, runner(t), args...)
}

// lease is the lease of the runner.
func (w *world) lease(t *testing.T) *coordinationv1.Lease {
	t.Helper()
	l, err := w.core.CoordinationV1().Leases(w.namespace).Get(t.Context(), "runner", metav1.GetOptions{})
	require.NoError(t, err)
	return l
}

// putLease makes or replaces the lease, as held by someone who has renewed it just now or a while ago.
func (w *world) putLease(t *testing.T, holder string, ago time.Duration) {
	t.Helper()
	leases, at, seconds := w.core.CoordinationV1().Leases(w.namespace), metav1.NewMicroTime(time.Now().Add(-ago)), int32(1)
	l := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: "runner"},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: &at, LeaseDurationSeconds: &seconds},
	}
	ctx := context.WithoutCancel(t.Context())
	if err := leases.Delete(ctx, "runner", metav1.DeleteOptions{}); err == nil {
		time.Sleep(time.Millisecond)
	}
	_, err := leases.Create(ctx, l, metav1.CreateOptions{})
	require.NoError(t, err)
}

func TestASecondRunLeavesTheWorkToTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	w.aws.Latency(t, harness.OpGetSecretValue, 8*time.Second)
	first := w.leased(t, "runner-first")
	w.untilAsked(t)
	holder := *w.lease(t).Spec.HolderIdentity

	began := time.Now()
	second := readPass(t, w.leased(t, "runner-second").Wait(t))
	assert.Less(t, time.Since(began), 5*time.Second, "it does not wait")
	assert.Zero(t, second.Code)
	assert.Zero(t, second.Report.Total)
	require.Len(t, second.Report.Notes, 1)
	assert.Contains(t, second.Report.Notes[0], "another run holds the lease "+w.namespace+"/runner: "+holder)
	assert.Contains(t, second.Stdout, `"outcomes":{}`)
	assert.False(t, second.Report.Lease.Held)
	assert.Equal(t, holder, second.Report.Lease.Holder)

	for _, more := range [][]string{{"--names", w.namespace + "/app"}, {"--namespaces", w.namespace, "--force"}} {
		asked := readPass(t, w.startIn(t, nil, runner(t), append(more, "--lease", w.namespace+"/runner")...).Wait(t))
		assert.Equal(t, 3, asked.Code, "who asks for more than what is due is told that it was not done")
	}

	done := readPass(t, first.Wait(t)).synced(t)
	assert.Equal(t, "created", done.of(t, "app").Outcome)
	assert.Equal(t, "runner-first_"+done.Report.Run, holder)
	assert.True(t, done.Report.Lease.Held)
	assert.Equal(t, 1, w.aws.Counters(t).Total(), "nothing was asked for twice")
	assert.Nil(t, w.lease(t).Spec.HolderIdentity, "it is given back")
	assert.Equal(t, "skipped", readPass(t, w.leased(t, "runner-third").Wait(t)).synced(t).of(t, "app").Outcome)
}

func TestALeaseThatNobodyRenewsIsTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	w.putLease(t, "gone_run-0", time.Hour)
	done := readPass(t, w.leased(t, "runner-next").Wait(t)).synced(t)
	assert.Equal(t, "created", done.of(t, "app").Outcome)
	assert.EqualValues(t, 1, *w.lease(t).Spec.LeaseTransitions)
}

func TestARunThatLosesItsLeaseWritesNothingMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(t, 200, 200)
	w.aws.Latency(t, harness.OpBatchGetSecretValue, 7*time.Second)
	p := w.leased(t, "runner-first")
	w.untilAsked(t)
	w.putLease(t, "thief_run-0", 0) // it is renewed every five seconds: the loss is seen before the answers come
	r := readPass(t, p.Wait(t))
	assert.Equal(t, 3, r.Code, "%s%s", r.Stdout, r.Stderr)
	assert.Contains(t, r.Report.Error, "the lease is lost")
	assert.Contains(t, r.Report.Error, "thief_run-0")
	assert.Equal(t, map[string]int{"skipped": 200}, r.Report.Outcomes)
	assert.Empty(t, w.leftIn(t), "no Secret was written")
	assert.Equal(t, "thief_run-0", *w.lease(t).Spec.HolderIdentity)
}

func TestTheLeaseOfAKilledRunIsTakenOverByTheNextPodOfItsJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	w.aws.Latency(t, harness.OpGetSecretValue, 30*time.Second)
	p := w.leased(t, "runner-29384756-0-x7k2p")
	w.untilAsked(t)
	p.Signal(t, syscall.SIGKILL)
	p.Wait(t)
	w.aws.Latency(t, harness.OpGetSecretValue, 0)
	other := readPass(t, w.leased(t, "runner-29384757-0-b4c5d").Wait(t)).synced(t)
	assert.Zero(t, other.Report.Total, "another Job can't know that it has died")

	began := time.Now()
	retry := readPass(t, w.leased(t, "runner-29384756-0-7vq8b").Wait(t)).synced(t)
	assert.Equal(t, "created", retry.of(t, "app").Outcome)
	assert.Greater(t, time.Since(began), 14*time.Second, "it has made sure")
}

func TestATermThatComesWhileTheLeaseIsHeldGivesItBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(t, 100, 100)
	w.aws.Latency(t, harness.OpBatchGetSecretValue, time.Second)
	p := w.leased(t, "runner-first")
	w.untilAsked(t)
	p.Signal(t, syscall.SIGTERM)
	r := readPass(t, p.Wait(t))
	assert.Equal(t, 143, r.Code)
	assert.Equal(t, "stopped by a signal", r.Report.Error)
	assert.Nil(t, w.lease(t).Spec.HolderIdentity)
}

// The Role is that of docs/security.md.
func TestARunHoldsItsLeaseAndKeepsItsReportWithTheRightsForIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	environment := w.as(t, "limited", "read", "status", "list", "get", "write", "events")
	args := []string{"--lease", w.namespace + "/externalsecret-runner", "--report-to", w.namespace + "/externalsecret-runner-reports"}
	p := w.passIn(t, environment, args...)
	assert.Equal(t, 2, p.Code)
	assert.Contains(t, p.Stderr, "leases")
	assert.Contains(t, p.Stderr, "forbidden")
	w.noSecret(t, "app")

	w.apply(t, `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: own}
rules:
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}
- {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [externalsecret-runner], verbs: [get, update]}
- {apiGroups: [""], resources: [configmaps], verbs: [create]}
- {apiGroups: [""], resources: [configmaps], resourceNames: [externalsecret-runner-reports], verbs: [get, update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: own}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: own}
subjects: [{kind: ServiceAccount, name: limited}]`)
	for _, outcome := range []string{"created", "skipped"} {
		p = w.passIn(t, environment, args...).synced(t)
		assert.Equal(t, outcome, p.of(t, "app").Outcome)
		assert.NotContains(t, p.Stderr, "could not")
	}
	kept, err := w.core.CoreV1().ConfigMaps(w.namespace).Get(t.Context(), "externalsecret-runner-reports", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Len(t, kept.Data, 2)
}
