package e2e_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// diagnosis is what doctor prints for programs, and its exit code.
type diagnosis struct {
	APIVersion, Kind, Namespace string
	Counts                      map[string]int
	Findings                    []symptom
	code                        int
}

// symptom is a finding of doctor's.
type symptom struct {
	Check, ID, Severity, Message, Fix string
	Count                             int
	Objects                           []struct{ Kind, Namespace, Name, Note string }
}

// doctor looks at the world's namespace, and at the cluster.
func (w *world) doctor(t *testing.T) diagnosis {
	t.Helper()
	return diagnose(t, w.plugin(t, "doctor", "-o", "json"))
}

func diagnose(t *testing.T, r harness.Result) diagnosis {
	t.Helper()
	d := diagnosis{code: r.Code}
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &d), "%s%s", r.Stdout, r.Stderr)
	return d
}

// of are the severities and messages of the findings of a kind.
func (d diagnosis) of(id string) []symptom {
	var found []symptom
	for _, finding := range d.Findings {
		if finding.ID == id {
			found = append(found, finding)
		}
	}
	return found
}

// one is the one finding of a kind.
func (d diagnosis) one(t *testing.T, id, severity string) symptom {
	t.Helper()
	found := d.of(id)
	require.Len(t, found, 1, "%s: %+v", id, d.Findings)
	assert.Equal(t, severity, found[0].Severity)
	return found[0]
}

// heed runs the commands of a fix as a person would who copies them.
func (w *world) heed(t *testing.T, s symptom) {
	t.Helper()
	environment := append(w.environment(), "PATH="+w.cluster.Info.Bin+":"+filepath.Dir(pluginPath(t))+":/usr/bin:/bin")
	for _, command := range strings.Split(s.Fix, "\n")[1:] {
		r := harness.Run(t, environment, "/bin/bash", "-o", "pipefail", "-c", command)
		require.Zero(t, r.Code, "%s\n%s%s", command, r.Stdout, r.Stderr)
	}
}

// finally runs kubectl when the test ends, also where the object is gone by then.
func (w *world) finally(t *testing.T, args ...string) {
	t.Helper()
	t.Cleanup(func() {
		kubectl := exec.Command(filepath.Join(w.cluster.Info.Bin, "kubectl"), append(args, "--kubeconfig", w.cluster.Kubeconfig())...)
		if out, err := kubectl.CombinedOutput(); err != nil && !strings.Contains(string(out), "NotFound") {
			t.Errorf("kubectl %s: %v: %s", strings.Join(args, " "), err, out)
		}
	})
}

// leaveWebhook makes the webhook configuration of an operator that is gone, which concerns the world's namespace only.
func (w *world) leaveWebhook(t *testing.T, service string) string {
	t.Helper()
	name := "externalsecret-validate-" + w.namespace
	w.finally(t, "delete", "validatingwebhookconfiguration", name, "--ignore-not-found")
	w.cluster.Kubectl(t, fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: %s}
webhooks:
- name: validate.externalsecret.external-secrets.io
  clientConfig: {service: {namespace: %s, name: %s, path: /validate}}
  rules: [{apiGroups: [external-secrets.io], apiVersions: [v1], operations: [CREATE, UPDATE, DELETE], resources: [externalsecrets]}]
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %[2]s}}
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 5`, name, w.namespace, service), "apply", "-f", "-")
	return name
}

// storeIn makes the API server store the objects of a CRD in a version.
func (w *world) storeIn(t *testing.T, crd, version string) {
	t.Helper()
	hash := func() string {
		list := w.cluster.Kubectl(t, "", "get", "--raw", "/apis/external-secrets.io/v1")
		_, rest, _ := strings.Cut(list, `"name":"`+strings.Split(crd, ".")[0]+`"`)
		_, rest, _ = strings.Cut(rest, `"storageVersionHash":"`)
		return rest[:min(8, len(rest))]
	}
	before := hash()
	w.cluster.Kubectl(t, "", "patch", "crd", crd, "--type=json", "-p", fmt.Sprintf(
		`[{"op":"replace","path":"/spec/versions/0/storage","value":%t},{"op":"replace","path":"/spec/versions/1/storage","value":%t}]`,
		version == "v1", version == "v1beta1"))
	until(t, "objects are stored in "+version, func() bool { return hash() != before })
}

