package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// generator is a generator with its spec in YAML's flow style.
func generator(kind, name, spec string) string {
	return fmt.Sprintf("apiVersion: generators.external-secrets.io/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec: %s", kind, name, spec)
}

// from is spec.dataFrom with an entry for each generator, such as "Password/strong".
func from(generators ...string) string {
	var entries []string
	for _, g := range generators {
		kind, name, _ := strings.Cut(g, "/")
		entries = append(entries, fmt.Sprintf("{sourceRef: {generatorRef: {kind: %s, name: %s}}}", kind, name))
	}
	return "dataFrom: [" + strings.Join(entries, ", ") + "]"
}

// storeless is an ExternalSecret that names no store and is due at every pass.
func storeless(name, spec string) string {
	return fmt.Sprintf("apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: %s}\nspec: {refreshInterval: 1ms, %s}", name, spec)
}

// withoutStatus takes the status away, as if the pass had been killed before it wrote it.
func (w *world) withoutStatus(t *testing.T, name string) {
	t.Helper()
	_, err := w.resource(t, api.APIVersion, api.KindExternalSecret, w.namespace).Patch(t.Context(), name, types.JSONPatchType,
		[]byte(`[{"op": "remove", "path": "/status"}]`), metav1.PatchOptions{}, "status")
	require.NoError(t, err)
}

func TestGeneratorsRunOnceAndNeverOverASecretThatExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, generator("Password", "strong", "{length: 20, digits: 4, symbols: 0, secretKeys: [user, admin]}"), generator("UUID", "id", "{}"),
		generator("SSHKey", "key", "{keyType: ed25519, comment: app@shop}"), generator("Fake", "fixed", "{data: {colour: red}}"),
		storeless("app", from("Password/strong", "UUID/id", "SSHKey/key", "Fake/fixed")), storeless("twin", from("Password/strong")))

	p := w.pass(t, "--dry-run=client").synced(t)
	assert.Equal(t, map[string]int{"created": 2}, p.Report.Outcomes)
	w.noSecret(t, "app")

	p = w.pass(t).synced(t)
	require.Equal(t, "created", p.of(t, "app").Outcome)
	made := w.secret(t, "app")
	data := w.data(t, "app")
	assert.Regexp(t, `^[a-zA-Z0-9]{20}$`, data["user"])
	assert.NotEqual(t, data["user"], data["admin"])
	assert.Len(t, data["uuid"], 36)
	assert.Equal(t, "red", data["colour"])
	_, err := ssh.ParsePrivateKey([]byte(data["privateKey"]))
	require.NoError(t, err)
	assert.Contains(t, data["publicKey"], " app@shop\n")
	assert.NotEqual(t, data["user"], w.data(t, "twin")["user"], "what is made is never shared")
	status := w.get(t, "app").Status
	assert.Equal(t, api.ReasonSecretSynced, w.ready(t, "app").Reason)
	assert.NotEmpty(t, status.SyncedResourceVersion)
	assert.Equal(t, "app", status.Binding.Name)
	require.Len(t, w.events(t, "app"), 1)

	why := `Secret "app" exists, and its generators would make new values and so rotate live credentials: delete Secret "app" to have it made anew`
	p = w.pass(t).synced(t)
	assert.Equal(t, "skipped", p.of(t, "app").Outcome)
	assert.Equal(t, "Generator", p.of(t, "app").Reason)
	assert.Equal(t, why, p.of(t, "app").Message)
	assert.Equal(t, "skipped", w.pass(t, "--dry-run=client").of(t, "app").Outcome)
	for _, args := range [][]string{{"app"}, {"app", "--dry-run=server"}, {"--all"}} {
		r := w.plugin(t, append([]string{"refresh"}, args...)...)
		require.Zero(t, r.Code, r.Stderr)
		assert.Contains(t, r.Stdout, called+"app skipped: "+why)
	}
	assert.Equal(t, made, w.secret(t, "app"), "not even its metadata was touched")
	assert.Equal(t, status, w.get(t, "app").Status)
	assert.Len(t, w.events(t, "app"), 1)

	w.delete(t, "app")
	assert.Equal(t, "created", w.pass(t).of(t, "app").Outcome)
	assert.NotEqual(t, data["user"], w.data(t, "app")["user"])
}

