package template_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
)

type texts = map[string]string

func secrets(of texts) map[string]secret.Value {
	values := map[string]secret.Value{}
	for key, value := range of {
		values[key] = secret.FromString(value)
	}
	return values
}

func reveal(values map[string]secret.Value) texts {
	of := texts{}
	for key, value := range values {
		of[key] = string(value.Reveal())
	}
	return of
}

// objects are what the templates in these tests are kept in.
func objects() template.Objects {
	return template.Objects{
		{Kind: template.KindConfigMap, Name: "tpl"}: secrets(texts{
			"config": "user={{ .user }}\n", "pairs": "a: {{ .user }}\n{{ .user }}-key: b\n", "broken": "\n{{ .none }}", "unread": "{{ nope }}",
		}),
		{Kind: template.KindSecret, Name: "tpl"}: secrets(texts{"config": "hunter22={{ .user | upper }}", "broken": `{{ "hunter22" | hunter22 }}`}),
	}
}

func literal(text string) api.TemplateFrom { return api.TemplateFrom{Literal: &text} }

func configMap(items ...api.TemplateRefItem) api.TemplateFrom {
	return api.TemplateFrom{ConfigMap: &api.TemplateRef{Name: "tpl", Items: items}}
}

func fromSecret(items ...api.TemplateRefItem) api.TemplateFrom {
	return api.TemplateFrom{Secret: &api.TemplateRef{Name: "tpl", Items: items}}
}

func into(target string, from api.TemplateFrom) api.TemplateFrom {
	from.Target = target
	return from
}

