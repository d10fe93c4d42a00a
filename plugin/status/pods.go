package status

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// The ways in which a Pod uses a Secret.
const (
	asEnv       = "env"
	asEnvFrom   = "envFrom"
	asVolume    = "volume"
	asProjected = "projected"
	asPull      = "imagePullSecret"
)

// podLink tells how a Pod uses a Secret, and which of its containers have an old value: those that started before the Secret
// was written and read it only at their start. Volumes follow the Secret by themselves, unless mounted by subPath.
func podLink(pod *corev1.Pod, secretName string, written *time.Time) (PodLink, bool) {
	uses := volumeUses(pod, secretName)
	for _, ref := range pod.Spec.ImagePullSecrets {
		if ref.Name == secretName {
			uses = append(uses, Use{As: asPull})
		}
	}
	fixed := map[string]bool{}
	for _, c := range containersOf(pod) {
		own := envUses(c, secretName)
		uses = append(uses, own...)
		fixed[c.Name] = len(own) > 0 || slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool {
			return (m.SubPath != "" || m.SubPathExpr != "") && slices.ContainsFunc(uses, func(u Use) bool {
				return (u.As == asVolume || u.As == asProjected) && u.Name == m.Name
			})
		})
	}
	if len(uses) == 0 {
		return PodLink{}, false
	}
	link := PodLink{Name: pod.Name, Phase: secret.Printable(string(pod.Status.Phase)), Uses: uses}
	for _, status := range slices.Concat(
		pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses,
	) {
		running := status.State.Running
		if fixed[status.Name] && running != nil && written != nil && running.StartedAt.Time.Before(*written) {
			link.Outdated = append(link.Outdated, status.Name)
		}
	}
	return link, true
}

// container is what all kinds of containers have in common.
type container struct {
	Name         string
	Env          []corev1.EnvVar
	EnvFrom      []corev1.EnvFromSource
	VolumeMounts []corev1.VolumeMount
}

func containersOf(pod *corev1.Pod) []container {
	var all []container
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		all = append(all, container{c.Name, c.Env, c.EnvFrom, c.VolumeMounts})
	}
	for _, c := range pod.Spec.EphemeralContainers {
		all = append(all, container{c.Name, c.Env, c.EnvFrom, c.VolumeMounts})
	}
	return all
}

func envUses(c container, secretName string) []Use {
	var uses []Use
	for _, env := range c.Env {
		if from := env.ValueFrom; from != nil && from.SecretKeyRef != nil && from.SecretKeyRef.Name == secretName {
			uses = append(uses, Use{As: asEnv, Container: c.Name, Name: secret.Printable(env.Name), Key: from.SecretKeyRef.Key})
		}
	}
	for _, from := range c.EnvFrom {
		if from.SecretRef != nil && from.SecretRef.Name == secretName {
			uses = append(uses, Use{As: asEnvFrom, Container: c.Name})
		}
	}
	return uses
}

func volumeUses(pod *corev1.Pod, secretName string) []Use {
	var uses []Use
	for _, v := range pod.Spec.Volumes {
		if v.Secret != nil && v.Secret.SecretName == secretName {
			uses = append(uses, Use{As: asVolume, Name: v.Name})
		}
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.Secret != nil && source.Secret.Name == secretName {
				uses = append(uses, Use{As: asProjected, Name: v.Name})
			}
		}
	}
	return uses
}
