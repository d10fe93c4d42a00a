package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// The ways in which containers take a Secret, in YAML's flow style, below a container.
const (
	redVariable    = "env: [{name: RED, valueFrom: {secretKeyRef: {name: red, key: value}}}]"
	allOfRedGreen  = "envFrom: [{secretRef: {name: red}}, {secretRef: {name: green}}]"
	partOfAVolume  = "volumeMounts: [{name: v, mountPath: /v, subPath: value}]"
	wholeOfAVolume = "volumeMounts: [{name: v, mountPath: /v}]"
)

// podTemplate is a template of Pods with the label of a name, of one container, with red as the volume v.
func podTemplate(name, container string) string {
	return fmt.Sprintf("{metadata: {labels: {app: %s}}, spec: {containers: [{name: app, image: none, %s}], volumes: [{name: v, secret: {secretName: red}}]}}",
		name, container)
}

// workload is an object of apps/v1 of one Pod, with more of its spec.
func workload(kind, name, container, more string) string {
	return fmt.Sprintf("apiVersion: apps/v1\nkind: %s\nmetadata: {name: %s}\nspec: {selector: {matchLabels: {app: %[2]s}}, template: %s%s}",
		kind, name, podTemplate(name, container), more)
}

// users makes a workload of each sort that uses the Secret red. No node will run their Pods.
func (w *world) users(t *testing.T) {
	t.Helper()
	jobSpec := func(name string) string {
		return "template: " + strings.Replace(podTemplate(name, redVariable), "spec: {", "spec: {restartPolicy: Never, ", 1)
	}
	w.apply(t, workload("Deployment", "web", redVariable, ""), workload("StatefulSet", "disk", allOfRedGreen, ", serviceName: disk"),
		workload("Deployment", "part", partOfAVolume, ", replicas: 0"), workload("Deployment", "follows", wholeOfAVolume, ""),
		workload("Deployment", "paused", redVariable, ", paused: true"),
		workload("StatefulSet", "by-hand", redVariable, ", serviceName: by-hand, updateStrategy: {type: OnDelete}"),
		workload("DaemonSet", "agent", redVariable, ""), workload("Deployment", "other", "env: []", ""),
		"apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec: {"+jobSpec("migrate")+"}",
		"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: report}\nspec: {schedule: '@yearly', jobTemplate: {spec: {"+jobSpec("report")+"}}}",
		consumer)
}

// marks are when each workload of a kind was last restarted, by its name; those that never were are left out.
func (w *world) marks(t *testing.T) map[string]string {
	t.Helper()
	marks := map[string]string{}
	for _, kind := range []string{"Deployment", "StatefulSet", "DaemonSet"} {
		list, err := w.resource(t, "apps/v1", kind, w.namespace).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		for _, object := range list.Items {
			raw, err := json.Marshal(object.Object)
			require.NoError(t, err)
			var set struct {
				Spec struct{ Template corev1.PodTemplateSpec }
			}
			require.NoError(t, json.Unmarshal(raw, &set))
			if mark := set.Spec.Template.Annotations["kubectl.kubernetes.io/restartedAt"]; mark != "" {
				marks[object.GetName()] = mark
			}
		}
	}
	return marks
}

// running has the kubelet that is not there say that the Pods of an app, as many as are wanted, have been running for a while.
func (w *world) running(t *testing.T, app string, count int, since time.Duration) {
	t.Helper()
	pods := w.core.CoreV1().Pods(w.namespace)
	var list *corev1.PodList
	until(t, "the Pods of "+app+" are there", func() bool {
		var err error
		list, err = pods.List(t.Context(), metav1.ListOptions{LabelSelector: "app=" + app})
		require.NoError(t, err)
		return len(list.Items) == count
	})
	body, err := json.Marshal(map[string]any{"status": map[string]any{"phase": "Running", "containerStatuses": []any{map[string]any{
		"name": "app", "image": "none", "imageID": "", "ready": true, "restartCount": 0,
		"state": map[string]any{"running": map[string]any{"startedAt": time.Now().Add(-since).UTC().Format(time.RFC3339)}},
	}}}})
	require.NoError(t, err)
	for _, pod := range list.Items {
		_, err := pods.Patch(context.WithoutCancel(t.Context()), pod.Name, types.MergePatchType, body, metav1.PatchOptions{}, "status")
		require.NoError(t, err)
	}
}

