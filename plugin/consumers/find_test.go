package consumers

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// fakes are clients of objects in memory: what an API server makes of the same is seen by the end-to-end tests.
func fakes(objects ...runtime.Object) (Clients, *fake.Clientset) {
	set := fake.NewClientset(objects...)
	return Clients{Core: set.CoreV1(), Apps: set.AppsV1(), Batch: set.BatchV1()}, set
}

func meta(name string, owner ...metav1.OwnerReference) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "shop", Name: name, UID: types.UID("uid-" + name), OwnerReferences: owner}
}

func by(apiVersion, kind, name string) metav1.OwnerReference {
	controller := true
	return metav1.OwnerReference{APIVersion: apiVersion, Kind: kind, Name: name, UID: types.UID("uid-" + name), Controller: &controller}
}

// reading is a spec of a container that has all variables of a Secret.
func reading(secretName string) corev1.PodSpec {
	return corev1.PodSpec{Containers: []corev1.Container{{Name: "app", EnvFrom: []corev1.EnvFromSource{
		{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: secretName}}},
	}}}}
}

func template(secretName string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{Spec: reading(secretName)}
}

// started is a Pod that reads a Secret and has been running since noon.
func started(secretName, name string, owner ...metav1.OwnerReference) *corev1.Pod {
	return pod(func(p *corev1.Pod) { p.ObjectMeta, p.Spec = meta(name, owner...), reading(secretName) })
}

// ended is a Pod that has succeeded.
func ended(p *corev1.Pod) *corev1.Pod {
	p.Status.Phase = corev1.PodSucceeded
	return p
}

func TestFind(t *testing.T) {
	onDelete := appsv1.StatefulSetUpdateStrategy{Type: appsv1.OnDeleteStatefulSetStrategyType}
	clients, set := fakes(
		&appsv1.Deployment{ObjectMeta: meta("web"), Spec: appsv1.DeploymentSpec{Template: template("db")}},
		&appsv1.Deployment{ObjectMeta: meta("idle"), Spec: appsv1.DeploymentSpec{Paused: true, Template: template("db")}},
		&appsv1.Deployment{ObjectMeta: meta("other"), Spec: appsv1.DeploymentSpec{Template: template("tls")}},
		&appsv1.Deployment{ObjectMeta: meta("injected")},
		&appsv1.ReplicaSet{ObjectMeta: meta("web-1", by("apps/v1", "Deployment", "web")), Spec: appsv1.ReplicaSetSpec{Template: template("db")}},
		&appsv1.ReplicaSet{ObjectMeta: meta("injected-1", by("apps/v1", "Deployment", "injected"))},
		&appsv1.ReplicaSet{ObjectMeta: meta("canary-1", by("argoproj.io/v1alpha1", "Rollout", "canary")), Spec: appsv1.ReplicaSetSpec{Template: template("db")}},
		&appsv1.ReplicaSet{ObjectMeta: meta("lone"), Spec: appsv1.ReplicaSetSpec{Template: template("db")}},
		&appsv1.StatefulSet{ObjectMeta: meta("disk", by("db.example/v1", "Database", "main")), Spec: appsv1.StatefulSetSpec{UpdateStrategy: onDelete, Template: template("db")}},
		&appsv1.DaemonSet{ObjectMeta: meta("agent"), Spec: appsv1.DaemonSetSpec{Template: template("db")}},
		&batchv1.CronJob{ObjectMeta: meta("report"), Spec: batchv1.CronJobSpec{JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: template("db")}}}},
		&batchv1.Job{ObjectMeta: meta("report-1", by("batch/v1", "CronJob", "report")), Spec: batchv1.JobSpec{Template: template("db")}},
		&batchv1.Job{ObjectMeta: meta("migrate"), Spec: batchv1.JobSpec{Template: template("db")}},
		&batchv1.Job{ObjectMeta: meta("done"), Spec: batchv1.JobSpec{Template: template("db")},
			Status: batchv1.JobStatus{Conditions: []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}}},
		started("db", "web-1-b", by("apps/v1", "ReplicaSet", "web-1")), started("db", "web-1-a", by("apps/v1", "ReplicaSet", "web-1")),
		started("db", "injected-1-a", by("apps/v1", "ReplicaSet", "injected-1")),
		started("db", "canary-1-a", by("argoproj.io/v1alpha1", "ReplicaSet", "canary-1")),
		started("db", "report-1-a", by("batch/v1", "Job", "report-1")),
		ended(started("db", "done-a", by("batch/v1", "Job", "done"))),
		started("db", "bare"), started("db", "static", by("v1", "Node", "node-1")), started("tls", "other-1"),
	)
	found, trouble := clients.Find(t.Context(), "shop", map[string]*time.Time{"db": at(-time.Minute), "tls": nil})
	assert.Equal(t, Trouble{}, trouble)
	assert.Len(t, set.Actions(), 7, "each kind is listed once")

	uses := []Use{{As: AsEnvFrom, Container: "app"}}
	workload := func(group, kind, name string, pods int, stale ...string) Workload {
		return Workload{Group: group, Kind: kind, Name: name, UID: types.UID("uid-" + name), Uses: uses, Pods: pods, Stale: stale}
	}
	idle, disk := workload("apps", "Deployment", "idle", 0), workload("apps", "StatefulSet", "disk", 0)
	idle.Paused, disk.OnDelete = true, true
	assert.Equal(t, []Workload{
		workload("batch", "CronJob", "report", 1, "report-1-a"),
		workload("apps", "DaemonSet", "agent", 0),
		idle,
		workload("apps", "Deployment", "injected", 1, "injected-1-a"),
		workload("apps", "Deployment", "web", 2, "web-1-a", "web-1-b"),
		workload("batch", "Job", "migrate", 0),
		workload("apps", "ReplicaSet", "lone", 0),
		workload("argoproj.io", "Rollout", "canary", 1, "canary-1-a"),
		disk,
	}, found["db"].Workloads)
	above := map[string]string{}
	for _, pod := range found["db"].Pods {
		above[pod.Name] = pod.Workload
	}
	assert.Equal(t, map[string]string{
		"bare": "", "static": "", "canary-1-a": "rollout.argoproj.io/canary", "done-a": "job.batch/done", "injected-1-a": "deployment.apps/injected",
		"report-1-a": "cronjob.batch/report", "web-1-a": "deployment.apps/web", "web-1-b": "deployment.apps/web",
	}, above)

	assert.Equal(t, []Workload{workload("apps", "Deployment", "other", 0)}, found["tls"].Workloads)
	assert.Empty(t, found["tls"].Pods[0].Outdated, "nobody knows when it changed")
}

