package e2e_test

import (
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

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// theRunner is the CronJob of a runner that serves one namespace, on a schedule that does not come.
const theRunner = `
apiVersion: batch/v1
kind: CronJob
metadata: {name: externalsecret-runner, labels: {app.kubernetes.io/name: externalsecret-runner}}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: runner, image: "example.com/externalsecret-runner:v1.2.3", args: [--namespaces=%s]}]`

// withRunner puts a runner into the cluster that answers for the world's namespace.
func (w *world) withRunner(t *testing.T) {
	t.Helper()
	w.cluster.Kubectl(t, fmt.Sprintf(theRunner, w.namespace), "apply", "-n", w.namespace, "-f", "-")
}

// told is what status says of an ExternalSecret, as far as tests read it.
type told struct {
	Metadata               struct{ Name string }
	State, Reason, Message string
	HeldBy, HeldUntil      string
	LateSeconds            int64
	Diagnosis              *struct{ ID, Cause, Fix string }
	Chain                  struct {
		Stores []struct {
			Ready *struct{ Status, Reason string }
		}
		Refreshers struct {
			Partial bool
			Items   []struct{ Kind, Namespace, Name, Serves string }
		}
		Origins []struct {
			Key, Certainty string
			Missing        bool
			Entries        []struct{ Path, Store, RemoteKey, Version, Property string }
			Templates      []struct {
				Path, Object string
				Lines        []struct {
					Line int
					Keys []string
				}
			}
		}
	}
}

// statusOf is what status says of one name, with its chain.
func (w *world) statusOf(t *testing.T, name string, args ...string) told {
	t.Helper()
	r := w.plugin(t, append([]string{"status", name, "-o", "json"}, args...)...)
	require.Zero(t, r.Code, r.Stderr)
	var one told
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &one), r.Stdout)
	return one
}

// listed is what status says of all, by name.
func (w *world) listed(t *testing.T, args ...string) map[string]told {
	t.Helper()
	r := w.plugin(t, append([]string{"status", "-o", "json"}, args...)...)
	require.Zero(t, r.Code, r.Stderr)
	var list struct{ Items []told }
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &list), r.Stdout)
	all := map[string]told{}
	for _, item := range list.Items {
		all[item.Metadata.Name] = item
	}
	return all
}

