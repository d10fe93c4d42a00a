package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

const generic = "--unsafe-allow-generic-targets"

// widgets is a kind whose objects hold anything in spec and data.
const widgets = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.generic.example.com}
spec:
  group: generic.example.com
  names: {kind: Widget, plural: widgets, singular: widget}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}`

// withWidgets has the API server serve Widgets as long as the test lasts.
func (w *world) withWidgets(t *testing.T) {
	t.Helper()
	w.cluster.Kubectl(t, widgets, "apply", "-f", "-")
	w.cluster.Kubectl(t, "", "wait", "--for=condition=Established", "crd/widgets.generic.example.com")
	definitions := schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	t.Cleanup(func() {
		require.NoError(t, w.objects.Resource(definitions).Delete(context.WithoutCancel(t.Context()), "widgets.generic.example.com", metav1.DeleteOptions{}))
	})
}

// object reads an object of a resource such as "configmaps" or "widgets.v1.generic.example.com"; nil if there is none.
func (w *world) object(t *testing.T, resource schema.GroupVersionResource, name string) *unstructured.Unstructured {
	t.Helper()
	list, err := w.objects.Resource(resource).Namespace(w.namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=" + name})
	require.NoError(t, err)
	if len(list.Items) == 0 {
		return nil
	}
	return &list.Items[0]
}

func configMaps() schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
}

func theWidgets() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "generic.example.com", Version: "v1", Resource: "widgets"}
}

// parsed reads YAML as the API server's answers are read.
func parsed(t *testing.T, text string) any {
	t.Helper()
	var value any
	require.NoError(t, yaml.Unmarshal([]byte(text), &value))
	return value
}

func TestObjectsThatAreNoSecretsAreWritten(t *testing.T) {
	w := newWorld(t) // not parallel: it adds a kind
	w.withWidgets(t)
	w.aws.Put(t, "db", `{"user":"ada","port":"5432"}`)
	w.apply(t, awsStore)
	for name, tc := range map[string]struct {
		spec     string
		resource schema.GroupVersionResource
		field    string // of the object
		want     string // in YAML
		labels   map[string]string
	}{
		"a ConfigMap": {
			spec: "target: {manifest: {apiVersion: v1, kind: ConfigMap}}, dataFrom: [{extract: {key: db}}]", resource: configMaps(),
			field: "data", want: "{user: ada, port: '5432'}",
		},
		"an object without a template": {
			spec: "target: {manifest: {apiVersion: generic.example.com/v1, kind: Widget}}, dataFrom: [{extract: {key: db}}]", resource: theWidgets(),
			field: "spec", want: "{data: {user: ada, port: '5432'}}",
		},
		"a template for parts of it": {
			spec: `target: {manifest: {apiVersion: generic.example.com/v1, kind: Widget}, template: {metadata: {labels: {who: "{{ .user }}"}}, templateFrom: [
				{target: spec.dataBase, literal: "user: {{ .user }}"}, {target: "spec.ports[0].number", literal: "{{ .port }}"}, {target: spec.dataBase, literal: "port: {{ .port }}"}]}},
				dataFrom: [{extract: {key: db}}]`,
			resource: theWidgets(), field: "spec", want: "{dataBase: {user: ada, port: 5432}, ports: [{number: 5432}]}", labels: map[string]string{"who": "ada"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.apply(t, externalSecret("app", "refreshInterval: 1ms, "+tc.spec))
			assert.Equal(t, "created", w.pass(t, generic).synced(t).of(t, "app").Outcome)
			o := w.object(t, tc.resource, "app")
			require.NotNil(t, o)
			got, err := yaml.Marshal(o.Object[tc.field])
			require.NoError(t, err)
			assert.Equal(t, parsed(t, tc.want), parsed(t, string(got)))
			for key, value := range tc.labels {
				assert.Equal(t, value, o.GetLabels()[key])
			}
			es := w.get(t, "app")
			assert.True(t, metav1.IsControlledBy(o, es))
			assert.Equal(t, "true", o.GetLabels()[api.LabelManaged])
			assert.Equal(t, api.ObjectHash(o.Object), o.GetAnnotations()[api.AnnotationDataHash])
			assert.Equal(t, "ResourceSynced", es.Ready().Reason)
			assert.Nil(t, es.Status.Binding, "it binds no Secret")

			assert.Equal(t, "unchanged", w.pass(t, generic).synced(t).of(t, "app").Outcome)
			assert.Equal(t, o.GetResourceVersion(), w.object(t, tc.resource, "app").GetResourceVersion(), "nothing was written")
			_, err = w.core.CoreV1().Secrets(w.namespace).Get(t.Context(), "app", metav1.GetOptions{})
			require.Error(t, err, "and no Secret")

			w.cluster.Kubectl(t, "", "delete", "externalsecret", "app", "-n", w.namespace)
			require.Eventually(t, func() bool { return w.object(t, tc.resource, "app") == nil }, time.Minute, 100*time.Millisecond, "it goes with its owner")
		})
	}
}

func TestWhatBecomesOfAConfigMap(t *testing.T) {
	t.Parallel()
	const target = "manifest: {apiVersion: v1, kind: ConfigMap}"
	for name, tc := range map[string]struct {
		before  string // the ConfigMap that is there, in YAML; empty for none
		spec    string
		gone    bool // at the provider
		outcome string
		says    string
		reason  string // of the condition
		want    string // its data, in YAML; empty for no ConfigMap
	}{
		"one of somebody's is adopted": {
			"metadata: {name: app}, data: {theirs: x}", "target: {" + target + "}", false, "updated", "ConfigMap app was there before", "ResourceSynced", "{value: new}",
		},
		"one is merged into": {
			"metadata: {name: app}, data: {theirs: x}", "target: {creationPolicy: Merge, " + target + "}", false, "updated", "", "ResourceSynced", "{theirs: x, value: new}",
		},
		"there is none to merge into": {
			"", "target: {creationPolicy: Merge, " + target + "}", false, "skipped", "resource will not be created", "ResourceMissing", "",
		},
		"another's is not taken": {
			"metadata: {name: app, ownerReferences: [{apiVersion: example.com/v1, kind: App, name: p, uid: u, controller: true}]}, data: {theirs: x}",
			"target: {" + target + "}", false, "failed", `its controller is App "p"`, "ResourceSyncedError", "{theirs: x}",
		},
		"none is made without a source": {
			"", "target: {deletionPolicy: Delete, " + target + "}", true, "unchanged", "", "ResourceDeleted", "",
		},
		"nothing is written under None": {
			"", "target: {creationPolicy: None, " + target + "}", false, "unchanged", "", "ResourceSynced", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if !tc.gone {
				w.aws.Put(t, "a", "new")
			}
			if tc.before != "" {
				w.cluster.Kubectl(t, fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, %s}", tc.before), "create", "-n", w.namespace, "-f", "-")
			}
			w.apply(t, awsStore, externalSecret("app", tc.spec+", "+dataOf("a")))
			p := w.pass(t, generic)
			r := p.of(t, "app")
			assert.Equal(t, tc.outcome, r.Outcome)
			assert.Equal(t, "ConfigMap/app", r.Target)
			assert.Empty(t, r.Secret)
			assert.Contains(t, r.Message+strings.Join(r.Warnings, ""), tc.says)
			assert.Equal(t, tc.reason, w.get(t, "app").Ready().Reason)
			o := w.object(t, configMaps(), "app")
			if tc.want == "" {
				assert.Nil(t, o)
				return
			}
			require.NotNil(t, o)
			assert.Equal(t, parsed(t, tc.want), o.Object["data"])
		})
	}
}

func TestAConfigMapThatWasAlteredIsPutBackAndOneWhoseSourceIsGoneGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", "target: {deletionPolicy: Delete, manifest: {apiVersion: v1, kind: ConfigMap}}, "+dataOf("a")))
	w.pass(t, generic).synced(t)
	assert.Equal(t, "skipped", w.pass(t, generic).of(t, "app").Outcome, "it is not due")

	w.cluster.Kubectl(t, "", "patch", "configmap", "app", "-n", w.namespace, "-p", `{"data":{"value":"other","more":"x"}}`)
	r := w.pass(t, generic).synced(t).of(t, "app")
	assert.Equal(t, "updated", r.Outcome)
	assert.Equal(t, []string{"data.value"}, r.Changes.Changed)
	assert.Equal(t, []string{"data.more"}, r.Changes.Removed)
	assert.Equal(t, map[string]any{"value": "1"}, w.object(t, configMaps(), "app").Object["data"])

	w.aws.Delete(t, "a")
	dry := w.plugin(t, "refresh", "app", generic, "--dry-run=server")
	assert.Contains(t, dry.Stdout, "deleted")
	require.NotNil(t, w.object(t, configMaps(), "app"))
	refreshed := w.plugin(t, "refresh", "app", generic)
	assert.Zero(t, refreshed.Code, refreshed.Stderr)
	assert.Contains(t, refreshed.Stdout, "deleted: resource deleted due to DeletionPolicy=Delete")
	assert.Nil(t, w.object(t, configMaps(), "app"))
	assert.Contains(t, w.cluster.Kubectl(t, "", "get", "events", "-n", w.namespace), "Deleted ConfigMap app")
}

func TestOtherTargetsThanSecretsHaveToBePermittedAndMakeSense(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "canary-value")
	w.aws.PutBinary(t, "binary", []byte{0xff, 0xfe})
	spec := func(manifest string) string { return "target: {manifest: " + manifest + "}, " + dataOf("a") }
	w.apply(t, awsStore,
		externalSecret("fine", spec("{apiVersion: v1, kind: ConfigMap}")),
		externalSecret("secret", spec("{apiVersion: v1, kind: Secret}")),
		externalSecret("no-such-kind", spec("{apiVersion: example.com/v1, kind: Nothing}")),
		externalSecret("no-namespace", spec("{apiVersion: v1, kind: Namespace}")),
		externalSecret("binary", "target: {manifest: {apiVersion: v1, kind: ConfigMap}}, "+dataOf("binary")),
		externalSecret("quota", "target: {manifest: {apiVersion: v1, kind: ResourceQuota}, template: {templateFrom: [{target: spec.hard, literal: 'pods: {{ .value }}'}]}}, "+dataOf("a")),
	)
	p := w.pass(t)
	r := p.of(t, "fine")
	assert.Equal(t, []string{"failed", "Unsupported"}, []string{r.Outcome, r.Reason})
	assert.Contains(t, r.Message, generic)
	assert.Nil(t, w.get(t, "fine").Ready(), "another controller may be permitted to")
	assert.Equal(t, "created", p.of(t, "secret").Outcome, "a Secret is a Secret")
	assert.Equal(t, map[string]string{"value": "canary-value"}, w.data(t, "secret"))

	p = w.pass(t, generic)
	assert.Equal(t, "created", p.of(t, "fine").Outcome)
	for name, says := range map[string]string{
		"no-such-kind": "spec.target.manifest: no kind of object that can be written: the API server has no Nothing in example.com/v1",
		"no-namespace": "spec.target.manifest: no kind of object that can be written: a Namespace of v1 is in no namespace",
		"binary":       `the value of key "value" is not text, and a ConfigMap holds nothing else: use a Secret`,
		"quota":        "could not update ResourceQuota",
	} {
		assert.Equal(t, "failed", p.of(t, name).Outcome, name)
		assert.Contains(t, p.of(t, name).Message, says)
		assert.Equal(t, "ResourceSyncedError", w.get(t, name).Ready().Reason)
		assert.NotContains(t, w.get(t, name).Ready().Message, "canary-value")
	}
	assert.NotContains(t, p.Stdout+p.Stderr, "canary-value", "the API server quotes what it refuses")
	status := w.plugin(t, "status", "fine")
	assert.Contains(t, status.Stdout, "ConfigMap/fine")
	assert.NotContains(t, status.Stdout, "canary-value")
}