func TestGeneratorsMixWithOtherEntriesRewritesAndTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Seed(t, map[string]string{"db": `{"host": "db.shop", "password": "old"}`, "a": "1"})
	w.apply(t, awsStore, generator("Password", "strong", "{length: 8, symbols: 0}"), generator("Fake", "late", "{data: {host: made-up}}"),
		externalSecret("mixed", "target: {template: {mergePolicy: Merge, data: {url: 'pg://{{ .password }}@{{ .host }}'}}}, "+
			"data: [{secretKey: a, remoteRef: {key: a}}], "+
			"dataFrom: [{extract: {key: db}}, {sourceRef: {generatorRef: {kind: Password, name: strong}}}]"),
		externalSecret("ordered", "dataFrom: [{sourceRef: {generatorRef: {kind: Fake, name: late}}}, {extract: {key: db}}]"),
		externalSecret("rewritten", "dataFrom: [{sourceRef: {generatorRef: {kind: Fake, name: late}}, rewrite: [{regexp: {source: '^', target: 'my-'}}]}]"))
	w.pass(t).synced(t)
	mixed := w.data(t, "mixed")
	assert.Len(t, mixed["password"], 8, "the later entry wins")
	assert.Equal(t, map[string]string{"a": "1", "host": "db.shop", "password": mixed["password"], "url": "pg://" + mixed["password"] + "@db.shop"}, mixed)
	assert.Equal(t, "db.shop", w.data(t, "ordered")["host"])
	assert.Equal(t, map[string]string{"my-host": "made-up"}, w.data(t, "rewritten"))

	w.aws.ResetCounters(t)
	for _, r := range []harness.Result{w.plugin(t, "refresh", "--all"), w.plugin(t, "refresh", "mixed")} {
		require.Zero(t, r.Code, r.Stderr)
	}
	assert.Zero(t, w.aws.Counters(t).Total(), "nothing is read for what is not written")
	assert.Equal(t, mixed, w.data(t, "mixed"))
}

