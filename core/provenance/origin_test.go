package provenance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
)

const (
	store    = "secretStoreRef: {name: aws}\n"
	password = "data: [{secretKey: password, remoteRef: {key: app/db, property: pw, version: '3'}}]\n"
	extract  = "dataFrom: [{extract: {key: app/all}}]\n"
)

// object is an ExternalSecret of a spec in YAML.
func object(t *testing.T, spec string) *api.ExternalSecret {
	t.Helper()
	es := &api.ExternalSecret{}
	require.NoError(t, yaml.UnmarshalStrict([]byte(spec), &es.Spec))
	return es
}

// sketch is an origin on one line: its key, its certainty, and the paths of its entries and templates with their inputs.
func sketch(o provenance.Origin) string {
	var words []string
	for _, entry := range o.Entries {
		words = append(words, entry.Path)
	}
	for _, t := range o.Templates {
		word := strings.TrimPrefix(t.Path, "spec.target.template.")
		for _, line := range t.Lines {
			word += " / " + line.String()
		}
		for _, input := range t.Inputs {
			word += " < " + sketch(input)
		}
		words = append(words, word)
	}
	for _, t := range o.UsedBy {
		words = append(words, "used by "+strings.TrimPrefix(t.Path, "spec.target.template.")+" "+t.Lines[0].String())
	}
	text := o.Key + " " + string(o.Certainty)
	if o.Missing {
		text += " missing"
	}
	return strings.TrimSpace(text + ": " + strings.Join(words, "; "))
}

