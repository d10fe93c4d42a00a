package consumers

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// pod makes a Pod of a container that has been running since noon.
func pod(change func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app"}}}}
	p.Status.Phase = corev1.PodRunning
	p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "app", State: corev1.ContainerState{
		Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(noon())},
	}}}
	change(p)
	return p
}

func TestPod(t *testing.T) {
	ref := corev1.LocalObjectReference{Name: "db"}
	key := func(name string) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: "k"}}
	}
	volume := corev1.Volume{Name: "v", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "db"}}}
	mount := func(sub string) []corev1.VolumeMount { return []corev1.VolumeMount{{Name: "v", SubPath: sub}} }
	for name, test := range map[string]struct {
		pod      *corev1.Pod
		uses     []Use
		outdated []string
	}{
		"a variable, read at the start": {pod(func(p *corev1.Pod) {
			p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "X", Value: "x"}, {Name: "P", ValueFrom: key("db")}}
		}), []Use{{As: "env", Container: "app", Name: "P", Key: "k"}}, []string{"app"}},
		"all variables, read at the start": {pod(func(p *corev1.Pod) {
			p.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: ref}}}
		}), []Use{{As: "envFrom", Container: "app"}}, []string{"app"}},
		"a volume, which follows": {pod(func(p *corev1.Pod) {
			p.Spec.Volumes, p.Spec.Containers[0].VolumeMounts = []corev1.Volume{volume}, mount("")
		}), []Use{{As: "volume", Name: "v"}}, nil},
		"a volume by subPath, which does not": {pod(func(p *corev1.Pod) {
			p.Spec.Volumes, p.Spec.Containers[0].VolumeMounts = []corev1.Volume{volume}, mount("password")
		}), []Use{{As: "volume", Name: "v"}, {As: "subPath", Container: "app", Name: "v"}}, []string{"app"}},
		"a projected volume": {pod(func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{{Name: "pv", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
				Sources: []corev1.VolumeProjection{{}, {Secret: &corev1.SecretProjection{LocalObjectReference: ref}}},
			}}}}
		}), []Use{{As: "projected", Name: "pv"}}, nil},
		"the pull of images": {pod(func(p *corev1.Pod) {
			p.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "other"}, ref}
		}), []Use{{As: "imagePullSecret"}}, nil},
		"an init container that has ended": {pod(func(p *corev1.Pod) {
			p.Spec.InitContainers = []corev1.Container{{Name: "init", Env: []corev1.EnvVar{{Name: "P", ValueFrom: key("db")}}}}
			p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "init"}}
		}), []Use{{As: "env", Container: "init", Name: "P", Key: "k"}}, nil},
		"an ephemeral container": {pod(func(p *corev1.Pod) {
			p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
				Name: "debug", Env: []corev1.EnvVar{{Name: "P", ValueFrom: key("db")}}}}}
		}), []Use{{As: "env", Container: "debug", Name: "P", Key: "k"}}, nil},
		"a container that started after the change": {pod(func(p *corev1.Pod) {
			p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "P", ValueFrom: key("db")}}
			p.Status.ContainerStatuses[0].State.Running.StartedAt = metav1.NewTime(noon().Add(time.Hour))
		}), []Use{{As: "env", Container: "app", Name: "P", Key: "k"}}, nil},
		"a container beside one that uses it": {pod(func(p *corev1.Pod) {
			p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: "sidecar", Env: []corev1.EnvVar{{Name: "P", ValueFrom: key("other")}}})
			p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "P", ValueFrom: key("db")}}
			p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, p.Status.ContainerStatuses[0])
			p.Status.ContainerStatuses[1].Name = "sidecar"
		}), []Use{{As: "env", Container: "app", Name: "P", Key: "k"}}, []string{"app"}},
	} {
		t.Run(name, func(t *testing.T) {
			changed := noon().Add(time.Minute)
			link := podOf(test.pod, usesOf(&test.pod.Spec)["db"], &changed)
			assert.Equal(t, Pod{Name: "p", Phase: "Running", Uses: test.uses, Outdated: test.outdated}, link)
		})
	}
}

func TestUsesAreOfTheSecretsThatAreNamed(t *testing.T) {
	spec := corev1.PodSpec{
		ImagePullSecrets: []corev1.LocalObjectReference{{Name: "db2"}},
		Volumes: []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "a"}}},
			{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "b"}}},
			{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "a"}}},
		}}}}},
		Containers: []corev1.Container{{Name: "app", VolumeMounts: []corev1.VolumeMount{{Name: "v", SubPath: "x"}}}},
	}
	projected, part := Use{As: AsProjected, Name: "v"}, Use{As: AsSubPath, Container: "app", Name: "v"}
	assert.Equal(t, map[string][]Use{"db2": {{As: AsPull}}, "a": {projected, projected, part}, "b": {projected, part}}, usesOf(&spec))
}