func TestWhatKeepsGeneratorsFromRunning(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before  []string
		spec    string
		outcome string
		reason  string
		says    []string
		ready   bool // whether the failure is recorded
	}{
		"a Secret that nobody manages": {[]string{opaque("app", map[string]string{"theirs": "x"})}, from("UUID/id"),
			"skipped", "Generator", []string{`Secret "app" exists`}, false},
		"the same where it could be merged into": {[]string{opaque("app", map[string]string{"theirs": "x"})}, "target: {creationPolicy: CreateOrMerge}, " + from("UUID/id"),
			"skipped", "Generator", []string{`Secret "app" exists`}, false},
		"creation policy Merge": {[]string{opaque("app", map[string]string{"theirs": "x"})}, "target: {creationPolicy: Merge}, " + from("UUID/id"),
			"skipped", "Generator", []string{"creationPolicy Merge"}, false},
		"creation policy None": {nil, "target: {creationPolicy: None}, " + from("UUID/id"), "skipped", "Generator", []string{"creationPolicy None"}, false},
		"a generator that is not there": {nil, from("UUID/id", "Password/none"), "failed", "Invalid",
			[]string{"spec.dataFrom[1].sourceRef.generatorRef", `there is no Password "none"`, "create it"}, true},
		"a ClusterGenerator that is not there": {nil, from("ClusterGenerator/none"), "failed", "Invalid", []string{`there is no ClusterGenerator "none"`}, true},
		"a generator of a kind that can't be run": {nil, from("UUID/id", "VaultDynamicSecret/db"), "failed", "Unsupported",
			[]string{"spec.dataFrom[1]", "kind VaultDynamicSecret is not supported by this version", "External Secrets Operator"}, false},
		"a ClusterGenerator around such a kind": {nil, from("ClusterGenerator/NAMESPACE-vault"), "failed", "Unsupported", []string{"kind VaultDynamicSecret is not supported"}, false},
		"a generator of another class":          {nil, from("UUID/id", "Fake/theirs"), "skipped", "OtherClass", []string{`Fake "theirs"`, `is of class "theirs"`}, false},
		"a ClusterGenerator around one of another class": {nil, from("ClusterGenerator/NAMESPACE-theirs"), "skipped", "OtherClass",
			[]string{`-theirs" is of class "theirs"`}, false},
		"a spec of which nothing can be made": {nil, from("Password/long"), "failed", "Invalid",
			[]string{"spec.dataFrom[0].sourceRef.generatorRef: the generator can't be run: spec.digits", "there are 10", "allowRepeat"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.apply(t, append(test.before, generator("UUID", "id", "{}"), generator("Fake", "theirs", "{controller: theirs, data: {a: b}}"),
				generator("Password", "long", "{length: 64}"),
				generator("ClusterGenerator", w.namespace+"-vault", "{kind: VaultDynamicSecret, generator: {vaultDynamicSecretSpec: {path: x}}}"),
				generator("ClusterGenerator", w.namespace+"-theirs", "{kind: Fake, generator: {fakeSpec: {controller: theirs, data: {a: b}}}}"),
				storeless("app", strings.ReplaceAll(test.spec, "NAMESPACE", w.namespace)))...)
			left := w.leftIn(t)
			p := w.pass(t)
			r := p.of(t, "app")
			assert.Equal(t, []string{test.outcome, test.reason}, []string{r.Outcome, r.Reason}, r.Message)
			for _, says := range test.says {
				assert.Contains(t, r.Message, says)
			}
			assert.Equal(t, left, w.leftIn(t), "no Secret is made or touched")
			if test.ready {
				assert.Equal(t, metav1.ConditionFalse, w.ready(t, "app").Status)
				assert.Contains(t, w.ready(t, "app").Message, test.says[0])
			} else {
				assert.Empty(t, w.get(t, "app").Status)
				assert.Empty(t, w.events(t, "app"))
			}
			if test.reason == "OtherClass" {
				assert.Equal(t, "created", w.pass(t, "--controller-class", "theirs").of(t, "app").Outcome, "whoever is of that class serves it")
			}
		})
	}
}

func TestAClusterGeneratorServesEveryNamespace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.another(t)
	name := w.namespace + "-id"
	w.apply(t, generator("ClusterGenerator", name, "{kind: UUID, generator: {uuidSpec: {}}}"), generator("Password", "private", "{}"),
		storeless("app", from("ClusterGenerator/"+name)))
	other.apply(t, storeless("app", from("ClusterGenerator/"+name)), storeless("thief", from("Password/private")))
	w.pass(t).synced(t)
	p := other.pass(t)
	assert.Equal(t, "created", p.of(t, "app").Outcome)
	assert.NotEqual(t, w.data(t, "app")["uuid"], other.data(t, "app")["uuid"])
	assert.Contains(t, p.of(t, "thief").Message, fmt.Sprintf(`there is no Password "private" in namespace %q`, other.namespace))
}

func TestASecretThatAppearsWhileGeneratorsRunIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"Owner", "Orphan", "CreateOrMerge"} {
		t.Run("under "+policy, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "a", "1")
			w.apply(t, awsStore, generator("UUID", "id", "{}"),
				externalSecret("app", "target: {creationPolicy: "+policy+"}, "+dataOf("a")+", "+from("UUID/id")))
			w.aws.Latency(t, harness.OpGetSecretValue, 1500*time.Millisecond)
			p := w.start(t)
			w.untilAsked(t)
			w.apply(t, opaque("app", map[string]string{"uuid": "live"}))
			theirs := w.secret(t, "app")
			r := readPass(t, p.Wait(t)).synced(t).of(t, "app")
			assert.Equal(t, []string{"skipped", "Generator"}, []string{r.Outcome, r.Reason})
			assert.Contains(t, r.Message, `Secret "app" was made meanwhile`)
			assert.Equal(t, theirs, w.secret(t, "app"))
			assert.Empty(t, w.get(t, "app").Status)
		})
	}
}

func TestPassesAtOnceMakeOneSetOfValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, generator("UUID", "id", "{}"))
	for i := range 20 {
		w.apply(t, storeless(fmt.Sprint("es-", i), "target: {name: "+fmt.Sprint("s-", i/2)+", creationPolicy: Orphan}, "+from("UUID/id")))
	}
	passes := []*harness.Process{w.start(t), w.start(t), w.startProgram(t, pluginPath(t), "refresh", "--all", "--namespace", w.namespace)}
	created := 0
	for i, p := range passes {
		r := p.Wait(t)
		require.Zero(t, r.Code, "%s%s", r.Stdout, r.Stderr)
		assert.NotContains(t, r.Stdout, "updated", "none is overwritten")
		if i < 2 {
			created += readPass(t, r).Report.Outcomes["created"]
		} else {
			created += strings.Count(r.Stdout, " created\n")
		}
	}
	assert.Equal(t, 10, created, "each Secret is made once, whoever makes it")
}

func TestASecretThatAKilledPassHasMadeIsRecordedByTheNext(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"Owner", "Orphan", "CreateOrMerge"} {
		t.Run("under "+policy, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.apply(t, generator("UUID", "id", "{}"), storeless("app", "target: {creationPolicy: "+policy+"}, "+from("UUID/id")))
			w.pass(t).synced(t)
			made := w.secret(t, "app")
			w.withoutStatus(t, "app")
			assert.Equal(t, "unchanged", w.pass(t).synced(t).of(t, "app").Outcome)
			assert.Equal(t, made, w.secret(t, "app"))
			assert.Equal(t, metav1.ConditionTrue, w.ready(t, "app").Status)
			assert.Equal(t, "app", w.get(t, "app").Status.Binding.Name)
			assert.Equal(t, "Generator", w.pass(t).synced(t).of(t, "app").Reason)
		})
	}
}

func TestAGeneratorIsReadOnceAPass(t *testing.T) {
	w := newWorld(t)
	w.apply(t, generator("Password", "strong", "{}"))
	for i := range 10 {
		w.apply(t, storeless(fmt.Sprint("es-", i), from("Password/strong")))
	}
	counted := func() harness.RequestCounts {
		before := w.cluster.Requests(t)
		w.pass(t).synced(t)
		since := w.cluster.Requests(t).Sub(before).Only("passwords", "secrets", "externalsecrets/status", "events")
		maps.DeleteFunc(since, func(kind harness.Request, _ int) bool {
			// The garbage collector reads a Secret whose owner it has not heard of yet.
			return kind.Verb == "GET" && kind.Resource == "secrets" && kind.Code == "200"
		})
		return since
	}
	kube := counted()
	assert.Equal(t, 1, kube.Count("GET", "passwords"))
	assert.Equal(t, 10, kube.Count("GET", "secrets"), "each is looked for by name first")
	assert.Equal(t, 10, kube.Count("POST", "secrets"))
	kube = counted()
	assert.Equal(t, kube.Count("LIST", "secrets"), kube.Total(), "nothing but the list of Secrets:\n%s", kube)
	values := map[string]bool{}
	for i := range 10 {
		values[w.data(t, fmt.Sprint("es-", i))["password"]] = true
	}
	assert.Len(t, values, 10)
}

func TestGeneratorsNeedARightOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, generator("UUID", "id", "{}"), storeless("app", from("UUID/id")))
	rest := []string{"read", "status", "list", "get", "write", "events"}
	r := w.passIn(t, w.as(t, "without", rest...)).of(t, "app")
	assert.Equal(t, "failed", r.Outcome)
	assert.Contains(t, r.Message, `could not get UUID "id"`)
	assert.Contains(t, r.Message, "forbidden")
	assert.Equal(t, "created", w.passIn(t, w.as(t, "with", append(rest, "generators")...)).synced(t).of(t, "app").Outcome)
}

