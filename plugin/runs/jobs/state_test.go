package jobs

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	batchv1 "k8s.io/api/batch/v1"
)

func TestAtWork(t *testing.T) {
	indexed, one, six := batchv1.IndexedCompletion, int32(1), int32(6)
	lost := "5"
	for name, test := range map[string]struct {
		job  batchv1.Job
		want []int
	}{
		"a Job without shards is one":       {batchv1.Job{}, []int{0}},
		"more Pods alone are no shards":     {batchv1.Job{Spec: batchv1.JobSpec{Completions: &six}}, []int{0}},
		"a Job of one shard":                {batchv1.Job{Spec: batchv1.JobSpec{CompletionMode: &indexed, Completions: &one}}, []int{0}},
		"all shards, while none has ended":  {batchv1.Job{Spec: batchv1.JobSpec{CompletionMode: &indexed, Completions: &six}}, []int{0, 1, 2, 3, 4, 5}},
		"what has ended one way or another": {batchv1.Job{Spec: batchv1.JobSpec{CompletionMode: &indexed, Completions: &six}, Status: batchv1.JobStatus{CompletedIndexes: "0,2-3", FailedIndexes: &lost}}, []int{1, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, slices.Sorted(maps.Keys(AtWork(&test.job))))
		})
	}
}

func TestWithFlags(t *testing.T) {
	for name, test := range map[string]struct{ args, flags, want []string }{
		"nothing to add":                    {[]string{"--a=1"}, nil, []string{"--a=1"}},
		"a flag is added":                   {[]string{"--a=1"}, []string{"--b"}, []string{"--a=1", "--b"}},
		"a flag replaces that of its name":  {[]string{"--a=1", "--ab=2", "--a=3"}, []string{"--a=4"}, []string{"--ab=2", "--a=4"}},
		"a flag that is given twice stays":  {[]string{"--a"}, []string{"--n=1", "--n=2"}, []string{"--a", "--n=1", "--n=2"}},
		"a CronJob without flags gets some": {nil, []string{"--force"}, []string{"--force"}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, withFlags(test.args, test.flags)) })
	}
}