func TestFindGoesOnWhereSomethingCanNotBeListed(t *testing.T) {
	forbid := func(set *fake.Clientset, resource string, err error) {
		set.PrependReactor("list", resource, func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, err })
	}
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "x"}, "", errors.New("no"))
	clients, set := fakes(
		&appsv1.Deployment{ObjectMeta: meta("web"), Spec: appsv1.DeploymentSpec{Template: template("db")}},
		started("db", "web-1-a", by("apps/v1", "ReplicaSet", "web-1")),
	)
	forbid(set, "jobs", forbidden)
	forbid(set, "replicasets", forbidden)
	forbid(set, "daemonsets", errors.New("the server is gone"))
	found, trouble := clients.Find(t.Context(), "shop", map[string]*time.Time{"db": at(-time.Minute)})
	require.NoError(t, trouble.Pods)
	require.EqualError(t, trouble.Workloads,
		`you may not list jobs.batch, replicasets.apps in namespace "shop" (forbidden); list daemonsets.apps: the server is gone`)
	var names []string
	for _, w := range found["db"].Workloads {
		names = append(names, w.String())
	}
	assert.Equal(t, []string{"deployment.apps/web", "replicaset.apps/web-1"}, names)

	forbid(set, "pods", forbidden)
	found, trouble = clients.Find(t.Context(), "shop", map[string]*time.Time{"db": at(-time.Minute)})
	require.ErrorContains(t, trouble.Pods, "list pods: ")
	assert.Len(t, found["db"].Workloads, 1)
}

func TestOwnersInACircleAreLeftThere(t *testing.T) {
	clients, _ := fakes(
		&appsv1.ReplicaSet{ObjectMeta: meta("a", by("apps/v1", "ReplicaSet", "b"))},
		&appsv1.ReplicaSet{ObjectMeta: meta("b", by("apps/v1", "ReplicaSet", "a"))},
		started("db", "p", by("apps/v1", "ReplicaSet", "a")),
	)
	found, _ := clients.Find(t.Context(), "shop", map[string]*time.Time{"db": nil})
	assert.Len(t, found["db"].Workloads, 1)
}

func TestFindAllKnowsNamespacesApart(t *testing.T) {
	there := func(namespace string, p *corev1.Pod) *corev1.Pod {
		p.Namespace = namespace
		return p
	}
	elsewhere := &appsv1.Deployment{ObjectMeta: meta("web"), Spec: appsv1.DeploymentSpec{Template: template("db")}}
	elsewhere.Namespace = "bank"
	clients, set := fakes(
		&appsv1.Deployment{ObjectMeta: meta("api"), Spec: appsv1.DeploymentSpec{Template: template("db")}}, elsewhere,
		there("shop", started("db", "bare")), there("bank", started("tls", "bare")), there("void", started("db", "bare")),
	)
	db := func(namespace string) types.NamespacedName {
		return types.NamespacedName{Namespace: namespace, Name: "db"}
	}
	found, trouble := clients.FindAll(t.Context(), "", map[types.NamespacedName]*time.Time{db("shop"): nil, db("bank"): nil, db("idle"): nil})
	assert.Equal(t, Trouble{}, trouble)
	assert.Len(t, set.Actions(), 7, "each kind is listed once")
	require.Len(t, found, 3)
	assert.Equal(t, "deployment.apps/api", found[db("shop")].Workloads[0].String())
	assert.Equal(t, "bare", found[db("shop")].Pods[0].Name)
	assert.Equal(t, "deployment.apps/web", found[db("bank")].Workloads[0].String())
	assert.Empty(t, found[db("bank")].Pods)
	assert.Equal(t, Found{Pods: []Pod{}, Workloads: []Workload{}}, found[db("idle")])
}
