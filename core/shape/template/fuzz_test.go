package template_test

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
)

// callsFail matches templates that make an error of their own.
var callsFail = regexp.MustCompile(`\bfail\b`)

// FuzzTemplate looks for a panic, a hang, and a value in an error that the template did not put there itself.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"a: {{ .v }}", "{{ range $k, $v := . }}{{ $k }}: {{ $v | toJson }}\n{{ end }}", `{{ $d := dict }}{{ $_ := set $d "x" $d }}{{ $d }}`,
		`{{ range 99999999 }}{{ . }}{{ end }}`, `{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}`, `{{ printf "%999999d" 1 }}`,
		`{{ .v | b64dec }}`, `{{ fromYaml .v }}`, `{{ (fromJson .v).a.b }}`, `{{ regexReplaceAll "(.)" .v "$1$1" }}`, `{{ .v | pkcs12key }}`,
		`{{ filterPEM "X" .v }}`, `{{ until 9 | join .v | splitList "," | first }}`, "k: |\n{{ .v | indent 2 }}", `{{ if .v }}{{ else if .w }}{{ end }}`,
		`{{ with $x := .v }}{{ $x }}{{ end }}{{ break }}`, `{{- /* */ -}}`, "{{ (((.v))) }}", `{{ slice .v 1 2 }}{{ index .v 1 }}{{ call .v }}`,
	} {
		f.Add(text, "hunter22")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		if len(text) > 10_000 || len(value) > 10_000 {
			return
		}
		begin := time.Now()
		got, err := template.Render(&api.Template{
			Data:         texts{"data": text},
			TemplateFrom: []api.TemplateFrom{literal(text)},
			Metadata:     api.TemplateMetadata{Labels: texts{"l": text}},
		}, nil, secrets(texts{"v": value, "w": "c4n4ry-0f-the-fuzzer"}))
		assert.Less(t, time.Since(begin), 60*time.Second)
		if err != nil {
			if !callsFail.MatchString(text) {
				assert.NotContains(t, err.Error(), "c4n4ry-0f-the-fuzzer")
			}
			return
		}
		size := 0
		for _, v := range got.Data {
			size += v.Len()
		}
		assert.LessOrEqual(t, size, 1<<20)
	})
}

// FuzzObjectTarget looks for paths that do harm: only what is below the fields of content may be set.
func FuzzObjectTarget(f *testing.F) {
	for _, path := range []string{"spec", "spec.a.b", "spec.a[0][1].b", "data.x", "metadata.name", "kind", "status.a", "a..b", "[0]", "a[", "a[99999999999999999999]", "ſpec.é", "Metadata.a"} {
		f.Add(path, "k: v")
	}
	f.Fuzz(func(t *testing.T, path, text string) {
		if len(path) > 1000 || len(text) > 1000 {
			return
		}
		got, err := template.RenderObject(&api.Template{TemplateFrom: []api.TemplateFrom{into(path, literal(text))}}, nil, nil)
		if err != nil {
			return
		}
		for _, field := range got.Fields {
			assert.NotContains(t, []any{"apiVersion", "kind", "metadata", "status"}, field.Path[0])
			assert.True(t, json.Valid(field.Value.Reveal()))
			for _, step := range field.Path {
				if index, ok := step.(int); ok {
					assert.LessOrEqual(t, index, 10000)
				}
			}
		}
	})
}