func TestGeneratorsNeverRunOverAnObjectThatIsNoSecretEither(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, generator("UUID", "id", "{}"), storeless("app", "target: {manifest: {apiVersion: v1, kind: ConfigMap}}, "+from("UUID/id")))
	configMap := func() map[string]string {
		m, err := w.core.CoreV1().ConfigMaps(w.namespace).Get(t.Context(), "app", metav1.GetOptions{})
		require.NoError(t, err)
		return m.Data
	}
	assert.Equal(t, "created", w.pass(t, generic).synced(t).of(t, "app").Outcome)
	made := configMap()
	assert.Len(t, made["uuid"], 36)
	r := w.pass(t, generic).synced(t).of(t, "app")
	assert.Equal(t, "Generator", r.Reason)
	assert.Contains(t, r.Message, `ConfigMap "app" exists`)
	w.withoutStatus(t, "app")
	assert.Equal(t, "unchanged", w.pass(t, generic).synced(t).of(t, "app").Outcome)
	assert.Equal(t, "ResourceSynced", w.ready(t, "app").Reason)
	assert.Equal(t, "Generator", w.pass(t, generic).synced(t).of(t, "app").Reason)
	assert.Equal(t, made, configMap())
}

func TestNoGeneratedValueGetsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, generator("Password", "strong", "{length: 40, allowRepeat: true, symbols: 0}"), generator("SSHKey", "key", "{keyType: ed25519}"))
	var printed []string
	run := func(i int, args ...string) {
		name := fmt.Sprint("app-", i)
		w.apply(t, storeless(name, from("Password/strong", "SSHKey/key")))
		r := w.plugin(t, append([]string{"refresh", name}, args...)...)
		require.Zero(t, r.Code, r.Stderr)
		again := w.plugin(t, append([]string{"refresh", name}, args...)...)
		printed = append(printed, r.Stdout, r.Stderr, again.Stdout, again.Stderr)
	}
	for level := range 11 {
		run(level, fmt.Sprintf("-v=%d", level))
	}
	for i, output := range []string{"json", "yaml", "name", "jsonpath={.results}"} {
		run(20+i, "-o", output)
	}
	w.apply(t, storeless("last", from("Password/strong", "SSHKey/key")))
	p := w.pass(t, "--log-level", "debug").synced(t)
	printed = append(printed, p.Stdout, p.Stderr)
	var secrets canaries
	for name, s := range w.leftIn(t) {
		for _, key := range []string{"password", "privateKey"} {
			require.NotEmpty(t, s.Data[key], name)
			lines := strings.Split(s.Data[key], "\n")
			secrets = append(secrets, lines[min(3, len(lines)-1)]) // of a key a line in which it differs from others
		}
	}
	require.Len(t, secrets, 32)
	for _, text := range printed {
		secrets.requireNone(t, "the output", text)
	}
	secrets.requireNoneInCluster(t, w)
}

func TestRenderRunsGenerators(t *testing.T) {
	t.Parallel()
	manifests := strings.Join([]string{
		generator("Password", "strong", "{length: 40, symbols: 0, allowRepeat: true}"), generator("ClusterGenerator", "id", "{kind: UUID, generator: {uuidSpec: {}}}"),
		storeless("app", from("Password/strong", "ClusterGenerator/id")),
	}, "\n---\n")
	file := filepath.Join(t.TempDir(), "manifests.yaml")
	require.NoError(t, os.WriteFile(file, []byte(manifests), 0o600))
	r := harness.Run(t, nil, pluginPath(t), "render", "-f", file, "--namespace", "shop")
	require.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, "password: '*** (40 bytes)'")
	assert.Contains(t, r.Stdout, "uuid: '*** (36 bytes)'")
	r = harness.Run(t, nil, pluginPath(t), "render", "-f", file, "--namespace", "shop", "--show-secrets", "-o", "json")
	require.Zero(t, r.Code, r.Stderr)
	var s struct{ Data map[string][]byte }
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &s))
	assert.Len(t, s.Data["password"], 40)
}