func TestData(t *testing.T) {
	fetched := texts{"user": "ada", "password": "p:w"}
	for name, tc := range map[string]struct {
		template api.Template
		want     texts
	}{
		"a template without data keeps what was fetched": {api.Template{}, fetched},
		"data stands instead of what was fetched":        {api.Template{Data: texts{"dsn": "{{ .user }}:{{ .password }}@db"}}, texts{"dsn": "ada:p:w@db"}},
		"mergePolicy Replace says so too":                {api.Template{MergePolicy: "Replace", Data: texts{"x": "1"}}, texts{"x": "1"}},
		"mergePolicy Merge adds data":                    {api.Template{MergePolicy: "Merge", Data: texts{"x": "1"}}, texts{"user": "ada", "password": "p:w", "x": "1"}},
		"mergePolicy Merge lets data win":                {api.Template{MergePolicy: "Merge", Data: texts{"user": "{{ .user }}!"}}, texts{"user": "ada!", "password": "p:w"}},
		"a template does not see what another one made":  {api.Template{Data: texts{"user": "new", "x": "{{ .user }}"}}, texts{"user": "new", "x": "ada"}},
		"a key of data is no template":                   {api.Template{Data: texts{"key": "{{ .user }}"}}, texts{"key": "ada"}},
		"an empty result is an empty value":              {api.Template{Data: texts{"x": ""}}, texts{"x": ""}},
		"a ConfigMap's key takes the result":             {api.Template{TemplateFrom: []api.TemplateFrom{configMap(api.TemplateRefItem{Key: "config"})}}, texts{"config": "user=ada\n"}},
		"a Secret's key takes the result":                {api.Template{TemplateFrom: []api.TemplateFrom{fromSecret(api.TemplateRefItem{Key: "config", TemplateAs: "Values"})}}, texts{"config": "hunter22=ADA"}},
		"keys and values come from a result":             {api.Template{TemplateFrom: []api.TemplateFrom{configMap(api.TemplateRefItem{Key: "pairs", TemplateAs: "KeysAndValues"})}}, texts{"a": "ada", "ada-key": "b"}},
		"a literal gives keys and values":                {api.Template{TemplateFrom: []api.TemplateFrom{literal("{{ range $k, $v := . }}x_{{ $k }}: {{ $v | toJson }}\n{{ end }}")}}, texts{"x_user": "ada", "x_password": "p:w"}},
		"an empty literal gives nothing":                 {api.Template{TemplateFrom: []api.TemplateFrom{literal("")}}, texts{}},
		"a literal that is a comment gives nothing":      {api.Template{TemplateFrom: []api.TemplateFrom{literal("# nothing")}}, texts{}},
		"a literal that is null gives nothing":           {api.Template{TemplateFrom: []api.TemplateFrom{literal("null")}}, texts{}},
		"later templateFrom win":                         {api.Template{TemplateFrom: []api.TemplateFrom{literal("a: 1\nb: 1"), literal("b: 2")}}, texts{"a": "1", "b": "2"}},
		"within one templateFrom literal wins over secret, and that over configMap": {
			api.Template{TemplateFrom: []api.TemplateFrom{func() api.TemplateFrom {
				from := configMap(api.TemplateRefItem{Key: "config"}, api.TemplateRefItem{Key: "pairs", TemplateAs: "KeysAndValues"})
				from.Secret, from.Literal = fromSecret(api.TemplateRefItem{Key: "config"}).Secret, literal("a: last").Literal
				return from
			}()}}, texts{"config": "hunter22=ADA", "a": "last", "ada-key": "b"}},
		"data wins over templateFrom":          {api.Template{Data: texts{"a": "data"}, TemplateFrom: []api.TemplateFrom{literal("a: from\nb: from")}}, texts{"a": "data", "b": "from"}},
		"templateFrom for labels replaces too": {api.Template{TemplateFrom: []api.TemplateFrom{into("Labels", literal("a: b"))}}, texts{}},
		"values are decoded": {api.Template{TemplateFrom: []api.TemplateFrom{func() api.TemplateFrom {
			from := literal("a: {{ .user | b64enc }}")
			from.ValuesDecodingStrategy = api.DecodingStrategyBase64
			return from
		}()}}, texts{"a": "ada"}},
		"keys are not decoded, and data neither": {api.Template{Data: texts{"d": "YWRh"}, TemplateFrom: []api.TemplateFrom{func() api.TemplateFrom {
			from := literal("YWRh: YWRh")
			from.ValuesDecodingStrategy = api.DecodingStrategyAuto
			return from
		}()}}, texts{"YWRh": "ada", "d": "YWRh"}},
		"the key of a ConfigMap's template is decoded for": {api.Template{TemplateFrom: []api.TemplateFrom{func() api.TemplateFrom {
			from := configMap(api.TemplateRefItem{Key: "b64"})
			from.ValuesDecodingStrategy = api.DecodingStrategyBase64URL
			return from
		}()}}, texts{"b64": "\xfb\xff"}},
	} {
		t.Run(name, func(t *testing.T) {
			held := objects()
			held[template.ObjectRef{Kind: template.KindConfigMap, Name: "tpl"}]["b64"] = secret.FromString("-_8=")
			got, err := template.Render(&tc.template, held, secrets(fetched))
			require.NoError(t, err)
			assert.Equal(t, tc.want, reveal(got.Data))
			assert.Empty(t, got.Warnings)
		})
	}
}

func TestMetadata(t *testing.T) {
	spec := api.Template{
		Type: "kubernetes.io/basic-auth",
		Metadata: api.TemplateMetadata{
			Labels:      texts{"app": "{{ .user }}", "plain": "x"},
			Annotations: texts{"example.com/Note": "for {{ .user }}", "{{ .user }}": "x"},
			Finalizers:  []string{"example.com/keep"},
		},
		TemplateFrom: []api.TemplateFrom{
			into("LABELS", literal("app: from\nmore: {{ .user }}")),
			into("annotations", configMap(api.TemplateRefItem{Key: "config"})),
			into("data", literal("a: b")),
		},
	}
	delete(spec.Metadata.Annotations, "{{ .user }}")
	got, err := template.Render(&spec, objects(), secrets(texts{"user": "ada"}))
	require.NoError(t, err)
	assert.Equal(t, "kubernetes.io/basic-auth", got.Type)
	assert.Equal(t, texts{"app": "ada", "plain": "x", "more": "ada"}, reveal(got.Labels), "metadata wins over templateFrom")
	assert.Equal(t, texts{"example.com/Note": "for ada", "config": "user=ada\n"}, reveal(got.Annotations))
	assert.Equal(t, []string{"example.com/keep"}, got.Finalizers)
	assert.Equal(t, texts{"a": "b"}, reveal(got.Data))
}

