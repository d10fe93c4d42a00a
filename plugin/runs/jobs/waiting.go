package jobs

import (
	"fmt"
	"strings"
	"time"

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
