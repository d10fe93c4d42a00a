package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
)

// prompt is how long a run may take to begin: a node is found, and an image pulled.
const prompt = time.Minute

// unbegun looks for the run of a CronJob that has waited to begin for the longest, with all of its shards or some. It makes a request only
// where a Job goes on that has fewer Pods that are ready than there are to be, and one more where what waits has no Pod at all.
func (g *gatherer) unbegun(ctx context.Context, c *batchv1.CronJob, made []batchv1.Job, now time.Time) known[*unbegun] {
	j := unready(c, made, now)
	if j == nil {
		return known[*unbegun]{}
	}
	run := &unbegun{name: j.Name, made: j.CreationTimestamp.Time}
	pods, err := g.core.Pods(j.Namespace).List(ctx, metav1.ListOptions{Limit: pageSize, LabelSelector: batchv1.JobNameLabel + "=" + j.Name})
	if err != nil {
		return known[*unbegun]{value: run, err: fmt.Errorf("list its Pods: %w", err)}
	}
	run.why = jobs.Unbegun(j.Name, j.Namespace, pods.Items)
	if run.why == "" {
		waiting := jobs.UnbegunShards(j, pods.Items, now.Add(-prompt))
		if len(waiting) == 0 {
			return known[*unbegun]{}
		}
		run.shards = slices.Sorted(maps.Keys(waiting))
		run.why = waiting[run.shards[0]]
	}
	if podless(pods.Items, run.shards) {
		if refused := g.refused(ctx, j); refused != "" {
			run.why = "no Pod of it could be made: " + refused
		}
	}
	return known[*unbegun]{value: run}
}

// podless tells whether there is no Pod of the first of the shards, or of a Job where none is named.
func podless(pods []corev1.Pod, shards []int) bool {
	return !slices.ContainsFunc(pods, func(pod corev1.Pod) bool {
		return len(shards) == 0 || pod.Annotations[batchv1.JobCompletionIndexAnnotation] == strconv.Itoa(shards[0])
	})
}

// unready is the oldest Job of a CronJob, by its schedule or by hand, that should have begun by now and has fewer Pods that are ready than
// there are to be; nil if there is none.
func unready(c *batchv1.CronJob, made []batchv1.Job, now time.Time) *batchv1.Job {
	var oldest *batchv1.Job
	for i := range made {
		j := &made[i]
		owner := metav1.GetControllerOf(j)
		ended, _ := jobs.Finished(j)
		waits := j.Spec.Suspend == nil || !*j.Spec.Suspend
		switch {
		case owner == nil || owner.UID != c.UID || ended || !waits || j.DeletionTimestamp != nil:
		case j.Status.Ready != nil && int(*j.Status.Ready) >= jobs.AtOnce(j), now.Sub(j.CreationTimestamp.Time) <= prompt:
		case oldest == nil || j.CreationTimestamp.Before(&oldest.CreationTimestamp):
			oldest = j
		}
	}
	return oldest
}

// refused is why no Pod of a Job could be made, as its latest Event says; empty where there is none, or it may not be read.
func (g *gatherer) refused(ctx context.Context, j *batchv1.Job) string {
	about := fields.Set{"involvedObject.kind": "Job", "involvedObject.uid": string(j.UID), "reason": "FailedCreate"}
	events, err := g.core.Events(j.Namespace).List(ctx, metav1.ListOptions{Limit: pageSize, FieldSelector: about.AsSelector().String()})
	if err != nil || len(events.Items) == 0 {
		return ""
	}
	latest := events.Items[0]
	for _, event := range events.Items[1:] {
		if latest.LastTimestamp.Before(&event.LastTimestamp) {
			latest = event
		}
	}
	return latest.Message
}
