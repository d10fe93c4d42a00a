package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/blocks"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/chromium"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// fleetReport is a FleetReport, as far as tests read it.
type fleetReport struct {
	APIVersion, Kind string
	Scope            struct{ Namespace, Context string }
	Total            int
	States           map[string]int
	Freshness        []struct {
		Interval                           string
		Total, Fresh, Late, Overdue, Never int
	}
	Causes []struct {
		Failed    string
		Diagnosis struct{ ID string }
		Objects   []struct{ Namespace, Name, Error string }
	}
	Stores []struct {
		Kind, Namespace, Name, Provider string
		Known, Exists                   bool
		ExternalSecrets, NotWell        int
	}
	Refreshers []struct{ Kind, Namespace, Name string }
	Runs       []struct {
		Name, State string
		Report      struct{ Requests map[string]int }
	}
	Items []struct {
		Metadata               struct{ Name string }
		State, Reason, Message string
		Secret                 *struct{ Exists bool }
		Workloads              []struct {
			Kind, Name string
			Pods       int
		}
		Pods []string
	}
	Unknown []struct{ Part, Why string }
}

// reported is what report says to a program.
func (w *world) reported(t *testing.T, environment []string, args ...string) fleetReport {
	t.Helper()
	r := w.pluginIn(t, environment, append([]string{"report", "-o", "json"}, args...)...)
	require.Zero(t, r.Code, r.Stderr)
	var f fleetReport
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &f), r.Stdout)
	return f
}

// page is what report shows to a person, as a file.
func (w *world) page(t *testing.T, environment []string, args ...string) string {
	t.Helper()
	r := w.pluginIn(t, environment, append([]string{"report", "-o", "html"}, args...)...)
	require.Zero(t, r.Code, r.Stderr)
	require.Empty(t, r.Stderr)
	file := filepath.Join(t.TempDir(), "fleet.html")
	require.NoError(t, os.WriteFile(file, []byte(r.Stdout), 0o600))
	return file
}

func TestReportShowsTheFleetAsStatusDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withRunner(t)
	w.states(t)
	w.users(t)
	w.pass(t, "--report-to="+w.namespace+"/externalsecret-runner")
	w.status(t, "forgotten", map[string]any{"refreshTime": "2020-01-01T00:00:00Z"})
	w.patch(t, "edited", `{"spec":{"target":{"name":"somewhere"}}}`)
	w.delete(t, "green")
	w.aws.ResetCounters(t)
	f := w.reported(t, w.environment())
	assert.Zero(t, w.aws.Counters(t).Total(), "no provider is asked")
	assert.Equal(t, []string{"externalsecret.kubectl/v1", "FleetReport"}, []string{f.APIVersion, f.Kind})
	assert.Empty(t, f.Unknown)

	states, count := map[string]string{}, map[string]int{}
	for _, item := range f.Items {
		states[item.Metadata.Name] = item.State
		count[item.State]++
		if one := w.statusOf(t, item.Metadata.Name); item.Metadata.Name != "blue" { // whose values one NAME compares
			assert.Equal(t, []string{one.State, one.Reason, one.Message}, []string{item.State, item.Reason, item.Message}, item.Metadata.Name)
		}
	}
	assert.Equal(t, f.States, count)
	assert.Equal(t, "Stale", states["green"], "its Secret is gone")
	assert.Equal(t, "Stale", states["edited"])
	assert.Equal(t, "Failed", states["broken"])
	assert.Equal(t, "Skipped", states["foreign"])

	broken := 0
	for _, cause := range f.Causes {
		broken += len(cause.Objects)
		assert.NotEmpty(t, cause.Diagnosis.ID)
	}
	assert.Equal(t, f.Total-count["Synced"]-count["Skipped"], broken)
	offline := w.causes(t, "explain", "--all", "--offline", "-o", "json")
	for _, cause := range f.Causes {
		for _, object := range cause.Objects {
			if object.Name != "green" { // no walk that asks nobody looks at Secrets
				assert.Contains(t, offline[object.Name], cause.Diagnosis.ID, "explain says the same of %s", object.Name)
			}
		}
	}
	require.NotEmpty(t, f.Stores)
	assert.Equal(t, "store", f.Stores[0].Name)
	assert.Equal(t, "aws", f.Stores[0].Provider)
	refreshers, runs := map[string]bool{}, map[string]string{} // other tests may have a runner that serves all namespaces
	for _, refresher := range f.Refreshers {
		refreshers[refresher.Kind+" "+refresher.Namespace] = true
	}
	for _, run := range f.Runs {
		runs[run.Name] = fmt.Sprintf("%s %d", run.State, len(run.Report.Requests))
	}
	assert.True(t, refreshers["CronJob "+w.namespace])
	kept, err := w.core.CoreV1().ConfigMaps(w.namespace).Get(t.Context(), "externalsecret-runner", metav1.GetOptions{})
	require.NoError(t, err)
	require.Len(t, kept.Data, 1)
	for id := range kept.Data {
		assert.Equal(t, "SomeFailed 1", runs[id])
	}
	users := map[string][]string{}
	for _, item := range f.Items {
		for _, workload := range item.Workloads {
			users[item.Metadata.Name] = append(users[item.Metadata.Name], workload.Kind+" "+workload.Name)
		}
		if item.Metadata.Name == "red" {
			assert.Equal(t, []string{"consumer"}, item.Pods)
			require.NotNil(t, item.Secret)
			assert.True(t, item.Secret.Exists)
		}
	}
	assert.Contains(t, users["red"], "Deployment web")
	assert.Contains(t, users["red"], "CronJob report")
	assert.Contains(t, users["green"], "StatefulSet disk", "though its Secret is gone")

	gone := w.plugin(t, "report", "-o", `jsonpath={range .items[?(@.secret.exists==false)]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}`)
	require.Zero(t, gone.Code, gone.Stderr)
	assert.Contains(t, strings.Split(gone.Stdout, "\n"), w.namespace+"/green", "as docs/report.md asks for it")

	p := chromium.Start(t).NewPage(t, 1280, 900)
	file := w.page(t, w.environment())
	p.Open(t, "file://"+file)
	assert.Equal(t, []string{"file://" + file}, p.Requests())
	assert.Empty(t, p.Said())
	var rows map[string]string
	p.Eval(t, `Object.fromEntries([...document.querySelectorAll("table.chain tbody tr")].map(r => [r.querySelector("th").firstChild.textContent, r.querySelector(".s").textContent]))`, &rows)
	assert.Equal(t, states, rows, "the page shows what the document has")
}

// causes are the ids of the diagnoses in what a command tells of causes, by the names of the ExternalSecrets.
func (w *world) causes(t *testing.T, args ...string) map[string][]string {
	t.Helper()
	var told struct {
		Causes []struct {
			Diagnosis struct{ ID string }
			Objects   []struct{ Name string }
		}
	}
	r := w.plugin(t, args...)
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &told), r.Stderr)
	ids := map[string][]string{}
	for _, cause := range told.Causes {
		for _, object := range cause.Objects {
			ids[object.Name] = append(ids[object.Name], cause.Diagnosis.ID)
		}
	}
	return ids
}

func TestReportSaysWhatItMayNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.states(t)
	w.apply(t, externalSecret("losing", "target: {deletionPolicy: Merge}, "+dataOf("red")))
	require.Zero(t, w.plugin(t, "refresh", "losing").Code)
	reader := w.as(t, "reader", "read")
	f := w.reported(t, reader)
	assert.Equal(t, 11, f.Total)
	why := map[string]string{}
	for _, u := range f.Unknown {
		why[u.Part] = u.Why
	}
	for _, part := range []string{"secrets", "workloads", "pods", "refreshers", "runs", "events"} {
		assert.Regexp(t, "may not|forbidden", why[part], part)
	}
	assert.NotContains(t, why, "stores", "those of its namespace are known, and no others are referred to")
	for _, item := range f.Items {
		assert.Nil(t, item.Secret, "it is not said to be gone")
		assert.NotEqual(t, "AtRisk", item.State, "nobody was looked for, so that nobody is missed")
	}
	text, err := os.ReadFile(w.page(t, reader))
	require.NoError(t, err)
	assert.Contains(t, string(text), "<h3>Not known</h3>")
	assert.Contains(t, string(text), ">red<")
	summary := w.pluginIn(t, reader, "report")
	require.Zero(t, summary.Code)
	assert.Contains(t, summary.Stdout, "Not known\n")

	refused := w.pluginIn(t, w.as(t, "nobody"), "report", "-o", "html")
	assert.Equal(t, 1, refused.Code)
	assert.Empty(t, refused.Stdout, "no page that looks like an answer")
	assert.Contains(t, refused.Stderr, "forbidden")
	absent := w.plugin(t, "report", "red", "absent", "-o", "json")
	assert.Equal(t, 1, absent.Code)
	assert.Contains(t, absent.Stderr, `"absent" not found`)
	assert.Contains(t, absent.Stdout, `"total": 1`)
}

func TestTheRoleOfTheReportIsEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.states(t)
	page, err := blocks.Of("../../docs/report.md")
	require.NoError(t, err)
	require.Len(t, page, 1)
	role := strings.Replace(page[0].Text, "name: externalsecret-report", "name: report-"+w.namespace, 1)
	account := w.as(t, "report")
	w.apply(t, role, fmt.Sprintf("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: report-%s}\n"+
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: report-%[1]s}\nsubjects: [{kind: ServiceAccount, name: report, namespace: %[1]s}]", w.namespace))
	for name, args := range map[string][]string{"a namespace": nil, "all": {"-A"}, "one": {"red"}} {
		f := w.reported(t, account, args...)
		assert.Empty(t, f.Unknown, name)
		assert.NotZero(t, f.Total, name)
	}
}

// What others can write into a cluster is shown in the page and does nothing there.
func TestNothingThatOthersHaveWrittenRunsInAReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const attack = `</script></style></title>"'><img src=x onerror=alert(1)><script>alert(1)</script><svg onload=alert(1)>` + "\u202e\u2066\x1b[31m"
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	quoted, err := json.Marshal(attack)
	require.NoError(t, err)
	w.patch(t, "app", fmt.Sprintf(`{"metadata":{"annotations":{"note":%s}},"spec":{"target":{"name":"app"}}}`, quoted))
	w.status(t, "app", map[string]any{"conditions": []map[string]any{{
		"type": "Ready", "status": "False", "reason": "SecretSyncedError", "message": attack, "lastTransitionTime": "2026-01-01T00:00:00Z",
	}}})
	w.storeCondition(t, "store", 0, strings.ReplaceAll(attack, "\x1b", ""))
	controller := true
	_, err = w.core.CoreV1().Pods(w.namespace).Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "pod", OwnerReferences: []metav1.OwnerReference{{
			APIVersion: "evil.example/v1", Kind: attack, Name: attack, UID: types.UID("1"), Controller: &controller,
		}}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "none", EnvFrom: []corev1.EnvFromSource{
			{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "app"}}},
		}}}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	w.withRunner(t)
	report, err := json.Marshal(map[string]any{
		"run": attack, "error": attack, "exit": 1, "started": "2026-01-01T00:00:00Z", "requests": map[string]int{attack: 1}, "notes": []string{attack},
	})
	require.NoError(t, err)
	_, err = w.core.CoreV1().ConfigMaps(w.namespace).Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "externalsecret-runner"}, Data: map[string]string{"20260101t000000.000z-aaaaa": string(report), "junk": attack},
	}, metav1.CreateOptions{})
	require.NoError(t, err)

	p := chromium.Start(t).NewPage(t, 1280, 900)
	file := w.page(t, w.environment(), "-l", "a!=b")
	p.Open(t, "file://"+file)
	var found struct {
		Scripts, Foreign, Disguises int
		Text                        string
	}
	p.Eval(t, `(() => {
		document.querySelectorAll("details").forEach(d => d.open = true);
		document.querySelectorAll("a, button").forEach(e => e.click());
		return {
			scripts: document.scripts.length, foreign: document.querySelectorAll("img, iframe, [onload], [onerror]").length,
			disguises: (document.documentElement.outerHTML.match(/[\u202a-\u202e\u2066-\u2069\u001b]/g) || []).length,
			text: document.body.textContent,
		};
	})()`, &found)
	assert.Equal(t, []int{1, 0, 0}, []int{found.Scripts, found.Foreign, found.Disguises})
	for where, from := range map[string]string{"the condition": "<h2 id=\"causes-h\">", "the runs": "<h2 id=\"runs-h\">", "the list": "<h2 id=\"list-h\">"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		_, rest, _ := strings.Cut(string(text), from)
		part, _, _ := strings.Cut(rest, "</section>")
		assert.Contains(t, part, "&lt;script&gt;alert(1)", where+" is shown as it is")
	}
	assert.Empty(t, p.Said(), "nothing has run, and nothing had to be refused")
	assert.Equal(t, []string{"file://" + file}, p.Requests())
	summary := w.plugin(t, "report")
	assert.NotContains(t, summary.Stdout, "\x1b")
	assert.NotContains(t, summary.Stdout, "\u202e")
}

