package jobs

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestWhatAJobWaitsFor(t *testing.T) {
	pod := func(change func(*corev1.Pod)) []corev1.Pod {
		p := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Spec: corev1.PodSpec{NodeName: "n"}}
		change(&p)
		return []corev1.Pod{p}
	}
	in := func(state corev1.ContainerState) []corev1.Pod {
		return pod(func(p *corev1.Pod) {
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: Container, State: state}}
		})
	}
	for name, test := range map[string]struct {
		pods []corev1.Pod
		want string
	}{
		"no Pod":      {nil, "no Pod of it has been made: see the events of kubectl describe job j -n ns"},
		"a node":      {pod(func(p *corev1.Pod) { p.Spec.NodeName = "" }), `pod "p" has no node yet`},
		"its kubelet": {pod(func(*corev1.Pod) {}), `pod "p" waits on node n`},
		"an image": {in(corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "no such image"}}),
			`pod "p" waits on node n: ImagePullBackOff: no such image`},
		"what has no message":      {in(corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}), `pod "p" waits on node n: ContainerCreating`},
		"nothing, since it runs":   {in(corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}), ""},
		"nothing, since it ran":    {in(corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}), ""},
		"nothing, since it failed": {pod(func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed }), ""},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, Unbegun("j", "ns", test.pods)) })
	}
}

func TestWhatTheShardsOfAJobWaitFor(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	pod := func(shard int, ago time.Duration, phase corev1.PodPhase) corev1.Pod {
		return corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Name: "p", CreationTimestamp: metav1.NewTime(noon.Add(-ago)),
			Annotations: map[string]string{batchv1.JobCompletionIndexAnnotation: strconv.Itoa(shard)},
		}, Spec: corev1.PodSpec{NodeName: "n"}, Status: corev1.PodStatus{Phase: phase}}
	}
	runs := func(shard int) corev1.Pod {
		p := pod(shard, time.Hour, corev1.PodRunning)
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: Container, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
		return p
	}
	for name, test := range map[string]struct {
		completed   string
		parallelism int32
		pods        []corev1.Pod
		want        map[int]string
	}{
		"none, since all run":                  {"", 2, []corev1.Pod{runs(0), runs(1)}, map[int]string{}},
		"one waits":                            {"", 2, []corev1.Pod{runs(0), pod(1, time.Hour, corev1.PodPending)}, map[int]string{1: `pod "p" waits on node n`}},
		"one that is new may":                  {"", 2, []corev1.Pod{runs(0), pod(1, time.Second, corev1.PodPending)}, map[int]string{}},
		"one that has failed is tried again":   {"", 2, []corev1.Pod{runs(0), pod(1, time.Hour, corev1.PodFailed)}, map[int]string{}},
		"one has no Pod":                       {"", 2, []corev1.Pod{runs(0)}, map[int]string{1: "no Pod of it has been made: see the events of kubectl describe job j -n ns"}},
		"one whose turn has not come has none": {"", 1, []corev1.Pod{runs(0)}, map[int]string{}},
		"one that has ended needs none":        {"1", 2, []corev1.Pod{runs(0)}, map[int]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			mode, two := batchv1.IndexedCompletion, int32(2)
			job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "j", Namespace: "ns"}}
			job.Spec.CompletionMode, job.Spec.Completions, job.Spec.Parallelism = &mode, &two, &test.parallelism
			job.Status.CompletedIndexes = test.completed
			assert.Equal(t, test.want, UnbegunShards(job, test.pods, noon.Add(-time.Minute)))
		})
	}
	plain := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "j", Namespace: "ns"}}
	assert.Empty(t, UnbegunShards(plain, []corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Name: "p"}}}, noon), "a Job without shards")
}
