package template_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
)

// What YAML makes of a value that is not quoted is what External Secrets Operator writes, and is warned of where it differs.
func TestKeysAndValuesAreReadAsYAML(t *testing.T) {
	const warning = `spec.target.template.templateFrom[0].literal: YAML changes the value of key "k" of its result, as it is not quoted`
	for name, tc := range map[string]struct {
		text, want string
		warned     bool
	}{
		"text stays":                          {"hello world", "hello world", false},
		"an integer stays":                    {"8080", "8080", false},
		"a negative integer stays":            {"-1", "-1", false},
		"a float in the shortest form stays":  {"1.5", "1.5", false},
		"a float loses zeros":                 {"1.50", "1.5", true},
		"a float with an exponent is counted": {"1e3", "1000", true},
		"an octal number is counted":          {"0777", "511", true},
		"a hexadecimal number is counted":     {"0x1F", "31", true},
		"a number with underscores is read":   {"1_000", "1000", true},
		"a large number loses digits":         {"123456789012345678901234567890", "1.2345679e+29", true},
		"a float keeps eight digits":          {"3.14159265358979", "3.1415927", true},
		"yes is true":                         {"yes", "true", true},
		"off is false":                        {"off", "false", true},
		"true stays":                          {"true", "true", false},
		"null is empty":                       {"null", "", true},
		"a tilde is empty":                    {"~", "", true},
		"nothing is empty":                    {"", "", false},
		"a date stays":                        {"2026-01-02", "2026-01-02", false},
		"a time stays":                        {"12:30:45", "12:30:45", false},
		"quoted text stays":                   {`"yes"`, "yes", false},
		"text in single quotes stays":         {"'0777'", "0777", false},
		"a block stays":                       {"|\n  0777\n  yes", "0777\nyes", false},
		"what toJson quotes stays":            {`{{ .v | toJson }}`, "0777", false},
		"a value that is put in is read too":  {"{{ .v }}", "511", true},
		"a comment is cut off":                {"a #b", "a", false},
		"text over two lines is joined":       {"a\n  b", "a b", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := template.Render(&api.Template{TemplateFrom: []api.TemplateFrom{literal("k: " + tc.text)}}, nil, secrets(texts{"v": "0777"}))
			require.NoError(t, err)
			assert.Equal(t, texts{"k": tc.want}, reveal(got.Data))
			if tc.warned {
				assert.Equal(t, []string{warning}, got.Warnings)
			} else {
				assert.Empty(t, got.Warnings)
			}
		})
	}
}

func TestKeysAreReadAsYAMLToo(t *testing.T) {
	got, err := template.Render(&api.Template{TemplateFrom: []api.TemplateFrom{literal("yes: a\n1: b\n\"on\": c\nd: 0777\nd: 1\n")}}, nil, nil)
	require.NoError(t, err)
	assert.Equal(t, texts{"true": "a", "1": "b", "on": "c", "d": "1"}, reveal(got.Data))
	assert.Equal(t, []string{`spec.target.template.templateFrom[0].literal: YAML reads key "yes" of its result as something else: quote it`}, got.Warnings)
}

func TestAnchorsAndMergeKeysWork(t *testing.T) {
	got, err := template.Render(&api.Template{TemplateFrom: []api.TemplateFrom{literal("a: &x 0777\nb: *x\n")}}, nil, nil)
	require.NoError(t, err)
	assert.Equal(t, texts{"a": "511", "b": "511"}, reveal(got.Data))
}

func TestFunctionsWhoseResultDiffersAreWarnedOf(t *testing.T) {
	got, err := template.Render(&api.Template{
		Data:         texts{"a": "{{ randAlphaNum 8 }}", "b": "{{ sha256sum \"x\" }}"},
		TemplateFrom: []api.TemplateFrom{literal("c: {{ uuidv4 | upper }}{{ uuidv4 }}")},
	}, nil, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"spec.target.template.templateFrom[0].literal calls uuidv4, whose result differs each time: the Secret changes at each refresh",
		"spec.target.template.data.a calls randAlphaNum, whose result differs each time: the Secret changes at each refresh",
	}, got.Warnings)
}