func TestOf(t *testing.T) {
	for name, tc := range map[string]struct {
		spec string
		keys []string
		want []string
	}{
		"an entry of data is certain":                       {store + password, []string{"password"}, []string{"password Certain: spec.data[0]"}},
		"a key that the Secret lacks is missing":            {store + password, nil, []string{"password Certain missing: spec.data[0]"}},
		"a key of nobody":                                   {store + password, []string{"extra", "password"}, []string{"extra Unexplained:", "password Certain: spec.data[0]"}},
		"an extract may give any key":                       {store + extract, []string{"a"}, []string{"a Possible: spec.dataFrom[0]"}},
		"a key that an extract might give is not missing":   {store + extract, nil, []string{}},
		"data wins over dataFrom":                           {store + password + extract, []string{"password"}, []string{"password Certain: spec.data[0]"}},
		"where absence is no failure, dataFrom may step in": {store + password + extract + "target: {deletionPolicy: Merge}", []string{"password"}, []string{"password Possible: spec.data[0]; spec.dataFrom[0]"}},
		"the later one of two wins": {
			store + "data: [{secretKey: a, remoteRef: {key: x}}, {secretKey: a, remoteRef: {key: y}}]\n", []string{"a"},
			[]string{"a Certain: spec.data[1]"},
		},
		"of several dataFrom the later one wins": {
			store + "dataFrom: [{extract: {key: x}}, {find: {name: {regexp: y}}}, {sourceRef: {generatorRef: {kind: UUID, name: id}}}]", []string{"a"},
			[]string{"a Possible: spec.dataFrom[2]; spec.dataFrom[1]; spec.dataFrom[0]"},
		},
		"a template of its key": {
			store + password + "target: {template: {data: {url: \"db:\\n{{ .password }}\"}}}", []string{"url"},
			[]string{"url Certain: data.url / line 2 takes password < password Certain: spec.data[0]"},
		},
		"a template replaces the fetched values": {
			store + password + "target: {template: {data: {url: '{{ .password }}'}}}", []string{"password", "url"},
			[]string{"password InputOnly: spec.data[0]; used by data.url line 1 takes password", "url Certain: data.url / line 1 takes password < password Certain: spec.data[0]"},
		},
		"a key of the provider that a template names": {
			store + extract + "target: {template: {data: {url: '{{ .user }}'}}}", []string{"user", "other"},
			[]string{"other Unexplained:", "url Certain missing: data.url / line 1 takes user < user Possible: spec.dataFrom[0]", "user InputOnly: spec.dataFrom[0]; used by data.url line 1 takes user"},
		},
		"a template beside the fetched values": {
			store + password + "target: {template: {mergePolicy: Merge, data: {url: '{{ .password }}'}}}", nil,
			[]string{"password Certain missing: spec.data[0]; used by data.url line 1 takes password", "url Certain missing: data.url / line 1 takes password < password Certain: spec.data[0]"},
		},
		"a template wins over an entry": {
			store + password + "target: {template: {mergePolicy: Merge, data: {password: '{{ .password }}!'}}}", []string{"password"},
			[]string{"password Certain: data.password / line 1 takes password < password Certain: spec.data[0]; used by data.password line 1 takes password"},
		},
		"a template of metadata leaves the values": {
			store + password + "target: {template: {metadata: {labels: {l: '{{ .password }}'}}}}", []string{"password"},
			[]string{"password Certain: spec.data[0]; used by metadata.labels.l line 1 takes password"},
		},
		"a template that takes all": {
			store + password + extract + "target: {template: {data: {all: '{{ range . }}{{ . }}{{ end }}'}}}", nil,
			[]string{"all Certain missing: data.all / line 1 takes all values < Possible: spec.dataFrom[0] < password Certain: spec.data[0]"},
		},
		"a template with keys of its own may make any": {
			store + password + "target: {template: {templateFrom: [{literal: 'a: {{ .password }}'}]}}", []string{"a"},
			[]string{"a Possible: templateFrom[0].literal / line 1 takes password < password Certain: spec.data[0]"},
		},
		"a template of the key wins over one with keys of its own": {
			store + password + "target: {template: {data: {a: x}, templateFrom: [{literal: 'a: {{ .password }}'}]}}", []string{"a"},
			[]string{"a Certain: data.a"},
		},
		"templates that are not read": {
			store + password + "target: {template: {templateFrom: [{configMap: {name: tpl, items: [{key: a}, {key: b, templateAs: KeysAndValues}]}}]}}", nil,
			[]string{"a Possible missing: templateFrom[0].configMap.items[1]; templateFrom[0].configMap.items[0]"},
		},
		"a value that nothing gives": {
			store + password + "target: {template: {data: {url: '{{ .user }}'}}}", []string{"url"},
			[]string{"url Certain: data.url / line 1 takes user < user Unexplained:"},
		},
		"nothing is written": {store + password + "target: {creationPolicy: None}", nil, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := []string{}
			for _, origin := range provenance.Of(object(t, tc.spec), tc.keys, nil) {
				got = append(got, sketch(origin))
			}
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestEntriesInWords(t *testing.T) {
	spec := store + `
data:
- {secretKey: a, remoteRef: {key: app/db, property: pw, version: '3', decodingStrategy: Base64, conversionStrategy: Default, metadataPolicy: None}}
- {secretKey: b, remoteRef: {key: "x\u001b[2J", metadataPolicy: Fetch, decodingStrategy: None}, sourceRef: {storeRef: {kind: ClusterSecretStore, name: shared}}}
`
	from := `
secretStoreRef: {name: aws, kind: ClusterSecretStore}
dataFrom:
- {extract: {key: app/all}, rewrite: [{regexp: {source: "^db_(.*)", target: "$1"}}, {transform: {template: "{{ ` + "`hunter2`" + ` }}"}}, {merge: {}}, {merge: {strategy: JSON, into: all}}]}
- {find: {path: app/, name: {regexp: "^db"}, tags: {team: a, env: b}}}
- {find: {}}
- {sourceRef: {generatorRef: {kind: UUID, name: id}}}
`
	for name, tc := range map[string]struct {
		spec, key string
		want      []string
	}{
		"a property of a version":  {spec, "a", []string{`spec.data[0], SecretStore/aws, remote key "app/db", version "3", property "pw", decoded as Base64`}},
		"tags, from another store": {spec, "b", []string{`spec.data[1], ClusterSecretStore/shared, remote key "x [2J", its tags`}},
		"no store":                 {password, "password", []string{`spec.data[0], remote key "app/db", version "3", property "pw"`}},
		"generator, find and extract": {from, "k", []string{
			"spec.dataFrom[3], generator UUID/id", "spec.dataFrom[2], ClusterSecretStore/aws, find all",
			`spec.dataFrom[1], ClusterSecretStore/aws, find path "app/", name "^db", tag env="b", tag team="a"`,
			`spec.dataFrom[0], ClusterSecretStore/aws, remote key "app/all", rewrite[0] regexp "^db_(.*)" to "$1", rewrite[1] transform, rewrite[2] merge, rewrite[3] merge into "all"`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, entry := range provenance.OfKey(object(t, tc.spec), tc.key, nil).Entries {
				got = append(got, entry.String())
			}
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestTemplatesInConfigMapsAreReadAndThoseInSecretsAreNot(t *testing.T) {
	es := object(t, store+password+`
target: {template: {templateFrom: [{configMap: {name: tpl, items: [{key: a}]}, secret: {name: tpl, items: [{key: b}]}}], data: {c: '{{ "hunter2" "hunter2'}}}`)
	text := secret.FromString("x\n{{ .password }}")
	objects := template.Objects{
		{Kind: template.KindConfigMap, Name: "tpl"}: {"a": text}, {Kind: template.KindSecret, Name: "tpl"}: {"b": text},
	}
	a, b, c := provenance.OfKey(es, "a", objects), provenance.OfKey(es, "b", objects), provenance.OfKey(es, "c", objects)
	require.Len(t, a.Templates, 1)
	assert.Equal(t, `spec.target.template.templateFrom[0].configMap.items[0] (ConfigMap/tpl, key "a")`, a.Templates[0].String())
	assert.Equal(t, []provenance.Line{{Line: 2, Keys: []string{"password"}}}, a.Templates[0].Lines)
	assert.True(t, b.Templates[0].Unread)
	assert.Empty(t, b.Templates[0].Lines)
	assert.Contains(t, c.Templates[0].Error, "line 1")
	assert.NotContains(t, c.Templates[0].Error, "hunter2", "the text is not shown")
}

func TestManyKeysAndTemplatesAreToldSoon(t *testing.T) {
	const many = 2000
	es := &api.ExternalSecret{}
	es.Spec.Target.Template = &api.Template{Data: map[string]string{}}
	for i := range many {
		es.Spec.Data = append(es.Spec.Data, api.Data{SecretKey: fmt.Sprintf("fetched%d", i)})
		es.Spec.Target.Template.Data[fmt.Sprintf("made%d", i)] = fmt.Sprintf("{{ .fetched%d }}", i)
	}
	begun := time.Now()
	assert.Len(t, provenance.Of(es, nil, nil), many)
	assert.Less(t, time.Since(begun), 8*time.Second)
}