// suspendedRunner is the CronJob of a runner that is suspended.
const suspendedRunner = `
apiVersion: batch/v1
kind: CronJob
metadata: {name: externalsecret-runner, labels: {app.kubernetes.io/name: externalsecret-runner}}
spec:
  schedule: "*/5 * * * *"
  suspend: true
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: runner, image: "example.com/externalsecret-runner:v1.2.3", args: [--controller-class=nightly, --namespaces=%s]}]`

func TestDoctorFindsWhatARemovedOperatorHasLeftAndItsFixesWork(t *testing.T) {
	w := newWorld(t)
	w.cluster.Requests(t) // waits for the namespaces of earlier tests to be gone: one of the fixes writes every ExternalSecret
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")),
		strings.Replace(secretStore("nightly", "prefix: ''"), "spec: {", "spec: {controller: nightly, ", 1),
		strings.Replace(externalSecret("night", dataOf("a")), "name: store", "name: nightly", 1))
	w.pass(t)
	healthy := w.doctor(t) // but for one that nobody serves
	assert.Equal(t, []any{"externalsecret.kubectl/v1", "DoctorReport", w.namespace}, []any{healthy.APIVersion, healthy.Kind, healthy.Namespace})
	assert.Contains(t, healthy.one(t, "externalsecrets", "OK").Message, "2 ExternalSecrets in namespace "+w.namespace)
	unserved := healthy.of("class-unserved")
	require.Len(t, unserved, 2)
	assert.Equal(t, []any{"WARNING", 1}, []any{unserved[0].Severity, unserved[0].Count}, "somebody has refreshed it")
	assert.Equal(t, []any{"PROBLEM", 1, "night"}, []any{unserved[1].Severity, unserved[1].Count, unserved[1].Objects[0].Name})
	assert.Contains(t, unserved[1].Message, `class "nightly"`)
	assert.Equal(t, 1, healthy.code)
	assert.Equal(t, 1, healthy.Counts["PROBLEM"])

	const crd = "externalsecrets.external-secrets.io"
	w.storeIn(t, crd, "v1beta1")
	w.cluster.Kubectl(t, strings.Replace(externalSecret("old", dataOf("a")), "/v1", "/v1beta1", 1), "apply", "-n", w.namespace, "-f", "-")
	w.storeIn(t, crd, "v1")
	w.finally(t, "patch", "crd", crd, "--subresource=status", "--type=merge", "-p", `{"status":{"storedVersions":["v1"]}}`)
	w.cluster.Kubectl(t, fmt.Sprintf(suspendedRunner, w.namespace), "apply", "-n", w.namespace, "-f", "-")
	w.cluster.Kubectl(t, "", "patch", "externalsecret", "app", "-n", w.namespace, "--type=merge",
		"-p", `{"metadata":{"finalizers":["`+api.FinalizerExternalSecret+`"]}}`)
	w.finally(t, "patch", "externalsecret", "app", "-n", w.namespace, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
	w.cluster.Kubectl(t, "", "patch", "namespace", w.namespace, "--type=merge",
		"-p", `{"metadata":{"finalizers":["externalsecrets.external-secrets.io/ces-all"]}}`)
	w.finally(t, "patch", "namespace", w.namespace, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
	configuration := w.leaveWebhook(t, "gone")

	ill := w.doctor(t)
	assert.Equal(t, 1, ill.code)
	dead := ill.one(t, "webhook-dead", "PROBLEM")
	assert.Contains(t, dead.Message, configuration)
	assert.Contains(t, ill.of("class-unserved")[1].Message, "CronJob "+w.namespace+"/externalsecret-runner would, and is suspended")
	suspended := ill.one(t, "runner-suspended", "WARNING")
	left := ill.one(t, "finalizer-left", "WARNING")
	assert.Equal(t, "app", left.Objects[0].Name)
	namespace := ill.one(t, "namespace-finalizer", "WARNING")
	old := ill.one(t, "crd-stored-versions", "WARNING")
	manifest := ill.one(t, "manifest-v1beta1", "WARNING")
	assert.Equal(t, []any{1, "old"}, []any{manifest.Count, manifest.Objects[0].Name})
	assert.Equal(t, len(ill.Findings), ill.Counts["OK"]+ill.Counts["WARNING"]+ill.Counts["PROBLEM"]+ill.Counts["UNKNOWN"])

	text := w.plugin(t, "doctor")
	assert.Equal(t, 1, text.Code)
	assert.Contains(t, text.Stdout, "Fix: ")
	assert.Contains(t, text.Stdout, "kubectl delete validatingwebhookconfiguration "+configuration)
	assert.Empty(t, text.Stderr)

	_, refused := w.cluster.KubectlErr(t, "", "annotate", "externalsecret", "app", "-n", w.namespace, "a=b")
	require.ErrorContains(t, refused, "failed calling webhook", "it is a problem indeed")
	w.heed(t, dead)
	w.heed(t, suspended)
	w.heed(t, namespace)
	written := w.get(t, "old").ResourceVersion
	w.heed(t, old)
	assert.NotEqual(t, written, w.get(t, "old").ResourceVersion, "it lies in etcd in another version now")
	w.cluster.Kubectl(t, externalSecret("old", dataOf("a")), "apply", "-n", w.namespace, "-f", "-")
	w.heed(t, left)

	better := w.doctor(t)
	assert.Zero(t, better.code)
	assert.Equal(t, map[string]int{"OK": len(better.Findings), "WARNING": 0, "PROBLEM": 0, "UNKNOWN": 0}, better.Counts, "%+v", better.Findings)
	assert.Contains(t, better.one(t, "finalizers", "OK").Message, "the runner lets go")
	assert.Contains(t, better.one(t, "runner", "OK").Message, `class "nightly"`)
}

func TestDoctorFindsAConversionByAWebhookThatIsGone(t *testing.T) {
	w := newWorld(t)
	const crd = "clustersecretstores.external-secrets.io"
	w.finally(t, "patch", "crd", crd, "--type=merge", "-p", `{"spec":{"conversion":{"strategy":"None","webhook":null}}}`)
	w.cluster.Kubectl(t, "", "patch", "crd", crd, "--type=merge", "-p", `{"spec":{"conversion":{"strategy":"Webhook","webhook":{
		"conversionReviewVersions":["v1"],"clientConfig":{"service":{"namespace":"`+w.namespace+`","name":"gone"}}}}}}`)
	dead := w.doctor(t).one(t, "crd-conversion-dead", "PROBLEM")
	assert.Contains(t, dead.Message, crd)
	w.heed(t, dead)
	assert.Empty(t, w.doctor(t).of("crd-conversion-dead"))
}

// operatorIn is a Deployment as External Secrets Operator has it. No node will run it.
const operatorIn = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: eso, labels: {app.kubernetes.io/name: external-secrets}}
spec:
  replicas: %d
  selector: {matchLabels: {app: eso}}
  template:
    metadata: {labels: {app: eso}}
    spec: {containers: [{name: eso, image: "example.com/external-secrets:v2.9.0", args: [--concurrent=1, --controller-class=theirs]}]}`

func TestDoctorSeesWhetherAnOperatorRuns(t *testing.T) {
	w := newWorld(t)
	assert.Contains(t, w.doctor(t).one(t, "operator", "OK").Message, "not installed")
	w.finally(t, "delete", "deployment", "eso", "-n", w.namespace, "--ignore-not-found")
	w.cluster.Kubectl(t, fmt.Sprintf(operatorIn, 1), "apply", "-n", w.namespace, "-f", "-")
	w.leaveWebhook(t, "hook")
	ill := w.doctor(t)
	assert.Contains(t, ill.one(t, "operator-not-ready", "PROBLEM").Message, w.namespace+"/eso")
	assert.Contains(t, ill.one(t, "webhook-dead", "PROBLEM").Fix, "the operator is installed there")
	assert.Equal(t, 1, ill.code)

	w.cluster.Kubectl(t, fmt.Sprintf(operatorIn, 0), "apply", "-n", w.namespace, "-f", "-")
	w.cluster.Kubectl(t, `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: hook-1, labels: {kubernetes.io/service-name: hook}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.1], conditions: {ready: true}}]`, "apply", "-n", w.namespace, "-f", "-")
	better := w.doctor(t)
	better.one(t, "operator-scaled-down", "WARNING")
	assert.Contains(t, better.one(t, "webhooks", "OK").Message, "1 webhook")
	assert.Zero(t, better.code, "%+v", better.Findings)
}

func TestDoctorAsksForListsOnly(t *testing.T) {
	w := newWorld(t)
	const count = 510
	w.many(t, count, 10)
	before := w.cluster.Requests(t)
	r := harness.Run(t, w.environment(), pluginPath(t), "doctor", "-A", "-o", "json")
	since := w.cluster.Requests(t).Sub(before)
	assert.Contains(t, diagnose(t, r).one(t, "externalsecrets", "OK").Message, "in all namespaces")
	assert.Zero(t, w.aws.Counters(t).Total(), "no provider is asked")
	assert.Equal(t, 2, since.Count("LIST", "externalsecrets"), "two pages")
	for _, resource := range []string{"secretstores", "clustersecretstores", "secrets", "deployments", "cronjobs", "validatingwebhookconfigurations"} {
		assert.Equal(t, 1, since.Only(resource).Total(), "%s: %s", resource, since)
	}
	assert.Equal(t, 4, since.Count("GET", "customresourcedefinitions"))
	assert.LessOrEqual(t, since.Count("POST", "selfsubjectaccessreviews"), 20)
}

func TestDoctorTellsWhatItMayNotLookAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	w.pass(t)
	doctor := func(environment []string, args ...string) diagnosis {
		return diagnose(t, harness.Run(t, environment, pluginPath(t), append([]string{"doctor", "-o", "json"}, args...)...))
	}

	none := doctor(w.as(t, "nobody"))
	none.one(t, "externalsecret-unreadable", "PROBLEM")
	assert.Equal(t, 1, none.code, "the question could not be answered")

	reader := w.as(t, "reader", "read")
	seen := doctor(reader)
	assert.Equal(t, w.namespace, seen.Namespace, "all can't be listed")
	assert.Contains(t, seen.one(t, "externalsecrets", "OK").Message, "1 ExternalSecret in namespace "+w.namespace)
	for _, check := range []string{"crds", "operator", "runner", "secrets", "webhooks"} {
		assert.Contains(t, seen.one(t, check, "UNKNOWN").Message, "forbidden")
	}
	assert.Zero(t, seen.code, "%+v", seen.Findings)
	missing := seen.of("right-missing")
	require.Len(t, missing, 3, "status, Secrets, Events: %+v", missing)

	assert.Equal(t, 1, doctor(reader, "-A").code, "all were asked for")
	for _, right := range missing {
		w.heed(t, right)
	}
	assert.Empty(t, doctor(reader).of("right-missing"))
	refreshed := harness.Run(t, reader, pluginPath(t), "refresh", "app")
	assert.Zero(t, refreshed.Code, "it was all that is needed: %s%s", refreshed.Stdout, refreshed.Stderr)
}

func TestDoctorFindsWhatWaitsForAnOperatorThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")), externalSecret("broken", dataOf("absent")))
	w.pass(t)
	w.finally(t, "patch", "externalsecret", "app", "-n", w.namespace, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
	w.patch(t, "app", `{"metadata":{"finalizers":["`+api.FinalizerExternalSecret+`"]}}`)
	client := w.resource(t, api.APIVersion, api.KindExternalSecret, w.namespace)
	require.NoError(t, client.Delete(t.Context(), "app", metav1.DeleteOptions{}))
	w.apply(t, opaque("forgotten", map[string]string{"a": "b"}))
	w.cluster.Kubectl(t, "", "label", "secret", "forgotten", "-n", w.namespace, api.LabelManaged+"="+api.LabelManagedValue)

	d := w.doctor(t)
	assert.Equal(t, "broken", d.one(t, "externalsecret-failed", "PROBLEM").Objects[0].Name)
	forgotten := d.one(t, "secret-unclaimed", "WARNING")
	assert.Equal(t, 1, forgotten.Count)
	w.heed(t, forgotten)
	assert.Empty(t, w.doctor(t).of("secret-unclaimed"))

	until(t, "it has waited for a minute", func() bool {
		if d = w.doctor(t); len(d.of("deletion-stuck")) == 0 {
			time.Sleep(5 * time.Second)
			return false
		}
		return true
	})
	w.heed(t, d.one(t, "deletion-stuck", "PROBLEM"))
	assert.Empty(t, w.doctor(t).of("deletion-stuck"))
	_, err := client.Get(t.Context(), "app", metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "%v", err)
}

func TestDoctorTellsOfARunThatDoesNotBegin(t *testing.T) {
	t.Parallel()
	stranded, refused, sharded := newWorld(t), newWorld(t), newWorld(t)
	refused.cluster.Kubectl(t, "", "create", "quota", "none", "--hard=pods=0", "-n", refused.namespace)
	for _, w := range []*world{stranded, refused, sharded} {
		w.withRunner(t)
		if w == sharded {
			w.cluster.Kubectl(t, "", "patch", "cronjob", "externalsecret-runner", "-n", w.namespace, "--type=merge", "-p",
				`{"spec":{"jobTemplate":{"spec":{"completionMode":"Indexed","completions":3,"parallelism":3}}}}`)
		}
		w.cluster.Kubectl(t, "", "create", "job", "now", "--from=cronjob/externalsecret-runner", "-n", w.namespace)
		require.Empty(t, w.doctor(t).of("runner-unbegun"), "it may take a while")
	}
	for _, shard := range []string{"0", "2"} {
		pod := ""
		require.Eventually(t, func() bool {
			pod = sharded.cluster.Kubectl(t, "", "get", "pods", "-n", sharded.namespace, "-l", "batch.kubernetes.io/job-completion-index="+shard, "-o", "name")
			return pod != ""
		}, time.Minute, time.Second)
		sharded.cluster.Kubectl(t, "", "patch", strings.TrimSpace(pod), "-n", sharded.namespace, "--subresource=status", "--type=merge", "-p",
			`{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"runner","image":"x","imageID":"x",`+
				`"ready":true,"restartCount":0,"state":{"running":{"startedAt":"2026-03-01T12:00:00Z"}}}]}}`)
	}
	asked := func(w *world) []symptom {
		var found []symptom
		for _, symptom := range w.doctor(t).of("runner-unbegun") {
			if strings.Contains(symptom.Message, w.namespace+"/") {
				found = append(found, symptom)
			}
		}
		return found
	}
	require.Eventually(t, func() bool { return len(asked(stranded)) > 0 && len(asked(refused)) > 0 && len(asked(sharded)) > 0 }, 2*time.Minute, 5*time.Second)
	one := asked(stranded)[0]
	assert.Equal(t, "PROBLEM", one.Severity)
	assert.Regexp(t, `^run now of CronJob `+stranded.namespace+`/externalsecret-runner was made \S+ ago and has not begun: pod "now-\w+" has no node yet$`, one.Message)
	assert.Contains(t, one.Fix, "kubectl describe job now -n "+stranded.namespace)
	assert.Contains(t, asked(refused)[0].Message, "no Pod of it could be made: Error creating: pods \"now-")
	assert.Contains(t, asked(refused)[0].Message, "exceeded quota: none")

	assert.Regexp(t, `^run now of CronJob `+sharded.namespace+`/externalsecret-runner was made \S+ ago and its shard 1 has not begun: pod "now-1-\w+" has no node yet$`,
		asked(sharded)[0].Message)

	account := stranded.as(t, "blind", "read")
	for _, rule := range []string{"get,list cronjobs.batch", "list jobs.batch"} {
		verbs, resource, _ := strings.Cut(rule, " ")
		name := "blind-" + strings.ReplaceAll(resource, ".", "-")
		stranded.cluster.Kubectl(t, "", "create", "role", name, "--verb="+verbs, "--resource="+resource, "-n", stranded.namespace)
		stranded.cluster.Kubectl(t, "", "create", "rolebinding", name, "--role="+name, "--serviceaccount="+stranded.namespace+":blind", "-n", stranded.namespace)
	}
	var unknown []string
	for _, symptom := range diagnose(t, stranded.pluginIn(t, account, "doctor", "-o", "json")).of("runner") {
		unknown = append(unknown, symptom.Severity+" "+symptom.Message)
	}
	assert.Contains(t, strings.Join(unknown, "\n"), "UNKNOWN whether run now of CronJob "+stranded.namespace+"/externalsecret-runner")

	stranded.cluster.Kubectl(t, "", "patch", "job", "now", "-n", stranded.namespace, "--type=merge", "-p", `{"spec":{"suspend":true}}`)
	assert.Empty(t, asked(stranded), "it is not to begin")
}
