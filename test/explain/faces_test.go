package explain_test

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// renamed is an ExternalSecret, or a store, under another name.
func renamed(manifest, from, to string) string {
	return strings.ReplaceAll(manifest, "{name: "+from+"}", "{name: "+to+"}")
}

// cause is one of those that --all prints.
type cause struct {
	Failed    trace.Step
	Store     string
	Diagnosis struct{ ID string }
	Objects   []struct{ Namespace, Name, Error string }
}

func TestManyAreGroupedByTheirCauses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, store(), reading("plain"), renamed(reading("nowhere"), "app", "lost"), renamed(reading("nowhere-else"), "app", "strayed"),
		renamed(renamed(reading("plain"), "app", "orphan"), "store", "gone"), renamed(renamed(reading("plain"), "app", "waif"), "store", "never"))
	r := w.run(t, "--all")
	require.Equal(t, 1, r.Code, "%s%s", r.Stdout, r.Stderr)
	var causes struct {
		Kind          string `json:"kind"`
		Total, Broken int
		Causes        []cause
		Warned        int
		Warnings      []cause
	}
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &causes))
	assert.Equal(t, "ExternalSecretCauses", causes.Kind)
	assert.Equal(t, [2]int{5, 4}, [2]int{causes.Total, causes.Broken})
	var told []string
	for _, cause := range causes.Causes {
		words := []string{string(cause.Failed), cause.Store}
		assert.NotEqual(t, "unknown", cause.Diagnosis.ID)
		for _, object := range cause.Objects {
			assert.Equal(t, w.namespace, object.Namespace)
			assert.NotEmpty(t, object.Error)
			words = append(words, object.Name)
		}
		told = append(told, strings.Join(words, " "))
	}
	assert.Equal(t, []string{"Read  lost strayed", "Store SecretStore " + w.namespace + "/gone orphan", "Store SecretStore " + w.namespace + "/never waif"}, told,
		"what most of them share goes first")
	assert.Equal(t, 1, causes.Warned)
	if assert.Len(t, causes.Warnings, 1, "what would be read well is new, and nobody will") {
		of := causes.Warnings[0]
		assert.Equal(t, "Due K8S-60 app", string(of.Failed)+" "+of.Diagnosis.ID+" "+of.Objects[0].Name)
		assert.Contains(t, of.Objects[0].Error, "nothing has refreshed it yet: nobody was seen in the cluster who refreshes it")
	}

	assert.Zero(t, w.run(t, "--field-selector", "metadata.name=app").Code, "of those that are chosen none is broken")
	nothing := w.run(t, "-l", "no=such")
	assert.Zero(t, nothing.Code)
	assert.Contains(t, nothing.Stderr, "No resources found in "+w.namespace+" namespace.")
}

func TestAStoreIsExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	applying(inAllNamespaces(store()), fromCluster(dataOf("plain")))(t, w)
	w.apply(t, storeOf("role: "+roleARN("nobody")), renamed(reading("plain"), "app", "other"))
	for arg, want := range map[string]struct {
		code   int
		failed trace.Step
		users  int
	}{
		"clusterstore/" + w.namespace: {0, "", 1},
		"store/store":                 {1, trace.Identity, 1},
		"store/none":                  {1, trace.Store, 0},
	} {
		r := w.run(t, arg)
		var e struct {
			Kind     string
			Metadata struct{ Name string }
			Failed   trace.Step
			Steps    []struct{ Step trace.Step }
			UsedBy   struct{ Total, Healthy int }
		}
		require.NoError(t, json.Unmarshal([]byte(r.Stdout), &e), "%s: %s%s", arg, r.Stdout, r.Stderr)
		assert.Equal(t, want.code, r.Code, arg)
		assert.Equal(t, "StoreExplanation", e.Kind)
		assert.Equal(t, arg[strings.Index(arg, "/")+1:], e.Metadata.Name)
		assert.Equal(t, want.failed, e.Failed, arg)
		assert.Equal(t, [2]trace.Step{trace.Store, trace.Identity}, [2]trace.Step{e.Steps[0].Step, e.Steps[len(e.Steps)-1].Step}, arg)
		assert.Equal(t, want.users, e.UsedBy.Total, arg)
		assert.Zero(t, e.UsedBy.Healthy, "nothing has been refreshed")
	}
}

func TestAKeyIsExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, store(), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tpl}\ndata: {url: 'db://{{ .value }}'}",
		externalSecret("target: {template: {templateFrom: [{configMap: {name: tpl, items: [{key: url}]}}]}}, "+dataOf("plain")))
	r := w.run(t, "app", "url", "-o", "jsonpath={.key.certainty} {.key.templates[0].lines[0].keys} {.key.templates[0].inputs[0].entries[0].remoteKey}")
	assert.Zero(t, r.Code, r.Stderr)
	assert.Equal(t, `Certain ["value"] plain`, r.Stdout)
}

func TestWhatCanBeExplainedIsCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	applying(inAllNamespaces(store()))(t, w)
	w.apply(t, store(), externalSecret("target: {template: {mergePolicy: Merge, data: {url: '{{ .value }}'}}}, "+dataOf("plain")), renamed(reading("plain"), "app", "stork"))
	for args, want := range map[string]string{
		"app":                         "app\n",
		"st":                          "stork\nstore/store\n",
		"store/":                      "store/store\n",
		"clusterstore/" + w.namespace: "clusterstore/" + w.namespace + "\n",
		"app ":                        "url\nvalue\n",
		"es/app v":                    "value\n",
		"app value ":                  "",
		"store/store ":                "",
		"nothing ":                    "",
		"--error ":                    "",
	} {
		completed := harness.Run(t, w.environment, pluginPath(t),
			append([]string{"__complete", "explain", "--namespace", w.namespace}, strings.Split(args, " ")...)...)
		assert.Equal(t, want+":4\n", completed.Stdout, args)
	}
}

func TestAnExplanationThatIsStoppedSaysNothing(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"app", "--all", "store/store"} {
		t.Run(arg, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.apply(t, store(), reading("plain"))
			for _, operation := range []string{harness.OpGetSecretValue, harness.OpBatchGetSecretValue, "sts.GetCallerIdentity"} {
				w.aws.Latency(t, operation, 30*time.Second)
			}
			p := harness.Start(t, w.environment, pluginPath(t), "explain", "--namespace", w.namespace, arg)
			until(t, "AWS is asked", func() bool { return w.aws.Counters(t).Total() > 0 })
			began := time.Now()
			p.Signal(t, syscall.SIGINT)
			r := p.Wait(t)
			assert.Equal(t, 130, r.Code, r.Stderr)
			assert.Empty(t, r.Stdout)
			assert.Contains(t, r.Stderr, "stopped by a signal: interrupt\n")
			assert.Less(t, time.Since(began), 10*time.Second)
		})
	}
}
