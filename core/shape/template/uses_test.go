package template_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

func TestUsesOfAllTemplatesInTheirOrder(t *testing.T) {
	both := fromSecret(api.TemplateRefItem{Key: "config"})
	both.ConfigMap = &api.TemplateRef{Name: "tpl", Items: []api.TemplateRefItem{{Key: "config"}, keysAndValues("pairs"), {Key: "absent"}}}
	text := "a: {{ .user }}\nb: {{ .pw }}"
	both.Literal = &text
	got := template.Uses(&api.Template{
		TemplateFrom: []api.TemplateFrom{into("labels", literal("a: b")), both, into("spec.x", literal("{{ . }}"))},
		Data:         texts{"url": "{{ .user }}@", "tls.crt": "{{ index . `crt` }}", "broken": "{{ .user"},
		Metadata:     api.TemplateMetadata{Labels: texts{"l": "{{ .user }}"}, Annotations: texts{"a/b": "x"}},
	}, objects())
	line := func(n int, keys ...string) engine.Use { return engine.Use{Line: n, Keys: keys} }
	configMap, held := &template.ObjectRef{Kind: template.KindConfigMap, Name: "tpl"}, &template.ObjectRef{Kind: template.KindSecret, Name: "tpl"}
	const place = "spec.target.template"
	want := []template.Usage{
		{Place: place + ".templateFrom[0].literal", Target: "Labels", Lines: []engine.Use{}},
		{Place: place + ".templateFrom[1].configMap.items[0]", Target: "Data", Key: "config", Object: configMap, ObjectKey: "config", Lines: []engine.Use{line(1, "user")}},
		{Place: place + ".templateFrom[1].configMap.items[1]", Target: "Data", Object: configMap, ObjectKey: "pairs", Lines: []engine.Use{line(1, "user"), line(2, "user")}},
		{Place: place + ".templateFrom[1].configMap.items[2]", Target: "Data", Key: "absent", Object: configMap, ObjectKey: "absent", Unread: true},
		{Place: place + ".templateFrom[1].secret.items[0]", Target: "Data", Key: "config", Object: held, ObjectKey: "config", Unread: true},
		{Place: place + ".templateFrom[1].literal", Target: "Data", Lines: []engine.Use{line(1, "user"), line(2, "pw")}},
		{Place: place + ".templateFrom[2].literal", Target: "spec.x", Lines: []engine.Use{{Line: 1, All: true}}},
		{Place: place + ".data.broken", Target: "Data", Key: "broken"},
		{Place: place + ".data[tls.crt]", Target: "Data", Key: "tls.crt", Lines: []engine.Use{line(1, "crt")}},
		{Place: place + ".data.url", Target: "Data", Key: "url", Lines: []engine.Use{line(1, "user")}},
		{Place: place + ".metadata.labels.l", Target: "Labels", Key: "l", Lines: []engine.Use{line(1, "user")}},
		{Place: place + ".metadata.annotations[a/b]", Target: "Annotations", Key: "a/b", Lines: []engine.Use{}},
	}
	for i := range got {
		if got[i].Key == "broken" {
			require.ErrorContains(t, got[i].Err, "line 1")
			got[i].Err = nil
		}
	}
	assert.Equal(t, want, got)
	assert.Empty(t, template.Uses(nil, nil))
}
