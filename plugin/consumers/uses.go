// Package consumers finds who uses a Secret, how, and whether what runs has an old value of it: Pods, and the workloads above them.
// It reads no Secret and changes nothing.
package consumers

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// The ways in which a Pod uses a Secret.
const (
	AsEnv       = "env"
	AsEnvFrom   = "envFrom"
	AsVolume    = "volume"
	AsProjected = "projected"
	AsSubPath   = "subPath" // a part of a volume, which is named too
	AsPull      = "imagePullSecret"
)

// Use is a way in which a Pod uses a Secret.
type Use struct {
	// As is env, envFrom, volume, projected, subPath or imagePullSecret.
	As string `json:"as"`
	// Container is empty for what concerns the Pod as a whole.
	Container string `json:"container,omitempty"`
	// Name is the variable or the volume.
	Name string `json:"name,omitempty"`
	// Key is the key of the Secret, where only one is used.
	Key string `json:"key,omitempty"`
}

// AtStart tells whether a container takes the value once, when it starts. Volumes follow the Secret by themselves, unless mounted
// by subPath.
func (u Use) AtStart() bool { return u.As == AsEnv || u.As == AsEnvFrom || u.As == AsSubPath }

// AtStart tells whether any of the uses takes the value once.
func AtStart(uses []Use) bool { return slices.ContainsFunc(uses, Use.AtStart) }

// usesOf are the ways in which Pods of a spec use Secrets, by the names of these.
func usesOf(spec *corev1.PodSpec) map[string][]Use {
	uses := map[string][]Use{}
	add := func(secretName string, use Use) { uses[secretName] = append(uses[secretName], use) }
	volumes := map[string][]string{}
	for _, v := range spec.Volumes {
		if v.Secret != nil {
			add(v.Secret.SecretName, Use{As: AsVolume, Name: v.Name})
			volumes[v.Name] = append(volumes[v.Name], v.Secret.SecretName)
		}
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.Secret != nil {
				add(source.Secret.Name, Use{As: AsProjected, Name: v.Name})
				volumes[v.Name] = append(volumes[v.Name], source.Secret.Name)
			}
		}
	}
	for _, ref := range spec.ImagePullSecrets {
		add(ref.Name, Use{As: AsPull})
	}
	for _, c := range containersOf(spec) {
		c.uses(volumes, add)
	}
	return uses
}

// container is what all kinds of containers have in common.
type container struct {
	Name         string
	Env          []corev1.EnvVar
	EnvFrom      []corev1.EnvFromSource
	VolumeMounts []corev1.VolumeMount
}

func containersOf(spec *corev1.PodSpec) []container {
	var all []container
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		all = append(all, container{c.Name, c.Env, c.EnvFrom, c.VolumeMounts})
	}
	for _, c := range spec.EphemeralContainers {
		all = append(all, container{c.Name, c.Env, c.EnvFrom, c.VolumeMounts})
	}
	return all
}

// uses adds the ways in which a container uses Secrets by itself. volumes are the Secrets that are in volumes, by the names of these.
func (c container) uses(volumes map[string][]string, add func(secretName string, use Use)) {
	for _, env := range c.Env {
		if from := env.ValueFrom; from != nil && from.SecretKeyRef != nil {
			add(from.SecretKeyRef.Name, Use{As: AsEnv, Container: c.Name, Name: secret.Printable(env.Name), Key: from.SecretKeyRef.Key})
		}
	}
	for _, from := range c.EnvFrom {
		if from.SecretRef != nil {
			add(from.SecretRef.Name, Use{As: AsEnvFrom, Container: c.Name})
		}
	}
	for _, m := range c.VolumeMounts {
		if m.SubPath == "" && m.SubPathExpr == "" {
			continue
		}
		held := slices.Clone(volumes[m.Name])
		slices.Sort(held)
		for _, secretName := range slices.Compact(held) {
			add(secretName, Use{As: AsSubPath, Container: c.Name, Name: m.Name})
		}
	}
}
