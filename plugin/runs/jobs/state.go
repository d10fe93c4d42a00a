package jobs

import (
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
)

// Manual tells whether a Job was started by hand.
func Manual(job *batchv1.Job) bool { return job.Annotations[annotationManual] == "manual" }

// Finished tells whether a Job has ended, and whether all went well.
func Finished(job *batchv1.Job) (ended, well bool) {
	for _, condition := range job.Status.Conditions {
		switch {
		case condition.Status != "True":
		case condition.Type == batchv1.JobComplete:
			return true, true
		case condition.Type == batchv1.JobFailed:
			return true, false
		}
	}
	return false, false
}

// Reason is why a Job has failed, in its own words.
func Reason(job *batchv1.Job) string {
	for _, condition := range job.Status.Conditions {
		if condition.Type == batchv1.JobFailed {
			return strings.TrimSpace(condition.Reason + ": " + condition.Message)
		}
	}
	return "no reason is given"
}

// Shards is how many Pods share the work of a Job: 1 unless it is an Indexed one.
func Shards(job *batchv1.Job) int {
	if mode := job.Spec.CompletionMode; mode == nil || *mode != batchv1.IndexedCompletion || job.Spec.Completions == nil {
		return 1
	}
	return int(*job.Spec.Completions)
}

// AtWork are the shards of a Job that goes on which have neither succeeded nor been given up.
func AtWork(job *batchv1.Job) map[int]bool {
	atWork := map[int]bool{}
	for shard := range Shards(job) {
		atWork[shard] = true
	}
	removeIndexes(atWork, job.Status.CompletedIndexes)
	if job.Status.FailedIndexes != nil {
		removeIndexes(atWork, *job.Status.FailedIndexes)
	}
	return atWork
}

// AtOnce is how many Pods of a Job that goes on there are to be at a time.
func AtOnce(job *batchv1.Job) int {
	if job.Spec.Parallelism == nil {
		return 1
	}
	return min(int(*job.Spec.Parallelism), len(AtWork(job)))
}

// removeIndexes removes those of a text such as "1,3-5,7", in which Kubernetes names them.
func removeIndexes(from map[int]bool, text string) {
	for part := range strings.SplitSeq(text, ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		begin, err := strconv.Atoi(first)
		if err != nil {
			continue // there are none
		}
		end, err := strconv.Atoi(last)
		if err != nil {
			continue
		}
		for index := begin; index <= end; index++ {
			delete(from, index)
		}
	}
}