// operatorSynced writes what the operator writes when a refresh has succeeded, a while ago: the Secret, the condition and, where a
// remote secret was missing, an Event that nothing but a person reads.
func (w *world) operatorSynced(t *testing.T, name string, ago time.Duration, data map[string]string, missing ...string) {
	t.Helper()
	es, at := w.get(t, name), time.Now().Add(-ago).UTC().Truncate(time.Second)
	content, controller := map[string][]byte{}, true
	for key, value := range data {
		content[key] = []byte(value)
	}
	_, err := w.core.CoreV1().Secrets(w.namespace).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{api.LabelManaged: api.LabelManagedValue},
			Annotations:     map[string]string{api.AnnotationDataHash: api.DataHash(content)},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: api.APIVersion, Kind: "ExternalSecret", Name: name, UID: es.UID, Controller: &controller}},
		}, Data: content,
	}, metav1.CreateOptions{FieldManager: api.FieldManager(name)})
	require.NoError(t, err)
	for i, message := range missing {
		_, err := w.core.CoreV1().Events(w.namespace).Create(t.Context(), &corev1.Event{
			ObjectMeta:     metav1.ObjectMeta{Name: fmt.Sprintf("%s.%d", name, i)},
			InvolvedObject: corev1.ObjectReference{Kind: "ExternalSecret", APIVersion: api.APIVersion, Namespace: w.namespace, Name: name, UID: es.UID},
			Type:           "Normal", Reason: "MissingProviderSecret", Message: message, Source: corev1.EventSource{Component: "external-secrets"},
			LastTimestamp: metav1.NewTime(at.Add(time.Second)),
		}, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	w.status(t, name, map[string]any{
		"refreshTime": at.Format(time.RFC3339), "syncedResourceVersion": api.SyncedResourceVersion(es.Generation, es.Annotations, es.Labels),
		"conditions": ready("True", "SecretSynced", "secret synced"), "binding": map[string]any{"name": name},
	})
}

// storeCondition writes what the operator's validation of a store has come to.
func (w *world) storeCondition(t *testing.T, name string, ago time.Duration, message string) {
	t.Helper()
	body := fmt.Sprintf(`{"status":{"conditions":[{"type":"Ready","status":"False","reason":"InvalidProviderConfig","message":%q,"lastTransitionTime":%q}]}}`,
		message, time.Now().Add(-ago).UTC().Format(time.RFC3339))
	_, err := w.resource(t, api.APIVersion, "SecretStore", w.namespace).Patch(t.Context(), name, types.MergePatchType, []byte(body), metav1.PatchOptions{}, "status")
	require.NoError(t, err)
}

func TestStatusDoesNotCallHealthyWhatIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withRunner(t)
	ofStore := func(store, manifest string) string {
		return strings.Replace(manifest, "{name: store}", "{name: "+store+"}", 1)
	}
	const pair = "data: [{secretKey: user, remoteRef: {key: app/user}}, {secretKey: pw, remoteRef: {key: app/pw}}]"
	const merge = "target: {deletionPolicy: Merge}, "
	w.apply(t, awsStore, secretStore("gone", "prefix: ''"), secretStore("ill", "prefix: ''"), secretStore("odd", "prefix: ''"),
		externalSecret("fine", pair), externalSecret("lost", merge+pair), externalSecret("regained", merge+pair),
		externalSecret("emptied", merge+"dataFrom: [{extract: {key: app/all}}]"),
		ofStore("gone", externalSecret("storeless", pair)), ofStore("ill", externalSecret("unready", pair)), ofStore("odd", externalSecret("undeterred", pair)),
		externalSecret("missed", "syncWindows: {kind: allow, windows: [{schedule: '0 0 * * *', duration: 1s}]}, "+pair),
		externalSecret("held", fmt.Sprintf("syncWindows: {kind: allow, windows: [{schedule: '0 0 1 %d *', duration: 1h}]}, ", time.Now().UTC().AddDate(0, 2, 0).Month())+pair))
	both := map[string]string{"user": "ada", "pw": "hunter2-hunter2"}
	one := map[string]string{"user": "ada"}
	const absent = "secret does not exist at provider using spec.data[1] (key=app/pw)"
	w.operatorSynced(t, "fine", time.Minute, both)
	w.operatorSynced(t, "lost", time.Minute, one, absent)
	w.operatorSynced(t, "regained", time.Minute, both)
	w.operatorSynced(t, "emptied", time.Minute, one, "secret does not exist at provider using spec.dataFrom[0] (key=app/all)")
	w.operatorSynced(t, "storeless", time.Minute, both)
	w.operatorSynced(t, "unready", 10*time.Minute, both)
	w.operatorSynced(t, "undeterred", time.Minute, both)
	w.operatorSynced(t, "missed", 60*time.Hour, both)
	w.operatorSynced(t, "held", 3*time.Hour, both)
	require.NoError(t, w.resource(t, api.APIVersion, "SecretStore", w.namespace).Delete(t.Context(), "gone", metav1.DeleteOptions{}))
	w.storeCondition(t, "ill", time.Minute, "unable to log in: ExpiredToken: the security token included in the request is expired")
	w.storeCondition(t, "odd", time.Hour, "unable to log in")

	want := map[string]string{
		"fine": "Synced SecretSynced", "lost": "Incomplete KeysMissing", "regained": "Synced SecretSynced", "emptied": "Incomplete KeysMissing",
		"storeless": "AtRisk StoreError", "unready": "AtRisk StoreNotReady", "undeterred": "Synced SecretSynced",
		"missed": "Stale Overdue", "held": "Synced SecretSynced",
	}
	list := w.listed(t)
	for name, state := range want {
		assert.Equal(t, state, list[name].State+" "+list[name].Reason, name)
		alone := w.statusOf(t, name)
		assert.Equal(t, state, alone.State+" "+alone.Reason, "%s by itself", name)
		require.Len(t, alone.Chain.Refreshers.Items, 1, name)
		assert.Equal(t, "CronJob", alone.Chain.Refreshers.Items[0].Kind)
	}
	assert.Equal(t, "the last refresh left out spec.data[1] (key=app/pw)", list["lost"].Message)
	assert.Contains(t, list["storeless"].Message, "there is no such store")
	assert.Contains(t, list["unready"].Message, "unable to log in")
	assert.Greater(t, list["missed"].LateSeconds, int64(12*3600))
	assert.Equal(t, "no sync window of kind allow is open", list["held"].HeldBy)
	assert.NotEmpty(t, list["held"].HeldUntil)
	assert.Zero(t, list["held"].LateSeconds)

	lost := w.statusOf(t, "lost")
	assert.Contains(t, lost.Message, `Secret lost lacks pw (spec.data[1], SecretStore/store, remote key "app/pw")`)
	for _, origin := range lost.Chain.Origins {
		assert.Equal(t, origin.Key == "pw", origin.Missing, origin.Key)
	}
	unready := w.statusOf(t, "unready")
	require.NotNil(t, unready.Diagnosis)
	assert.NotEqual(t, "unknown", unready.Diagnosis.ID)
	assert.Equal(t, "InvalidProviderConfig", unready.Chain.Stores[0].Ready.Reason)

	reader := w.pluginIn(t, w.as(t, "reader", "read"), "status", "-o", "name")
	assert.Zero(t, reader.Code, "without a right to Events: %s", reader.Stderr)
}

