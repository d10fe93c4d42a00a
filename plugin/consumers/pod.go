package consumers

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// Pod is a Pod that uses a Secret.
type Pod struct {
	Name  string `json:"name"`
	Phase string `json:"phase"`
	// Workload is what made it, such as "deployment.apps/web"; empty for a Pod that somebody made by itself.
	Workload string `json:"workload,omitempty"`
	Uses     []Use  `json:"uses"`
	// Outdated names the containers that started before the Secret last changed and read it only when they start.
	Outdated []string `json:"outdated,omitempty"`

	// Gone tells that it has ended or is being deleted, so that nothing needs to be done about it.
	Gone bool `json:"-"`
}

// podOf tells how a Pod uses a Secret that last changed at a time, nil if that is not known, and which of its containers have an old
// value. uses are the ways in which it does.
func podOf(pod *corev1.Pod, uses []Use, changed *time.Time) Pod {
	used := Pod{
		Name: pod.Name, Phase: secret.Printable(string(pod.Status.Phase)), Uses: uses,
		Gone: pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed,
	}
	for _, status := range slices.Concat(
		pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses,
	) {
		atStart := slices.ContainsFunc(uses, func(u Use) bool { return u.Container == status.Name && u.AtStart() })
		running := status.State.Running
		if atStart && running != nil && changed != nil && running.StartedAt.Time.Before(*changed) {
			used.Outdated = append(used.Outdated, status.Name)
		}
	}
	return used
}
