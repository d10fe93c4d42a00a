package runs

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// reported is a report of a run in a Pod; change makes it another.
func reported(t *testing.T, pod string, change func(*report.Run)) string {
	t.Helper()
	r := report.Run{Pod: pod, Started: noon}
	if change != nil {
		change(&r)
	}
	body, err := json.Marshal(r)
	require.NoError(t, err)
	return string(body)
}

func exits(code int) func(*report.Run) { return func(r *report.Run) { r.Exit = code } }

func ofShard(index, code int) func(*report.Run) {
	return func(r *report.Run) { r.Shard, r.Exit = &report.Shard{Index: index, Of: 3}, code }
}

// job is a Job that goes on, made at noon, by the schedule.
func job(name string, changes ...func(*batchv1.Job)) batchv1.Job {
	j := batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(noon)}}
	for _, change := range changes {
		change(&j)
	}
	return j
}

func byHand(j *batchv1.Job) {
	j.Annotations = map[string]string{"cronjob.kubernetes.io/instantiate": "manual"}
}

func complete(j *batchv1.Job) {
	j.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}
}

func failed(j *batchv1.Job) {
	j.Status.Conditions = []batchv1.JobCondition{
		{Type: batchv1.JobFailureTarget, Status: corev1.ConditionTrue, Reason: "DeadlineExceeded"},
		{Type: batchv1.JobFailed, Status: corev1.ConditionTrue, Reason: "DeadlineExceeded", Message: "it took too long"},
	}
}

// indexed makes a Job one of three shards, of which some have ended.
func indexed(completed, lost string) func(*batchv1.Job) {
	return func(j *batchv1.Job) {
		mode, all := batchv1.IndexedCompletion, int32(3)
		j.Spec.CompletionMode, j.Spec.Completions = &mode, &all
		j.Status.CompletedIndexes, j.Status.FailedIndexes = completed, &lost
	}
}

