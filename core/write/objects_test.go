package write_test

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// shelf holds one object as an API server does.
type shelf struct {
	object *unstructured.Unstructured
	puts   int
	// before, if set, is called in front of each write: a test may meddle.
	before func()
}

func (s *shelf) GetObject(_ context.Context, kind schema.GroupVersionKind, _, name string) (*unstructured.Unstructured, error) {
	if s.object == nil {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: kind.Kind}, name)
	}
	return s.object.DeepCopy(), nil
}

func (s *shelf) PutObject(_ context.Context, object *unstructured.Unstructured, _ string, dryRun bool) error {
	s.puts++
	if s.before != nil {
		s.before()
		s.before = nil
	}
	version := 0
	if s.object != nil {
		version, _ = strconv.Atoi(s.object.GetResourceVersion())
		if object.GetResourceVersion() != s.object.GetResourceVersion() {
			return apierrors.NewConflict(schema.GroupResource{Resource: object.GetKind()}, object.GetName(), nil)
		}
	}
	if !dryRun {
		s.object = object.DeepCopy()
		s.object.SetResourceVersion(strconv.Itoa(version + 1))
	}
	return nil
}

func (s *shelf) DeleteObject(context.Context, *unstructured.Unstructured, bool) error {
	s.object = nil
	return nil
}

// onShelf is an object in YAML that is there already.
func onShelf(t *testing.T, text string) *shelf {
	t.Helper()
	if text == "" {
		return &shelf{}
	}
	object := &unstructured.Unstructured{}
	require.NoError(t, yaml.Unmarshal([]byte(text), &object.Object))
	object.SetResourceVersion("1")
	return &shelf{object: object}
}

const widget = "spec: {target: {creationPolicy: Orphan, template: {data: {a: x}}, manifest: {apiVersion: example.com/v1, kind: Widget}}}"

func (s *shelf) apply(t *testing.T, content write.Content, dryRun write.DryRun) (write.Outcome, error) {
	t.Helper()
	es := externalSecret(t, widget)
	live, err := write.NewIndex(nil, s).Target(t.Context(), es)
	require.NoError(t, err)
	return (&write.Targets{Objects: s, DryRun: dryRun}).Apply(t.Context(), es, content, live)
}

func field(path []any, value string, merge bool) write.Field {
	return write.Field{Path: path, Value: secret.FromString(value), Merge: merge}
}

func TestFieldsOfAnObject(t *testing.T) {
	for name, tc := range map[string]struct {
		live   string
		fields []write.Field
		want   string // spec, in JSON
		err    string
	}{
		"maps and lists are made on the way": {
			"", []write.Field{field([]any{"spec", "a", 1, "b"}, `1`, false)}, `{"a":[null,{"b":1}]}`, "",
		},
		"what is there stays beside": {
			"{apiVersion: example.com/v1, kind: Widget, metadata: {name: db}, spec: {theirs: 1, a: {b: 1, c: 2}}}",
			[]write.Field{field([]any{"spec", "a"}, `{"b":3}`, true)}, `{"a":{"b":3,"c":2},"theirs":1}`, "",
		},
		"a field is replaced that is not to be merged": {
			"{apiVersion: example.com/v1, kind: Widget, metadata: {name: db}, spec: {theirs: 1}}",
			[]write.Field{field([]any{"spec"}, `{"b":3}`, false)}, `{"b":3}`, "",
		},
		"numbers keep their digits": {
			"", []write.Field{field([]any{"spec", "n"}, `9007199254740993`, false)}, `{"n":9007199254740993}`, "",
		},
		"a text is no map": {
			"{apiVersion: example.com/v1, kind: Widget, metadata: {name: db}, spec: {a: text}}",
			[]write.Field{field([]any{"spec", "a", "b"}, `"hunter22"`, false)}, "", "spec.a.b can't be set: a field on the way is of another shape",
		},
		"a map is no list": {
			"{apiVersion: example.com/v1, kind: Widget, metadata: {name: db}, spec: {a: {}}}",
			[]write.Field{field([]any{"spec", "a", 0}, `"hunter22"`, false)}, "", "spec.a[0] can't be set: a field on the way is of another shape",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := onShelf(t, tc.live)
			_, err := s.apply(t, write.Content{Fields: tc.fields}, write.DryRunNone)
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				assert.NotContains(t, err.Error(), "hunter22")
				assert.Zero(t, s.puts)
				return
			}
			require.NoError(t, err)
			got, err := json.Marshal(s.object.Object["spec"])
			require.NoError(t, err)
			assert.Equal(t, tc.want, string(got))
			assert.NotContains(t, s.object.Object, "data", "no template made any")

			outcome, err := s.apply(t, write.Content{Fields: tc.fields}, write.DryRunNone)
			require.NoError(t, err)
			assert.Equal(t, write.Unchanged, outcome.Result)
			assert.Equal(t, 1, s.puts, "the same again writes nothing")
		})
	}
}

func TestAnObjectThatChangesMeanwhileIsReadAgain(t *testing.T) {
	s := onShelf(t, "{apiVersion: example.com/v1, kind: Widget, metadata: {name: db}, spec: {theirs: 1}}")
	s.before = func() {
		require.NoError(t, unstructured.SetNestedField(s.object.Object, "2", "spec", "theirs"))
		s.object.SetResourceVersion("7")
	}
	outcome, err := s.apply(t, write.Content{Fields: []write.Field{field([]any{"spec", "a"}, `1`, false)}}, write.DryRunNone)
	require.NoError(t, err)
	assert.Equal(t, write.Outcome{Result: write.Updated, Changes: write.Changes{Added: []string{"spec.a"}, Metadata: true}, Adopted: true}, outcome)
	assert.Equal(t, map[string]any{"theirs": "2", "a": int64(1)}, s.object.Object["spec"])
	assert.Equal(t, 2, s.puts)
}

func TestStaleMetadataAndDataOfAnObjectGo(t *testing.T) {
	s := onShelf(t, `
apiVersion: example.com/v1
kind: Widget
metadata:
  name: db
  labels: {mine: a, theirs: b}
  managedFields:
  - manager: `+api.FieldManager("db")+`
    operation: Update
    fieldsV1: {"f:metadata": {"f:labels": {"f:mine": {}}}, "f:data": {"f:old": {}}}
data: {old: x}`)
	_, err := s.apply(t, write.Content{Data: hidden(map[string]string{"new": "y"})}, write.DryRunNone)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"new": "y"}, s.object.Object["data"])
	assert.Equal(t, map[string]string{"theirs": "b", api.LabelManaged: "true"}, s.object.GetLabels())
}

func TestADryRunOfAnObjectSendsNothing(t *testing.T) {
	s := &shelf{}
	outcome, err := s.apply(t, write.Content{Data: hidden(map[string]string{"a": "x"})}, write.DryRunClient)
	require.NoError(t, err)
	assert.Equal(t, write.Outcome{Result: write.Created, Changes: write.Changes{Added: []string{"data.a"}}}, outcome)
	assert.Zero(t, s.puts)
}