func TestStatusSeesThatARefreshHasLeftAKeyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withRunner(t)
	w.aws.Seed(t, map[string]string{"app/user": "ada"})
	w.apply(t, awsStore, externalSecret("part", "target: {deletionPolicy: Merge}, data: [{secretKey: user, remoteRef: {key: app/user}}, {secretKey: pw, remoteRef: {key: app/pw}}]"))
	require.Equal(t, "created", w.pass(t).synced(t).of(t, "part").Outcome)
	require.Equal(t, metav1.ConditionTrue, w.ready(t, "part").Status, "the condition says that all is well")
	assert.Equal(t, "Incomplete", w.listed(t)["part"].State)
	assert.Equal(t, "Incomplete", w.statusOf(t, "part").State)
	assert.Regexp(t, `(?m)^part .* Incomplete +the last refresh left out`, w.plugin(t, "status").Stdout)

	w.aws.Put(t, "app/pw", "hunter2")
	until(t, "all is well", func() bool { // once more where it was in the same second: times are not finer than that
		require.Zero(t, w.plugin(t, "refresh", "part").Code)
		return w.listed(t)["part"].State == "Synced"
	})
	assert.Equal(t, "Synced", w.statusOf(t, "part").State)
}

func TestStatusSeesThatNobodyRefreshesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withRunner(t)
	nobodys := "nobodys-" + w.namespace
	w.apply(t, strings.Replace(secretStore("store", "prefix: ''"), "spec: {", "spec: {controller: "+nobodys+", ", 1),
		externalSecret("orphan", dataOf("a")), externalSecret("settled", "refreshInterval: '0', "+dataOf("a")), externalSecret("late", dataOf("a")))
	w.operatorSynced(t, "orphan", time.Minute, map[string]string{"value": "1"})
	w.operatorSynced(t, "settled", time.Minute, map[string]string{"value": "1"})
	w.operatorSynced(t, "late", 9*time.Hour, map[string]string{"value": "1"})

	orphan := w.statusOf(t, "orphan")
	assert.Equal(t, "AtRisk NobodyRefreshes", orphan.State+" "+orphan.Reason)
	assert.Empty(t, orphan.Chain.Refreshers.Items, "the runner is of another class")
	assert.False(t, orphan.Chain.Refreshers.Partial)
	assert.Contains(t, w.plugin(t, "status", "orphan").Stdout, "<nobody>")
	assert.Equal(t, "Synced", w.statusOf(t, "settled").State, "nobody has to")
	late := w.statusOf(t, "late", "--controller-class", nobodys)
	assert.Equal(t, "Stale Overdue", late.State+" "+late.Reason)
	assert.Contains(t, late.Message, "nobody was seen in the cluster who refreshes it")
	alike := func() {
		t.Helper()
		list, page := w.listed(t, "--controller-class", nobodys), w.reported(t, w.environment(), "--controller-class", nobodys)
		named := w.listed(t, "late", "orphan", "settled", "--controller-class", nobodys)
		require.Len(t, list, 3)
		require.Len(t, page.Items, 3)
		for _, item := range page.Items {
			one := w.statusOf(t, item.Metadata.Name, "--controller-class", nobodys)
			for _, other := range []told{list[item.Metadata.Name], named[item.Metadata.Name]} {
				assert.Equal(t, []string{one.State, one.Reason, one.Message}, []string{other.State, other.Reason, other.Message}, "a list says what it says of one")
			}
			assert.Equal(t, []string{one.State, one.Reason, one.Message}, []string{item.State, item.Reason, item.Message}, "and so does the page")
		}
		assert.Regexp(t, `(?m)^orphan .* `+w.statusOf(t, "orphan", "--controller-class", nobodys).State+` `, w.plugin(t, "status", "orphan", "-o", "wide", "--controller-class", nobodys).Stdout)
	}
	alike()

	w.cluster.Kubectl(t, "", "patch", "cronjob", "externalsecret-runner", "-n", w.namespace, "--type=json", "-p",
		`[{"op":"add","path":"/spec/jobTemplate/spec/template/spec/containers/0/args/-","value":"--controller-class=`+nobodys+`"}]`)
	assert.Equal(t, "Synced", w.statusOf(t, "orphan").State)
	alike()
	w.cluster.Kubectl(t, "", "patch", "cronjob", "externalsecret-runner", "-n", w.namespace, "--type=merge", "-p", `{"spec":{"suspend":true}}`)
	assert.Equal(t, "AtRisk", w.statusOf(t, "orphan").State, "one that is suspended refreshes nothing")
	alike()

	blind := w.pluginIn(t, w.as(t, "reader", "read", "get"), "status", "orphan")
	assert.Contains(t, blind.Stdout, "State:       Synced", "who may not look does not know")
	assert.Contains(t, blind.Stdout, "not all namespaces may be looked in")
	blind = w.pluginIn(t, w.as(t, "reader", "read"), "status")
	assert.Regexp(t, `(?m)^orphan .* Synced`, blind.Stdout, "nor does a list")
	assert.Empty(t, blind.Stderr)
}