func TestAssemble(t *testing.T) {
	const scheduled, manual = "externalsecret-runner-29402130", "externalsecret-runner-manual-x7k2p"
	type told struct {
		Name, Job string
		State     State
		Manual    bool
		Message   string
	}
	for name, test := range map[string]struct {
		reports map[string]string
		jobs    []batchv1.Job
		want    []told
	}{
		"nothing has run": {nil, nil, nil},
		"a report outlives its Job": {
			map[string]string{"a": reported(t, scheduled+"-abcde", nil)}, nil,
			[]told{{Name: "a", Job: scheduled, State: Succeeded}},
		},
		"the exit code is the state": {
			map[string]string{
				"a": reported(t, scheduled+"-abcde", exits(1)), "b": reported(t, scheduled+"-abcde", exits(2)), "c": reported(t, scheduled+"-abcde", exits(3)),
				"d": reported(t, scheduled+"-abcde", func(r *report.Run) { r.Error = "it was stopped" }),
			}, nil,
			[]told{
				{Name: "a", Job: scheduled, State: SomeFailed}, {Name: "b", Job: scheduled, State: Failed}, {Name: "c", Job: scheduled, State: Failed},
				{Name: "d", Job: scheduled, State: Failed, Message: "it was stopped"},
			},
		},
		"a run elsewhere has no Job": {
			map[string]string{"a": reported(t, "my-laptop-abcde", nil), "b": reported(t, "host", nil), "c": reported(t, "", nil)}, nil,
			[]told{{Name: "a", State: Succeeded}, {Name: "b", State: Succeeded}, {Name: "c", State: Succeeded}},
		},
		"a run by hand is known by its Job, or by the name of one that is gone": {
			map[string]string{"a": reported(t, scheduled+"-abcde", nil), "b": reported(t, manual+"-abcde", nil)},
			[]batchv1.Job{job(scheduled, byHand, complete)},
			[]told{{Name: "a", Job: scheduled, State: Succeeded, Manual: true}, {Name: "b", Job: manual, State: Succeeded, Manual: true}},
		},
		"a Job may have any name": {
			map[string]string{"a": reported(t, "now-abcde", nil)}, []batchv1.Job{job("now", byHand, complete)},
			[]told{{Name: "a", Job: "now", State: Succeeded, Manual: true}},
		},
		"a Job that goes on has not reported": {
			nil, []batchv1.Job{job(manual, byHand)},
			[]told{{Name: manual, Job: manual, State: Running, Manual: true}},
		},
		"a Job that goes on after its report lingers": {
			map[string]string{"a": reported(t, scheduled+"-abcde", exits(1))}, []batchv1.Job{job(scheduled)},
			[]told{{Name: "a", Job: scheduled, State: Running}},
		},
		"a run that could not make its pass is tried again": {
			map[string]string{"a": reported(t, scheduled+"-abcde", exits(3))}, []batchv1.Job{job(scheduled)},
			[]told{{Name: "a", Job: scheduled, State: Failed}, {Name: scheduled, Job: scheduled, State: Running}},
		},
		"a Job that failed and has not reported says why": {
			nil, []batchv1.Job{job(scheduled, failed)},
			[]told{{Name: scheduled, Job: scheduled, State: Failed, Message: "DeadlineExceeded: it took too long"}},
		},
		"a Job that failed as its report says is told of once": {
			map[string]string{"a": reported(t, scheduled+"-abcde", exits(1))}, []batchv1.Job{job(scheduled, failed)},
			[]told{{Name: "a", Job: scheduled, State: SomeFailed}},
		},
		"a Job that failed after it had reported success says so": {
			map[string]string{"a": reported(t, scheduled+"-abcde", nil)}, []batchv1.Job{job(scheduled, failed)},
			[]told{
				{Name: "a", Job: scheduled, State: Succeeded},
				{Name: scheduled, Job: scheduled, State: Failed, Message: "DeadlineExceeded: it took too long"},
			},
		},
		"a Job that ended well without a report is there": {
			nil, []batchv1.Job{job(manual, byHand, complete)},
			[]told{{Name: manual, Job: manual, State: Unreported, Manual: true}},
		},
		"shards are runs of one Job": {
			map[string]string{"a-0": reported(t, scheduled+"-0-abcde", ofShard(0, 0)), "a-2": reported(t, scheduled+"-2-abcde", ofShard(2, 1))},
			[]batchv1.Job{job(scheduled, complete, indexed("0-2", ""))},
			[]told{{Name: "a-0", Job: scheduled, State: Succeeded}, {Name: "a-2", Job: scheduled, State: SomeFailed}},
		},
		"a shard that lingers, one that has ended, and one that has not reported": {
			map[string]string{"a-0": reported(t, scheduled+"-0-abcde", ofShard(0, 0)), "a-1": reported(t, scheduled+"-1-abcde", ofShard(1, 0))},
			[]batchv1.Job{job(scheduled, indexed("1", ""))},
			[]told{
				{Name: "a-0", Job: scheduled, State: Running}, {Name: "a-1", Job: scheduled, State: Succeeded},
				{Name: scheduled, Job: scheduled, State: Running, Message: "1 of 3 shards have yet to report"},
			},
		},
		"a shard that was given up has said why": {
			map[string]string{"a-1": reported(t, scheduled+"-1-abcde", ofShard(1, 1))},
			[]batchv1.Job{job(scheduled, indexed("0,2", "1"))},
			[]told{{Name: "a-1", Job: scheduled, State: SomeFailed}},
		},
		"a shard that died without a report is not hidden by the others": {
			map[string]string{"a-0": reported(t, scheduled+"-0-abcde", ofShard(0, 1)), "a-1": reported(t, scheduled+"-1-abcde", ofShard(1, 0))},
			[]batchv1.Job{job(scheduled, failed, indexed("1", "0,2"))},
			[]told{
				{Name: "a-0", Job: scheduled, State: SomeFailed}, {Name: "a-1", Job: scheduled, State: Succeeded},
				{Name: scheduled, Job: scheduled, State: Failed, Message: "DeadlineExceeded: it took too long"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []told
			for _, run := range assemble(test.reports, test.jobs) {
				assert.Equal(t, noon, run.Started.UTC())
				got = append(got, told{run.Name, run.Job, run.State, run.Manual, run.Message})
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestAReportThatCanNotBeReadIsTold(t *testing.T) {
	runs := assemble(map[string]string{"20261125t130500.250z-x7k2p": `{"total":`, "notes": "{}x", "20261125t130501.250z-y7k2p": reported(t, "", nil)}, nil)
	require.Len(t, runs, 3)
	assert.Equal(t, "20261125t130500.250z-x7k2p", runs[0].Name, "the time is known by the id")
	assert.Equal(t, Failed, runs[0].State)
	assert.Contains(t, runs[0].Message, "its report can't be read: unexpected end of JSON input")
	assert.Equal(t, "notes", runs[2].Name)
	assert.True(t, runs[2].Started.IsZero())
}

func TestChoose(t *testing.T) {
	runs := []Run{{Name: "b", Job: "j"}, {Name: "a", Job: "j"}, {Name: "k", Job: "k"}, {Name: "c"}}
	for name, want := range map[string][]Run{
		"a": runs[1:2], "c": runs[3:], "j": runs[:2], "k": runs[2:3], "x": {},
	} {
		assert.Equal(t, want, choose(runs, name), name)
	}
}
