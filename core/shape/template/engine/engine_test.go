package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

// render parses and executes a template with an engine of its own.
func render(text string, values map[string]string, options engine.Options) (string, error) {
	template, err := engine.New().Parse(text, options)
	if err != nil {
		return "", err
	}
	rendered, err := template.Execute(values)
	return string(rendered), err
}

func TestRender(t *testing.T) {
	values := map[string]string{"user": "ada", "password": "p w", "tls.crt": "CERT", "config": `{"port":8080,"id":9007199254740993,"tags":["a","b"]}`}
	for name, tc := range map[string]struct{ template, want string }{
		"text without actions stays as it is":                      {"plain\ntext", "plain\ntext"},
		"empty text stays empty":                                   {"", ""},
		"a key is put in":                                          {"user={{ .user }}", "user=ada"},
		"a value is not escaped":                                   {"{{ .password }}", "p w"},
		"a key with dots is read by index":                         {`{{ index . "tls.crt" }}`, "CERT"},
		"index of a key that is not there is empty":                {`[{{ index . "none" }}]`, "[]"},
		"a default stands in for index of a key that is not there": {`{{ index . "none" | default "d" }}`, "d"},
		"a pipeline runs left to right":                            {`{{ .user | upper | printf "%s!" }}`, "ADA!"},
		"spaces are trimmed by dashes":                             {"a \n {{- .user -}} \n b", "aadab"},
		"a comment leaves nothing":                                 {"{{/* no */}}x", "x"},
		"a variable keeps its value":                               {`{{ $x := .user }}{{ $x }}{{ $x = "b" }}{{ $x }}`, "adab"},
		"if takes the branch that holds":                           {`{{ if eq .user "bob" }}b{{ else if eq .user "ada" }}a{{ else }}c{{ end }}`, "a"},
		"with sets the dot":                                        {`{{ with .user }}{{ . }}{{ end }}{{ with "" }}x{{ else }}y{{ end }}`, "aday"},
		"range goes over a list":                                   {`{{ range $i, $t := (fromJson .config).tags }}{{ $i }}{{ $t }}{{ end }}`, "0a1b"},
		"range goes over the keys in order":                        {`{{ range $k, $v := . }}{{ $k }};{{ end }}`, "config;password;tls.crt;user;"},
		"range over an empty list takes else":                      {`{{ range list }}x{{ else }}y{{ end }}`, "y"},
		"range over a number counts":                               {`{{ range 3 }}{{ . }}{{ end }}`, "012"},
		"break and continue work":                                  {`{{ range until 9 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ if eq . 4 }}{{ break }}{{ end }}{{ . }}{{ end }}`, "023"},
		"templates define and call templates":                      {`{{ define "x" }}<{{ . }}>{{ end }}{{ template "x" .user }}{{ block "y" . }}{{ .user }}{{ end }}`, "<ada>ada"},
		"null prints as text/template has it":                      {`{{ fromJson "null" }}`, "<no value>"},
		"and and or stop early":                                    {`{{ and false (fail "no") }}{{ or .user (fail "no") }}`, "falseada"},
		"a large integer loses digits in fromJson, as in Sprig":    {`{{ (fromJson .config).id | int64 }}`, "9007199254740992"},
		"text that is no UTF-8 stays as it is":                     {"{{ `\xff` }}\xfe", "\xff\xfe"},
		"the time has methods":                                     {`{{ (toDate "2006-01-02" "2026-01-02").Format "02.01.2006" }}`, "02.01.2026"},
		"delimiters of others are written as text":                 {`{{ "{{" }} .Values.x {{ "}}" }}`, "{{ .Values.x }}"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := render(tc.template, values, engine.Options{})
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestLaxTemplateHasNoValueForMissingKeys(t *testing.T) {
	got, err := render(`{{ .value }}{{ .none }}{{ .none | default "d" }}`, map[string]string{"value": "v"}, engine.Options{Lax: true})
	require.NoError(t, err)
	assert.Equal(t, "v<no value>d", got)
}

func TestATemplateCanBeExecutedTwice(t *testing.T) {
	template, err := engine.New().Parse(`{{ .value | upper }}`, engine.Options{})
	require.NoError(t, err)
	for value, want := range map[string]string{"a": "A", "b": "B"} {
		got, err := template.Execute(map[string]string{"value": value})
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
}

func TestTemplatesThatAreTooLongAreRefused(t *testing.T) {
	for name, tc := range map[string]struct{ template, want string }{
		"text":    {strings.Repeat("x", 1<<20+1), "a template has at most 1048576 bytes, and this one 1048577"},
		"actions": {strings.Repeat("{{ 1 }}", 10_001), "a template has at most 10000 actions"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render(tc.template, nil, engine.Options{})
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestRenderGroups(t *testing.T) {
	groups := map[string]map[string]string{"auth": {"user": "ada", "token": "canary"}, "remoteRef": {"key": "a/b"}}
	for name, tc := range map[string]struct{ template, want, err string }{
		"a key of a group is put in":       {"{{ .remoteRef.key }}?u={{ .auth.user | upper }}", "a/b?u=ADA", ""},
		"a key with a dash by index":       {`{{ index .auth "user" }}`, "ada", ""},
		"a key that is not there is named": {"{{ .auth.tokn }}", "", `there is no key "tokn" here; the fetched keys are auth.token, auth.user, remoteRef.key`},
		"and so is a group":                {"{{ .other.key }}", "", `there is no key "other" here`},
	} {
		t.Run(name, func(t *testing.T) {
			template, err := engine.New().Parse(tc.template, engine.Options{})
			require.NoError(t, err)
			rendered, err := template.ExecuteGroups(groups)
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				assert.NotContains(t, err.Error(), "canary")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tc.want, string(rendered))
		})
	}
}
