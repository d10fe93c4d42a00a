package jobs

import (
	"testing"

	"github.com/stretchr/testify/assert"
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
