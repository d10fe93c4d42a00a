// Package node_test shows on a real node that Pods run as Kubernetes runs them, and what the runner and the commands for it do there:
// the image as it is published, installed by the built plugin. What needs no Pod that runs is tested elsewhere.
package node_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m, 0)) }

const image = "localhost/probe:1"

// world is a namespace of a cluster with a node, where only Pods with the restricted security profile may run.
type world struct {
	*harness.NodeCluster
	namespace string
}

func newWorld(t *testing.T) world {
	t.Helper()
	c := harness.ClusterWithNode(t)
	c.LoadProgram(t, image, harness.Build(t, "./test/node/testdata/probe"))
	w := world{c, c.Namespace(t)}
	w.Kubectl(t, "", "label", "namespace", w.namespace, "pod-security.kubernetes.io/enforce=restricted")
	return w
}

// in runs kubectl in the namespace.
func (w world) in(t *testing.T, args ...string) string {
	t.Helper()
	return w.Kubectl(t, "", append(args, "--namespace="+w.namespace)...)
}

// create makes an object in the namespace.
func (w world) create(t *testing.T, object any) {
	t.Helper()
	encoded, err := json.Marshal(object)
	require.NoError(t, err)
	w.Kubectl(t, string(encoded), "create", "-f", "-", "--namespace="+w.namespace)
}

// run runs the probe in a Job until it is complete, and returns what it has printed.
func (w world) run(t *testing.T, change func(*corev1.PodSpec), args ...string) string {
	t.Helper()
	job := newJob("probe", args...)
	change(&job.Spec.Template.Spec)
	w.create(t, job)
	return w.finish(t, "probe")
}

// finish waits until a Job is complete, and returns what its Pod has printed.
func (w world) finish(t *testing.T, job string) string {
	t.Helper()
	_, err := w.KubectlErr(t, "", "wait", "--for=condition=complete", "job/"+job, "--timeout=3m", "--namespace="+w.namespace)
	if err != nil {
		said, _ := w.KubectlErr(t, "", "logs", "job/"+job, "--namespace="+w.namespace)
		require.NoError(t, err, "%s\n%s", w.in(t, "describe", "pods"), said)
	}
	return w.in(t, "logs", "job/"+job)
}

// newJob is a Job whose Pods run the probe with args.
func newJob(name string, args ...string) *batchv1.Job {
	yes, no, never := true, false, int32(0)
	return &batchv1.Job{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: batchv1.JobSpec{BackoffLimit: &never, Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			Containers: []corev1.Container{{
				Name: "probe", Image: image, Args: args,
				SecurityContext: &corev1.SecurityContext{
					RunAsNonRoot: &yes, AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes,
					Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
					SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
				},
			}},
		}}},
	}
}

// asIs changes nothing.
func asIs(*corev1.PodSpec) {}
