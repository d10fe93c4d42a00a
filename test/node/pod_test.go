package node_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestACronJobRunsAPodUnderTheRestrictedProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in(t, "create", "configmap", "known", "--from-literal=word=found")
	w.in(t, "create", "role", "reader", "--verb=get", "--resource=configmaps")
	w.in(t, "create", "rolebinding", "reader", "--role=reader", "--serviceaccount="+w.namespace+":default")
	page := "api=/api/v1/namespaces/" + w.namespace + "/"
	job := newJob("", "uid", "write=/here", page+"configmaps/known", page+"secrets/known")
	w.create(t, &batchv1.CronJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "CronJob"},
		ObjectMeta: metav1.ObjectMeta{Name: "each-minute"},
		Spec:       batchv1.CronJobSpec{Schedule: "* * * * *", JobTemplate: batchv1.JobTemplateSpec{Spec: job.Spec}},
	})

	var name string
	require.Eventually(t, func() bool {
		name, _, _ = strings.Cut(w.in(t, "get", "jobs", "--output=jsonpath={.items[*].metadata.name}"), " ")
		return name != ""
	}, 90*time.Second, time.Second, "a minute begins within a minute")
	said := w.finish(t, name)
	require.Contains(t, said, "uid: 65532\n")
	require.Contains(t, said, "write=/here: open /here: read-only file system\n")
	require.Regexp(t, `configmaps/known: 200 OK .*"word":"found"`, said)
	require.Contains(t, said, "secrets/known: 403 Forbidden", "the token is that of an account without this right")
}

func TestAPodReadsASecretAsEnvAndAsFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in(t, "create", "secret", "generic", "login", "--from-literal=password=swordfish")
	said := w.run(t, func(pod *corev1.PodSpec) {
		of := corev1.LocalObjectReference{Name: "login"}
		pod.Volumes = []corev1.Volume{{Name: "login", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: of.Name}}}}
		pod.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "login", MountPath: "/login"}}
		pod.Containers[0].Env = []corev1.EnvVar{{Name: "PASSWORD", ValueFrom: &corev1.EnvVarSource{
			SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: of, Key: "password"},
		}}}
	}, "env=PASSWORD", "file=/login/password")
	require.Equal(t, "env=PASSWORD: swordfish\nfile=/login/password: swordfish\n", said)
}

func TestPodsOfAnIndexedJobKnowTheirIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := newJob("shards", "env=JOB_COMPLETION_INDEX")
	indexed, count := batchv1.IndexedCompletion, int32(3)
	job.Spec.CompletionMode, job.Spec.Completions, job.Spec.Parallelism = &indexed, &count, &count
	w.create(t, job)
	w.finish(t, "shards")
	said := w.in(t, "logs", "--selector=batch.kubernetes.io/job-name=shards")
	require.ElementsMatch(t,
		[]string{"env=JOB_COMPLETION_INDEX: 0", "env=JOB_COMPLETION_INDEX: 1", "env=JOB_COMPLETION_INDEX: 2"},
		strings.Split(strings.TrimSpace(said), "\n"))
}

func TestAPodThatFailsSaysWithWhichCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, newJob("fails", "env=NOWHERE"))
	w.in(t, "wait", "--for=condition=failed", "job/fails", "--timeout=90s")
	require.Equal(t, "1", w.in(t, "get", "pods",
		"--output=jsonpath={.items[*].status.containerStatuses[0].state.terminated.exitCode}"))
	require.Equal(t, "env=NOWHERE: failed: not set\n", w.in(t, "logs", "job/fails"))
}

func TestPodsReachThisMachineAndNothingBeyond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.AWS(t)
	said := w.run(t, asIs, "get="+e.URL(), "get="+e.URL()+"/_fake/counters", "dial=192.0.2.1:80", "dial=nowhere.example:80")
	require.Regexp(t, `:[0-9]+: 40. `, said, "the endpoint answers, if only to refuse")
	require.Contains(t, said, "counters: 403 Forbidden\n", "a Pod can't disturb it")
	require.Regexp(t, `dial=192.0.2.1:80: .*(unreachable|no route)`, said)
	require.Contains(t, said, "dial=nowhere.example:80: dial tcp: lookup nowhere.example")
}