// It counts the API server's requests, and so is not parallel.
func TestReportAsksForPages(t *testing.T) {
	w := newWorld(t)
	const count, page = 1200, 500
	w.many(t, count, 10)
	w.pass(t).synced(t)
	w.apply(t, workload("Deployment", "web", "envFrom: [{secretRef: {name: es-0001}}]", ""), workload("Deployment", "api", "envFrom: [{secretRef: {name: es-0002}}]", ""))
	asked := func(args ...string) harness.RequestCounts {
		before := w.cluster.Requests(t)
		r := w.plugin(t, args...)
		require.Zero(t, r.Code, r.Stderr)
		return w.cluster.Requests(t).Sub(before)
	}
	for _, output := range []string{"html", "json"} {
		requests := asked("report", "-o", output)
		pages := (count + page - 1) / page
		for resource, lists := range map[string]int{
			"externalsecrets": pages, "secrets": pages, "secretstores": 1, "clustersecretstores": 1, "pods": 1, "deployments": 2, "cronjobs": 2, "jobs": 2,
			"replicasets": 1, "statefulsets": 1, "daemonsets": 1, "events": 0,
		} {
			assert.Equal(t, lists, requests.Count("LIST", resource), "%s\n%s", resource, requests)
		}
		for _, resource := range []string{"secrets", "secretstores", "pods", "deployments"} { // GETs of owners are the garbage collector's
			assert.Zero(t, requests.Count("GET", resource), "none is read by itself:\n%s", requests)
		}
		assert.Equal(t, 1, requests.Count("GET", "configmaps"), "the reports of the runner")
	}
}

// Metadata has more than labels: kubectl apply leaves whole objects in an annotation.
func TestNoSecretGetsOutOfAReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secrets := w.planted(t)
	w.change(t, "keys", func(s *corev1.Secret) {
		s.Annotations = map[string]string{
			"kubectl.kubernetes.io/last-applied-configuration": `{"stringData": {"secret": "` + keyCanary + `"}}`, "plain": plainCanary,
		}
	})
	w.withRunner(t)
	w.passIn(t, w.withoutKey(), "--report-to="+w.namespace+"/externalsecret-runner")
	w.apply(t, workload("Deployment", "web", "envFrom: [{secretRef: {name: ok}}, {secretRef: {name: keys}}]", ""))
	for level := range 11 {
		for _, output := range [][]string{nil, {"-o", "html"}, {"-o", "json"}, {"-o", "yaml"}, {"-o", "jsonpath={@}"}} {
			args := append([]string{"report", fmt.Sprintf("-v=%d", level)}, output...)
			r := w.pluginIn(t, w.withoutKey(), args...)
			require.Zero(t, r.Code, r.Stderr)
			where := strings.Join(args, " ")
			secrets.requireNone(t, "standard output of "+where, r.Stdout)
			secrets.requireNone(t, "standard error of "+where, r.Stderr)
			assert.NotContains(t, r.Stdout+r.Stderr, "\x1b", where)
		}
	}
	require.Equal(t, api.LabelManagedValue, w.secret(t, "ok").Labels[api.LabelManaged], "there is something to be told")
}