func TestStatusOfOneNameTellsWhereItsKeysComeFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withRunner(t)
	w.aws.Seed(t, map[string]string{"app/db": `{"user": "ada", "pw": "hunter2-hunter2"}`, "app/all": `{"host": "db"}`})
	w.apply(t, awsStore, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tpl}\ndata: {config: \"first line\\nuser={{ .user }}\"}",
		externalSecret("made", `target: {template: {data: {url: "canary-of-a-template://{{ .user }}:{{ .pw }}@\n{{ .host }}"}, templateFrom: [{configMap: {name: tpl, items: [{key: config}]}}]}}, `+
			"data: [{secretKey: user, remoteRef: {key: app/db, property: user}}, {secretKey: pw, remoteRef: {key: app/db, property: pw, version: AWSCURRENT}}], dataFrom: [{extract: {key: app/all}}]"))
	w.pass(t).synced(t)
	made := w.statusOf(t, "made")
	require.Len(t, made.Chain.Origins, 2)
	config, url := made.Chain.Origins[0], made.Chain.Origins[1]
	assert.Equal(t, []string{"config", "Certain", "url", "Certain"}, []string{config.Key, config.Certainty, url.Key, url.Certainty})
	require.Len(t, config.Templates, 1)
	assert.Equal(t, "ConfigMap/tpl", config.Templates[0].Object)
	require.Len(t, config.Templates[0].Lines, 1)
	assert.Equal(t, 2, config.Templates[0].Lines[0].Line)
	assert.Equal(t, []string{"user"}, config.Templates[0].Lines[0].Keys)
	text := w.plugin(t, "status", "made").Stdout
	for _, says := range []string{
		"spec.target.template.data.url", "line 1 takes pw, user", "line 2 takes host", "host: perhaps spec.dataFrom[0]",
		`user: spec.data[0], SecretStore/store, remote key "app/db", property "user"`,
		`pw: spec.data[1], SecretStore/store, remote key "app/db", version "AWSCURRENT", property "pw"`, `SecretStore/store, remote key "app/all"`,
	} {
		assert.Contains(t, text, says)
	}
	w.change(t, "made", func(s *corev1.Secret) { s.Data["extra"] = []byte("x"); delete(s.Data, "url") })
	text = w.plugin(t, "status", "made").Stdout
	assert.Regexp(t, `extra: +nothing in the spec gives it`, text)
	assert.Regexp(t, `url: +missing in the Secret: spec.target.template.data.url`, text)
}

func TestStatusShowsNoTextOfTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Seed(t, map[string]string{"a": plainCanary})
	// The author of a template may have written a secret into it.
	held := fmt.Sprintf(`{"good": %q, "broken": %q, "pairs": %q}`, "x: "+oddCanary+" {{ .a }}", oddCanary+"\n{{ .a | \""+keyCanary, keyCanary+": {{ .a }}")
	items := "items: [{key: good}, {key: broken}, {key: pairs, templateAs: KeysAndValues}]"
	w.apply(t, awsStore, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tpl}\ndata: "+held, "apiVersion: v1\nkind: Secret\nmetadata: {name: tpl}\nstringData: "+held)
	for name, target := range map[string]string{
		"whole":   fmt.Sprintf("target: {template: {data: {x: %q}, templateFrom: [{literal: %q}]}}", tokenCanary+" {{ .a }}", "y: "+keyCanary+"{{ .a }}"),
		"broken":  fmt.Sprintf("target: {template: {data: {x: %q}}}", "{{ .a }}\n{{ \""+tokenCanary),
		"apart":   "target: {template: {templateFrom: [{configMap: {name: tpl, " + items + "}}, {secret: {name: tpl, " + items + "}}]}}",
		"rewrite": fmt.Sprintf("dataFrom: [{extract: {key: a}, rewrite: [{transform: {template: %q}}]}], target: {}", tokenCanary+"{{ .value }}"),
	} {
		w.apply(t, externalSecret(name, target+", data: [{secretKey: a, remoteRef: {key: a}}]"))
	}
	w.pass(t)
	secrets := canaries{plainCanary, oddCanary, keyCanary, tokenCanary}
	for _, name := range []string{"whole", "broken", "apart", "rewrite"} {
		for _, args := range [][]string{nil, {"-o", "json"}, {"-o", "yaml"}, {"-o", "wide"}} {
			r := w.plugin(t, append([]string{"status", name}, args...)...)
			require.Zero(t, r.Code, r.Stderr)
			secrets.requireNone(t, "standard output of status "+name+" "+strings.Join(args, " "), r.Stdout)
			secrets.requireNone(t, "standard error of status "+name, r.Stderr)
		}
	}
}

func TestStatusSaysWhatThisVersionDoesNotSupport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withRunner(t)
	store := func(name, spec string) string {
		return "apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: " + name + "}\nspec: {provider: " + spec + "}"
	}
	from := func(name, ref string) string {
		return strings.Replace(externalSecret(name, dataOf("a")), "name: store", "name: "+ref, 1)
	}
	w.apply(t, store("store", "{gitlab: {projectID: x}}"),
		store("vault", "{vault: {server: 'https://vault.example', path: secret, auth: {iam: {role: r, region: eu-central-1}}}}"),
		store("google", "{gcpsm: {projectID: shop-project, auth: {workloadIdentityFederation: {credConfig: {name: c, key: k}}}}}"),
		from("theirs", "store"), from("synced", "store"), from("iam", "vault"), from("file", "google"), from("late", "vault"),
		externalSecret("token", "dataFrom: [{sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: ECRAuthorizationToken, name: ecr}}}]"))
	w.operatorSynced(t, "synced", time.Minute, map[string]string{"value": "1"})
	w.operatorSynced(t, "late", 9*time.Hour, map[string]string{"value": "1"})
	w.pass(t)
	list, page := w.listed(t), w.reported(t, w.environment())
	require.Len(t, page.Items, 6)
	for name, says := range map[string]string{
		"theirs": `SecretStore "store" uses provider "gitlab", which is not supported by this version; no other controller refreshes it`,
		"iam":    `SecretStore "vault": spec.provider.vault.auth.iam is not supported`,
		"file":   `SecretStore "google": spec.provider.gcpsm.auth.workloadIdentityFederation.credConfig is not supported`,
		"token":  "spec.dataFrom[0].sourceRef.generatorRef: a generator of kind ECRAuthorizationToken is not supported by this version",
		"late":   `SecretStore "vault": spec.provider.vault.auth.iam is not supported`,
	} {
		want := "NeverSynced Unsupported"
		if name == "late" {
			want = "Stale Unsupported"
		}
		one := w.statusOf(t, name)
		assert.Equal(t, want, one.State+" "+one.Reason, name)
		assert.Contains(t, one.Message, says)
		assert.Contains(t, one.Message, "; no other controller refreshes it")
		assert.Equal(t, [2]string{want, one.Message}, [2]string{list[name].State + " " + list[name].Reason, list[name].Message}, "a list says the same")
	}
	for _, item := range page.Items {
		assert.Equal(t, list[item.Metadata.Name].Message, item.Message, "and so does the report")
	}
	assert.Equal(t, "Synced", list["synced"].State, "another controller has it")
	assert.Zero(t, w.aws.Counters(t).Total(), "no provider was asked")
}
