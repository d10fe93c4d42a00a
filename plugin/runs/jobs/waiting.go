package jobs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// patience is how long a Pod may take to begin before a person who follows is told what it waits for.
const patience = 10 * time.Second

// waiting tells whoever follows a Job what keeps its first Pod from beginning, the same once.
type waiting struct {
	job, namespace string
	since          time.Time
	told           string
	tell           func(text string)
}

// look takes in what the Pods are now.
func (w *waiting) look(pods []corev1.Pod, now time.Time) {
	text := jobWaitsFor(w.job, w.namespace, pods)
	if now.Sub(w.since) < patience || text == w.told {
		return
	}
	w.told = text
	w.tell(text)
}

// Unbegun is what a Job waits for none of whose Pods has begun; empty if one has.
func Unbegun(job, namespace string, pods []corev1.Pod) string {
	for i := range pods {
		state, phase := stateOf(&pods[i]), pods[i].Status.Phase
		if state.Running != nil || state.Terminated != nil || phase == corev1.PodSucceeded || phase == corev1.PodFailed {
			return ""
		}
	}
	return jobWaitsFor(job, namespace, pods)
}

// UnbegunShards is what those shards of a Job wait for that are at work and none of whose Pods has begun, by their indexes. A Pod is passed
// over that was made after since: it may take a while. So are shards whose turn has not come. A Job without shards has none that wait.
func UnbegunShards(job *batchv1.Job, pods []corev1.Pod, since time.Time) map[int]string {
	unbegun, of := map[int]string{}, map[int][]corev1.Pod{}
	if Shards(job) == 1 {
		return unbegun
	}
	for i := range pods {
		if shard, err := strconv.Atoi(pods[i].Annotations[batchv1.JobCompletionIndexAnnotation]); err == nil {
			of[shard] = append(of[shard], pods[i])
		}
	}
	atWork := AtWork(job)
	for shard := range atWork {
		late := !slices.ContainsFunc(of[shard], func(p corev1.Pod) bool { return p.CreationTimestamp.After(since) })
		if len(of[shard]) == 0 && len(atWork) > AtOnce(job) || !late {
			continue
		}
		if why := Unbegun(job.Name, job.Namespace, of[shard]); why != "" {
			unbegun[shard] = why
		}
	}
	return unbegun
}

func jobWaitsFor(job, namespace string, pods []corev1.Pod) string {
	text := fmt.Sprintf("no Pod of it has been made: see the events of kubectl describe job %s -n %s", job, namespace)
	for i := range pods {
		text = fmt.Sprintf("pod %q %s", pods[i].Name, waitsFor(&pods[i]))
	}
	return text
}

// waitsFor is what a Pod waits for that has not begun.
func waitsFor(pod *corev1.Pod) string {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			return fmt.Sprintf("has no node: %s: %s", condition.Reason, condition.Message)
		}
	}
	if pod.Spec.NodeName == "" {
		return "has no node yet"
	}
	if state := stateOf(pod); state.Waiting != nil {
		return fmt.Sprintf("waits on node %s: %s", pod.Spec.NodeName, strings.TrimSuffix(state.Waiting.Reason+": "+state.Waiting.Message, ": "))
	}
	return fmt.Sprintf("waits on node %s", pod.Spec.NodeName)
}