// restarted are the lines that tell of restarts, without their order.
func restarted(r harness.Result) []string {
	var lines []string
	for line := range strings.Lines(r.Stdout) {
		if !strings.HasPrefix(line, called) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

func TestRestartOfWhatUsesASecretThatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	require.Zero(t, w.plugin(t, "refresh", "--all").Code)
	w.users(t)

	r := w.plugin(t, "refresh", "--all", "--restart")
	require.Zero(t, r.Code, r.Stderr)
	assert.Empty(t, restarted(r), "nothing has changed")
	assert.Empty(t, w.marks(t))

	w.aws.Seed(t, map[string]string{"red": "new", "green": "new"})
	want := []string{
		"daemonset.apps/agent restarted (Secret red changed)",
		"deployment.apps/part restarted (Secret red changed)",
		"deployment.apps/paused not restarted (Secret red changed): it is paused: run kubectl rollout resume deployment.apps/paused -n " +
			w.namespace + ", then refresh --restart again",
		"deployment.apps/web restarted (Secret red changed)",
		"statefulset.apps/disk restarted (Secrets green, red changed)",
	}
	for mode, suffix := range map[string]string{"client": " (dry run)", "server": " (server dry run)"} {
		r = w.plugin(t, "refresh", "--all", "--restart", "--dry-run="+mode)
		assert.Equal(t, 1, r.Code, "one is paused")
		var would []string
		for _, line := range want {
			if strings.Contains(line, " not restarted ") {
				would = append(would, line)
			} else {
				would = append(would, line+suffix)
			}
		}
		assert.ElementsMatch(t, would, restarted(r), mode)
		assert.Empty(t, w.marks(t), mode)
	}

	r = w.plugin(t, "refresh", "--all", "--restart")
	assert.Equal(t, 1, r.Code, "one is paused")
	assert.ElementsMatch(t, want, restarted(r))
	for subject, why := range map[string]string{
		"statefulset.apps/by-hand": "OnDelete: delete its Pods by hand", "job.batch/migrate": "make it anew", "cronjob.batch/report": "the next Job",
		"pod/consumer": "make it anew yourself",
	} {
		assert.Regexp(t, "(?m)^Note: "+subject+` is not restarted \(Secrets? .*red changed\): .*`+why, r.Stderr)
	}
	assert.NotContains(t, r.Stdout+r.Stderr, "follows", "what is only mounted as a volume follows by itself")
	assert.NotContains(t, r.Stdout+r.Stderr, "other")
	marks := w.marks(t)
	assert.Len(t, marks, 4)
	for name, mark := range marks {
		at, err := time.Parse(time.RFC3339, mark)
		require.NoError(t, err, name)
		assert.WithinDuration(t, time.Now(), at, time.Minute)
	}

	r = w.plugin(t, "refresh", "--all", "--restart")
	require.Zero(t, r.Code, r.Stdout)
	assert.Empty(t, restarted(r))
	assert.Equal(t, marks, w.marks(t), "a second time restarts nothing")
}

func TestRestartOfPodsThatHaveAnOldValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	w.pass(t).synced(t)
	w.apply(t, workload("Deployment", "web", redVariable, ", replicas: 2"), workload("Deployment", "young", redVariable, ""),
		workload("Deployment", "follows", wholeOfAVolume, ""))
	w.running(t, "web", 2, time.Hour)
	w.running(t, "follows", 1, time.Hour)
	w.aws.Put(t, "red", "new")
	w.patch(t, "red", `{"metadata":{"annotations":{"force-sync":"1"}}}`)
	w.pass(t, "--force").synced(t) // the runner was faster
	w.running(t, "young", 1, -time.Minute)
	w.change(t, "red", func(s *corev1.Secret) { s.Labels["seen"] = "yes" })

	status := strings.Join(strings.Fields(w.plugin(t, "status", "red").Stdout), " ")
	assert.Contains(t, status, "deployment.apps/web 2 volume,env 2 of its Pods started before the Secret last changed")
	assert.Contains(t, status, "deployment.apps/young 1 volume,env Pods that", "it has nothing to note")

	r := w.plugin(t, "refresh", "--all", "--restart", "--dry-run=client")
	assert.Equal(t, []string{"deployment.apps/web restarted (Pods started before Secret red changed) (dry run)"}, restarted(r))
	r = w.plugin(t, "refresh", "--all", "--restart")
	require.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, called+"red unchanged\n")
	assert.Equal(t, []string{"deployment.apps/web restarted (Pods started before Secret red changed)"}, restarted(r))
	marks := w.marks(t)
	assert.Len(t, marks, 1)

	r = w.plugin(t, "refresh", "--all", "--restart")
	require.Zero(t, r.Code, r.Stderr)
	assert.Empty(t, restarted(r))
	assert.Equal(t, marks, w.marks(t), "what is being replaced is not restarted again")
	assert.Regexp(t, `Note: deployment.apps/web is not restarted: it was restarted after the Secret changed, and \d of its Pods are not replaced yet: `+
		`see kubectl rollout status deployment.apps/web -n `+w.namespace, r.Stderr)
}

func TestRestartAfterAControllersRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	w.pass(t).synced(t)
	w.apply(t, workload("Deployment", "web", redVariable, ""), workload("Deployment", "green", "envFrom: [{secretRef: {name: green}}]", ""))
	w.running(t, "web", 1, time.Hour)
	w.controller(t, map[string]func(){
		"red": func() {
			time.Sleep(time.Second) // times are in whole seconds
			w.change(t, "red", func(s *corev1.Secret) { s.Data["value"] = []byte("new") })
			w.status(t, "red", map[string]any{"syncedResourceVersion": "1-def"})
		},
		"green": func() { w.status(t, "green", map[string]any{"syncedResourceVersion": "1-def"}) },
	})
	r := w.plugin(t, "refresh", "red", "green", "--via=controller", "--restart")
	require.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, called+"red refreshed\n")
	assert.Equal(t, []string{"deployment.apps/web restarted (Pods started before Secret red changed)"}, restarted(r))
}

func TestRestartsForProgramsAndByNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	require.Zero(t, w.plugin(t, "refresh", "--all").Code)
	w.apply(t, workload("Deployment", "web", redVariable, ""))
	w.aws.Put(t, "red", "new")
	r := w.plugin(t, "refresh", "--all", "--restart", "-o", "json")
	require.Zero(t, r.Code, r.Stderr)
	var document struct{ Restarts []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &document))
	assert.Equal(t, []map[string]any{{"namespace": w.namespace, "group": "apps", "kind": "Deployment", "name": "web", "outcome": "restarted",
		"changed": []any{"red"}}}, document.Restarts)

	w.aws.Put(t, "red", "newer")
	r = w.plugin(t, "refresh", "--all", "--restart", "-o", "name")
	require.Zero(t, r.Code, r.Stderr)
	assert.Empty(t, restarted(r))
	assert.Contains(t, r.Stderr, "deployment.apps/web restarted (Secret red changed)\n")
	require.Zero(t, w.plugin(t, "refresh", "red", "--restart").Code)
}

