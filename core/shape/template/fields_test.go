package template_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
)

func keysAndValues(key string) api.TemplateRefItem {
	return api.TemplateRefItem{Key: key, TemplateAs: api.TemplateScopeKeysAndValues}
}

func TestFields(t *testing.T) {
	type field struct {
		path  []any
		value string
		merge bool
	}
	fetched := texts{"user": "ada", "number": "007", "list": "[1, {a: b}]", "odd": "p: [w"}
	for name, tc := range map[string]struct {
		from api.TemplateFrom
		want field
	}{
		"a map is merged into what is there":           {into("spec.db", literal("user: {{ .user }}\nport: 5432")), field{[]any{"spec", "db"}, `{"port":5432,"user":"ada"}`, true}},
		"a field of the object itself is replaced":     {into("spec", literal("a: {b: {{ .user }}}")), field{[]any{"spec"}, `{"a":{"b":"ada"}}`, false}},
		"the case of names is kept":                    {into("spec.logLevel", literal("{{ .user }}")), field{[]any{"spec", "logLevel"}, `"ada"`, true}},
		"lists have indexes":                           {into("spec.m[2][0].v", literal("{{ .user }}")), field{[]any{"spec", "m", 2, 0, "v"}, `"ada"`, true}},
		"a value is read as YAML":                      {into("spec.a.b", configMap(api.TemplateRefItem{Key: "list"})), field{[]any{"spec", "a", "b"}, `[1,{"a":"b"}]`, false}},
		"a value that is no YAML is text":              {into("spec.a", configMap(api.TemplateRefItem{Key: "odd"})), field{[]any{"spec", "a"}, `"p: [w"`, false}},
		"a value of a field of the object is its text": {into("spec", configMap(api.TemplateRefItem{Key: "number"})), field{[]any{"spec", "number"}, `"007"`, false}},
		"keys and values of a ConfigMap":               {into("spec.a", configMap(keysAndValues("pairs"))), field{[]any{"spec", "a"}, `{"ada":1}`, true}},
	} {
		t.Run(name, func(t *testing.T) {
			held := template.Objects{{Kind: template.KindConfigMap, Name: "tpl"}: secrets(texts{
				"list": "{{ .list }}", "odd": "{{ .odd }}", "number": "{{ .number }}", "pairs": "{{ .user }}: 1",
			})}
			got, err := template.RenderObject(&api.Template{TemplateFrom: []api.TemplateFrom{tc.from}}, held, secrets(fetched))
			require.NoError(t, err)
			require.Len(t, got.Fields, 1)
			f := got.Fields[0]
			assert.Equal(t, tc.want, field{f.Path, string(f.Value.Reveal()), f.Merge})
			assert.Empty(t, got.Data)
		})
	}
}

func TestFieldsComeInOrderBesideData(t *testing.T) {
	got, err := template.RenderObject(&api.Template{
		Data:         texts{"a": "{{ .user }}"},
		TemplateFrom: []api.TemplateFrom{into("spec.b", literal("x: 1")), literal("c: d"), into("spec.b", literal("x: 2"))},
	}, nil, secrets(texts{"user": "ada"}))
	require.NoError(t, err)
	require.Len(t, got.Fields, 2)
	assert.Equal(t, `{"x":1}`, string(got.Fields[0].Value.Reveal()))
	assert.Equal(t, `{"x":2}`, string(got.Fields[1].Value.Reveal()))
	assert.Equal(t, texts{"a": "ada", "c": "d"}, reveal(got.Data))
}

func TestWhatAnObjectsTemplateMayNotDo(t *testing.T) {
	for name, tc := range map[string]struct {
		template api.Template
		want     string
	}{
		"a type":               {api.Template{Type: "Opaque"}, "spec.target.template.type is for Secrets only"},
		"its metadata":         {api.Template{TemplateFrom: []api.TemplateFrom{into("metadata.namespace", literal("a"))}}, `spec.target.template.templateFrom[0].target "metadata.namespace" is refused`},
		"its kind":             {api.Template{TemplateFrom: []api.TemplateFrom{into("kind", literal("a"))}}, `target "kind" is refused`},
		"its status":           {api.Template{TemplateFrom: []api.TemplateFrom{into("status.x", literal("a"))}}, `target "status.x" is refused`},
		"an empty step":        {api.Template{TemplateFrom: []api.TemplateFrom{into("spec..x", literal("a"))}}, `target "spec..x" is none of Data, Labels and Annotations, and no path such as`},
		"an index of its own":  {api.Template{TemplateFrom: []api.TemplateFrom{into("[0]", literal("a"))}}, `target "[0]" is none of`},
		"an index that is not": {api.Template{TemplateFrom: []api.TemplateFrom{into("spec.x[-1]", literal("a"))}}, `target "spec.x[-1]" is none of`},
		"a list without end":   {api.Template{TemplateFrom: []api.TemplateFrom{into("spec.x[10001]", literal("a"))}}, `target "spec.x[10001]" has an index of more than 10000`},
		"what is not YAML":     {api.Template{TemplateFrom: []api.TemplateFrom{into("spec.x", literal("hunter22: [x"))}}, "spec.target.template.templateFrom[0].literal: line 1 of the result"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := template.RenderObject(&tc.template, nil, nil)
			require.ErrorContains(t, err, tc.want)
			assert.NotContains(t, err.Error(), "hunter22")
		})
	}
}