func TestMetadataAloneKeepsWhatWasFetched(t *testing.T) {
	got, err := template.Render(&api.Template{Metadata: api.TemplateMetadata{Labels: texts{"a": "b"}}}, nil, secrets(texts{"user": "ada"}))
	require.NoError(t, err)
	assert.Equal(t, texts{"user": "ada"}, reveal(got.Data))
	assert.Empty(t, got.Annotations)
}

func TestErrorsNameThePlace(t *testing.T) {
	const place = "spec.target.template."
	decoding := func(from api.TemplateFrom) api.TemplateFrom {
		from.ValuesDecodingStrategy = api.DecodingStrategyBase64
		return from
	}
	from := func(from ...api.TemplateFrom) api.Template { return api.Template{TemplateFrom: from} }
	for name, tc := range map[string]struct {
		template api.Template
		want     string
	}{
		"data": {api.Template{Data: texts{"a": "ok", "config": "\n{{ .none }}"}},
			place + `data.config: line 2: there is no key "none" here; the fetched keys are password, user`},
		"data with dots in its key": {api.Template{Data: texts{"app.conf": "{{ nope }}"}}, place + `data[app.conf]: line 1: there is no function "nope"`},
		"a label":                   {api.Template{Metadata: api.TemplateMetadata{Labels: texts{"example.com/a": "{{ .none }}"}}}, place + `metadata.labels[example.com/a]: line 1: there is no key "none"`},
		"an annotation":             {api.Template{Metadata: api.TemplateMetadata{Annotations: texts{"a": "{{ if }}"}}}, place + "metadata.annotations.a: line 1: missing value for if"},
		"a literal":                 {from(literal("ok: ok"), literal("a: {{ .none }}")), place + `templateFrom[1].literal: line 1: there is no key "none"`},
		"a ConfigMap's template":    {from(configMap(api.TemplateRefItem{Key: "config"}, api.TemplateRefItem{Key: "broken"})), place + `templateFrom[0].configMap.items[1] (ConfigMap "tpl", key "broken"): line 2: there is no key "none"`},
		"a ConfigMap's function":    {from(configMap(api.TemplateRefItem{Key: "unread"})), place + `templateFrom[0].configMap.items[0] (ConfigMap "tpl", key "unread"): line 1: there is no function "nope"`},
		"a Secret's template": {from(fromSecret(api.TemplateRefItem{Key: "broken"})),
			place + `templateFrom[0].secret.items[0] (Secret "tpl", key "broken"): line 1: it calls a function that there is not`},
		"a ConfigMap that is not there": {from(api.TemplateFrom{ConfigMap: &api.TemplateRef{Name: "none", Items: []api.TemplateRefItem{{Key: "a"}}}}),
			place + `templateFrom[0].configMap: there is no ConfigMap "none" in the namespace`},
		"a Secret that is not there": {from(api.TemplateFrom{Secret: &api.TemplateRef{Name: "none", Items: []api.TemplateRefItem{{Key: "a"}}}}),
			place + `templateFrom[0].secret: there is no Secret "none" in the namespace`},
		"a key that is not there": {from(fromSecret(api.TemplateRefItem{Key: "none"})),
			place + `templateFrom[0].secret.items[0]: Secret "tpl" has no key "none"; it has broken, config`},
		"a scope that is none":          {from(configMap(api.TemplateRefItem{Key: "config", TemplateAs: "x"})), place + `templateFrom[0].configMap.items[0].templateAs "x" is none of Values and KeysAndValues`},
		"a target that is none":         {from(into("spec.config", literal("a: b"))), place + `templateFrom[0].target "spec.config" is none of Data, Labels and Annotations`},
		"an engine that is gone":        {api.Template{EngineVersion: "v1"}, place + `engineVersion "v1" is not supported: there is v2 only`},
		"a mergePolicy that is none":    {api.Template{MergePolicy: "x"}, place + `mergePolicy "x" is none of Replace and Merge`},
		"a decoding strategy of none":   {from(api.TemplateFrom{Literal: literal("a: b").Literal, ValuesDecodingStrategy: "x"}), place + `templateFrom[0].literal: key "a" of its result: decodingStrategy "x" is none of`},
		"a value that can't be decoded": {from(decoding(literal("pass: {{ .user }}"))), place + `templateFrom[0].literal: key "pass" of its result: the value can't be decoded under decodingStrategy Base64`},
		"a result that can't be decoded": {from(decoding(configMap(api.TemplateRefItem{Key: "config"}))),
			place + `templateFrom[0].configMap.items[0] (ConfigMap "tpl", key "config"): the value can't be decoded under decodingStrategy Base64`},
		"a key of data that no Secret has":   {api.Template{Data: texts{"a b": "x"}}, place + "data.a b: the key is not valid: a valid config key"},
		"an empty key":                       {from(literal(`"": x`)), place + "templateFrom[0].literal: a key of its result: the key is not valid: a valid config key"},
		"a label that is not valid":          {api.Template{Metadata: api.TemplateMetadata{Labels: texts{"a": "{{ .password }}"}}}, place + "metadata.labels.a: the value is not valid: a valid label"},
		"a label's key that is not valid":    {api.Template{Metadata: api.TemplateMetadata{Labels: texts{"a b": ""}}}, place + "metadata.labels.a b: the key is not valid: name part"},
		"an annotation's key that's invalid": {from(into("Annotations", literal("a b: c"))), place + `templateFrom[0].literal: key "a b" of its result: the key is not valid: name part`},
		"a literal that is text":             {from(literal("{{ .user }}")), place + "templateFrom[0].literal: its result is not YAML with keys and values"},
		"a literal that is a list":           {from(literal("- a")), place + "templateFrom[0].literal: its result is not YAML with keys and values"},
		"a literal that nests":               {from(literal("a: b\nc:\n  d: e")), place + `templateFrom[0].literal: key "c" of its result is a map or a list, and a value is text`},
		"a value that breaks YAML":           {from(literal("a: b\nc: {{ .password }}")), place + "templateFrom[0].literal: line 2 of the result: its result is not YAML"},
		"data that no Secret can hold":       {api.Template{Data: texts{"a": `{{ repeat 600000 "x" }}`, "b": `{{ repeat 600000 "x" }}`}}, "spec.target.template: the Secret would hold 1200000 bytes, and a Secret holds at most 1048576"},
		"a result that no Secret can hold":   {from(literal(`{{ range 3 }}{{ printf "#%s\n" (repeat 900000 "x") }}{{ end }}`)), place + "templateFrom[0].literal: its result has more than 2097152 bytes, and no Secret can hold it"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := template.Render(&tc.template, objects(), secrets(texts{"user": "ada", "password": "hunter22: [x"}))
			require.ErrorContains(t, err, tc.want)
			assert.True(t, strings.HasPrefix(err.Error(), tc.want), err.Error())
			assert.NotContains(t, err.Error(), "hunter22")
		})
	}
}

func TestKeysThatAreValuesAreNotQuoted(t *testing.T) {
	for name, text := range map[string]string{
		"a key that is not valid": "{{ .v }} x: y",
		"a key whose value nests": "{{ .v }}:\n  a: b",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := template.Render(&api.Template{TemplateFrom: []api.TemplateFrom{literal(text)}}, nil, secrets(texts{"v": "hunter22"}))
			require.ErrorContains(t, err, "spec.target.template.templateFrom[0].literal: a key of its result")
			assert.NotContains(t, err.Error(), "hunter22")
		})
	}
}

func TestRenderedIsNeverPrinted(t *testing.T) {
	got, err := template.Render(&api.Template{
		Data:     texts{"a": "{{ .v }}"},
		Metadata: api.TemplateMetadata{Labels: texts{"a": "{{ .v }}"}, Annotations: texts{"a": "{{ .v }}"}},
	}, nil, secrets(texts{"v": "hunter22"}))
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		assert.NotContains(t, fmt.Sprintf(verb, got), "hunter22")
	}
}