func TestRestartNeedsTheRightsThatAreDocumentedAndNoOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	require.Zero(t, w.plugin(t, "refresh", "--all").Code)
	w.apply(t, workload("Deployment", "web", redVariable, ""), workload("StatefulSet", "disk", redVariable, ", serviceName: disk"),
		workload("DaemonSet", "agent", redVariable, ""))
	environment, requests := w.watched(t, w.as(t, "person", "read", "status", "get", "write", "events", "users", "restart"))
	w.aws.Put(t, "red", "new")
	r := w.pluginIn(t, environment, "refresh", "red", "green", "--restart", "--via=local")
	require.Zero(t, r.Code, r.Stderr)
	assert.Len(t, restarted(r), 3)
	var used []string
	for _, request := range requests() {
		if strings.Contains(request, " apps/") || strings.Contains(request, " batch/") || strings.Contains(request, " /pods ") {
			used = append(used, strings.Replace(request, w.namespace, "NS", 1))
		}
	}
	assert.Equal(t, []string{
		"list /pods NS/", "list apps/daemonsets NS/", "list apps/deployments NS/", "list apps/replicasets NS/", "list apps/statefulsets NS/",
		"list batch/cronjobs NS/", "list batch/jobs NS/",
		"patch apps/daemonsets NS/agent", "patch apps/deployments NS/web", "patch apps/statefulsets NS/disk",
	}, used, "each right is used")

	w.aws.Put(t, "red", "newer")
	r = w.pluginIn(t, w.as(t, "looker", "read", "status", "get", "write", "events", "users"), "refresh", "red", "--restart", "--via=local")
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stdout, called+"red updated (value changed)\n", "the refresh itself is done")
	assert.Regexp(t, `deployment.apps/web not restarted \(Secret red changed\): .*forbidden.*"kubectl rollout restart deployment.apps/web -n `, r.Stdout)
	assert.Regexp(t, `statefulset.apps/disk not restarted`, r.Stdout, "and the others are tried")

	r = w.pluginIn(t, w.as(t, "blind", "read", "status", "get", "write", "events"), "refresh", "red", "--restart", "--via=local")
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stdout, "some workloads in namespace "+w.namespace+" may have an old value: who uses the Secrets is not wholly known: "+
		`you may not list cronjobs.batch, daemonsets.apps, deployments.apps, jobs.batch, replicasets.apps, statefulsets.apps in namespace`)
	assert.Contains(t, r.Stdout, "which Pods have an old value is not known")
}

func TestRestartAsksOnceForEachKindAndWorkload(t *testing.T) {
	w := newWorld(t)
	const count = 12
	for i := range count {
		name := fmt.Sprintf("es-%d", i)
		w.aws.Put(t, name, "1")
		w.apply(t, externalSecret(name, dataOf(name)))
	}
	w.apply(t, awsStore)
	require.Zero(t, w.plugin(t, "refresh", "--all").Code)
	var from []string
	for i := range count {
		from = append(from, fmt.Sprintf("{secretRef: {name: es-%d}}", i))
	}
	w.apply(t, workload("Deployment", "web", "envFrom: ["+strings.Join(from, ", ")+"]", ""), workload("Deployment", "two", "envFrom: ["+from[0]+"]", ""))
	kinds := []string{"pods", "deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs"}
	counted := func(args ...string) harness.RequestCounts {
		before := w.cluster.Requests(t)
		r := w.plugin(t, append([]string{"refresh", "--all", "--restart", "--via=local"}, args...)...)
		require.Zero(t, r.Code, r.Stderr)
		return w.cluster.Requests(t).Sub(before)
	}
	unchanged := counted()
	for _, kind := range kinds {
		assert.Equal(t, 1, unchanged.Count("LIST", kind), kind)
	}
	assert.Equal(t, 2, unchanged.Count("LIST", "secrets"), "by the pass, and once when they changed: they are many")
	assert.Zero(t, unchanged.Count("GET", "secrets"))
	for i := range count {
		w.aws.Put(t, fmt.Sprintf("es-%d", i), "2")
	}
	changed := counted()
	for _, kind := range kinds {
		assert.Equal(t, 1, changed.Count("LIST", kind), kind)
	}
	assert.Equal(t, 2, changed.Count("PATCH", "deployments"), "one each")
	assert.Equal(t, 1, changed.Count("LIST", "secrets"), "when they changed is known")
}
