package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

func TestUses(t *testing.T) {
	line := func(n int, keys ...string) engine.Use { return engine.Use{Line: n, Keys: keys} }
	all := func(n int, keys ...string) engine.Use { return engine.Use{Line: n, Keys: keys, All: true} }
	for name, tc := range map[string]struct {
		text string
		want []engine.Use
	}{
		"none":                                           {"plain\ntext {{ `.user` }} {{/* .user */}}", nil},
		"a field":                                        {"{{ .user }}", []engine.Use{line(1, "user")}},
		"fields of two lines, each once a line":          {"a: {{ .user }}{{ .user }}\n\nb: {{ .pw }}-{{ .host }}", []engine.Use{line(1, "user"), line(3, "host", "pw")}},
		"an action of two lines":                         {"{{ printf `%s%s`\n  .user }}", []engine.Use{line(2, "user")}},
		"a field of a field":                             {"{{ .user.name }}", []engine.Use{line(1, "user")}},
		"in the middle of a pipe":                        {"{{ .user | upper | printf `%s%s` .pw }}", []engine.Use{line(1, "pw", "user")}},
		"within parentheses":                             {"{{ upper (trim .user) }}", []engine.Use{line(1, "user")}},
		"a field of what parentheses make":               {"{{ (fromJson .doc).user }}", []engine.Use{line(1, "doc")}},
		"a field of the whole in parentheses":            {"{{ (.).user }}", []engine.Use{line(1, "user")}},
		"index":                                          {`{{ index . "tls.crt" }}`, []engine.Use{line(1, "tls.crt")}},
		"index in parentheses":                           {`{{ (index . "tls.crt") | b64enc }}`, []engine.Use{line(1, "tls.crt")}},
		"index of a value":                               {"{{ index .list 0 }}", []engine.Use{line(1, "list")}},
		"index by what is computed":                      {"{{ index . (printf `%s` .name) }}", []engine.Use{all(1, "name")}},
		"get and hasKey":                                 {`{{ if hasKey . "a" }}` + "\n" + `{{ get . "a" }}{{ end }}`, []engine.Use{line(1, "a"), line(2, "a")}},
		"the key comes through the pipe":                 {`{{ "a" | index . }}`, []engine.Use{line(1, "a")}},
		"some are picked":                                {`{{ pick . "a" "b" | toJson }}`, []engine.Use{line(1, "a", "b")}},
		"one is plucked":                                 {`{{ pluck "a" . | first }}`, []engine.Use{line(1, "a")}},
		"all are printed":                                {"{{ . }}", []engine.Use{all(1)}},
		"all go into a function":                         {"\n{{ toJson . }}", []engine.Use{all(2)}},
		"all go through a pipe":                          {"{{ . | toJson }}", []engine.Use{all(1)}},
		"all go through a pipe in parentheses":           {"{{ upper (. | toJson) }}", []engine.Use{all(1)}},
		"all are ranged over":                            {"{{ range . }}\n{{ . }}{{ .x }}\n{{ end }}", []engine.Use{all(1)}},
		"all are ranged over with keys":                  {"{{ range $k, $v := . }}\n{{ $k }}={{ $v }}\n{{ end }}", []engine.Use{all(1)}},
		"a value is ranged over":                         {"{{ range splitList `,` .hosts }}\n{{ . }} {{ $.port }}{{ else }}\n{{ .none }}\n{{ end }}", []engine.Use{line(1, "hosts"), line(2, "port"), line(3, "none")}},
		"the dollar":                                     {"{{ $.user }}{{ index $ `pw` }}", []engine.Use{line(1, "pw", "user")}},
		"the dollar alone":                               {"{{ toJson $ }}", []engine.Use{all(1)}},
		"a variable of a value":                          {"{{ $u := .user }}\n{{ $u }}", []engine.Use{line(1, "user")}},
		"a variable of all":                              {"{{ $all := . }}\n{{ $all.user }}", []engine.Use{line(2, "user")}},
		"a variable that is given another value":         {"{{ $all := . }}{{ $all := `x` }}\n{{ $all }}", nil},
		"a variable that may be given another":           {"{{ $all := . }}{{ if .a }}{{ $all = `x` }}{{ end }}\n{{ $all.b }}", []engine.Use{line(1, "a"), line(2, "b")}},
		"a variable ends with its block":                 {"{{ $x := `x` }}{{ if .a }}{{ $x := . }}{{ end }}\n{{ $x }}", []engine.Use{line(1, "a")}},
		"a variable that a block makes all":              {"{{ $x := `` }}{{ if .a }}{{ $x = . }}{{ end }}\n{{ $x }}", []engine.Use{line(1, "a"), all(2)}},
		"a variable that a later turn has":               {"{{ $x := `` }}{{ range list 1 2 }}\n{{ $x }}\n{{ $x = $ }}{{ end }}", []engine.Use{all(2)}},
		"a variable of a condition, in the other branch": {"{{ if $x := .a }}{{ else }}{{ $x = . }}{{ end }}{{ if $y := `y` }}\n{{ $y }}{{ else }}{{ $y = . }}\n{{ $y.b }}{{ end }}", []engine.Use{line(1, "a"), all(2), line(3, "b")}},
		"with a value":                                   {"{{ with .user }}\n{{ . }}{{ .x }}\n{{ $.pw }}{{ else }}\n{{ .other }}{{ end }}", []engine.Use{line(1, "user"), line(3, "pw"), line(4, "other")}},
		"with all":                                       {"{{ with . }}\n{{ .user }}{{ end }}", []engine.Use{line(2, "user")}},
		"with all, by a variable":                        {"{{ with $m := . }}\n{{ $m.user }}{{ end }}", []engine.Use{line(2, "user")}},
		"whether there are any":                          {"{{ if . }}x{{ end }}", nil},
		"a branch and the other":                         {"{{ if .a }}{{ .b }}\n{{ else if .c }}{{ .d }}\n{{ else }}{{ .e }}{{ end }}", []engine.Use{line(1, "a", "b"), line(2, "c", "d"), line(3, "e")}},
		"a template within, with all":                    {"{{ define `t` }}{{ .user }}{{ $.pw }}{{ end }}\n{{ template `t` . }}", []engine.Use{line(1, "pw", "user")}},
		"a template within, with a value":                {"{{ define `t` }}{{ .x }}{{ end }}\n{{ template `t` .doc }}", []engine.Use{line(2, "doc")}},
		"a template within, with a map of all":           {"{{ define `t` }}{{ .x }}{{ end }}\n{{ template `t` (dict `x` $) }}", []engine.Use{all(2)}},
		"a template within that nobody calls":            {"{{ define `t` }}{{ .user }}{{ end }}", nil},
		"a template within, with nothing":                {"{{ define `t` }}{{ .user }}{{ end }}{{ template `t` }}", nil},
		"templates that call each other":                 {"{{ define `t` }}{{ .user }}{{ template `t` . }}{{ end }}{{ template `t` . }}", []engine.Use{line(1, "user")}},
		"a block":                                        {"{{ block `t` . }}\n{{ .user }}{{ end }}", []engine.Use{line(2, "user")}},
		"a function is not looked for":                   {"{{ nope .user }}", []engine.Use{line(1, "user")}},
		"what is trimmed does not move the line":         {"a\n  {{- .user -}}\n\n{{ .pw }}", []engine.Use{line(2, "user"), line(4, "pw")}},
		"a comparison of two":                            {"{{ if eq .a .b }}{{ end }}", []engine.Use{line(1, "a", "b")}},
		"a key that is all, and one beside, merged":      {"{{ .a }}{{ toJson . }}", []engine.Use{all(1, "a")}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := engine.Uses(tc.text, engine.Options{})
			require.NoError(t, err)
			if tc.want == nil {
				tc.want = []engine.Use{}
			}
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestUsesOfAChainOfVariablesComeSoon(t *testing.T) {
	const variables = 800
	var text strings.Builder
	for i := range variables {
		fmt.Fprintf(&text, "{{ $v%d := 1 }}", i)
	}
	text.WriteString("{{ range .x }}")
	for i := range variables - 1 {
		fmt.Fprintf(&text, "{{ if $v%d }}{{ end }}{{ $v%d = $v%d }}", i, i, i+1)
	}
	fmt.Fprintf(&text, "{{ $v%d = $ }}{{ end }}{{ $v0.user }}", variables-1)
	begun := time.Now()
	got, err := engine.Uses(text.String(), engine.Options{})
	require.NoError(t, err)
	assert.Less(t, time.Since(begun), 5*time.Second)
	require.Len(t, got, 1)
	assert.Contains(t, got[0].Keys, "user")
}

func TestUsesOfWhatIsNoTemplate(t *testing.T) {
	_, err := engine.Uses("a\n{{ .user", engine.Options{})
	require.ErrorContains(t, err, "line 2")
	_, parse := engine.New().Parse("a\n{{ .user", engine.Options{})
	assert.Equal(t, parse, err)
}

// FuzzUses looks for a panic, and for a value that a template takes without being said to.
func FuzzUses(f *testing.F) {
	for _, text := range []string{
		"{{ .v }}", "{{ . }}", "{{ $x := . }}{{ $x.v }}", "{{ with . }}{{ .v }}{{ end }}", `{{ index . "v" }}`, `{{ "v" | get . }}`, "{{ range . }}{{ . }}{{ end }}",
		"{{ define `t` }}{{ .v }}{{ end }}{{ template `t` $ }}", "{{ $x := `` }}{{ range . }}{{ $x = . }}{{ end }}{{ $x }}", "{{ (.).v }}", "{{ ($).v }}",
		"{{ $x := 1 }}{{ if .w }}{{ $x = . }}{{ end }}{{ $x }}", "{{ block `t` . }}{{ .v }}{{ end }}", `{{ pluck "v" . | first }}`, "{{ with $x := . }}{{ $x.v }}{{ end }}",
		`{{ if .w }}{{ else with $ }}{{ .v }}{{ end }}`, "{{ . | len }}", "{{ $x := . | pick `v` }}", "{{ range $i, $x := list . }}{{ $x.v }}{{ end }}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			return
		}
		found, err := engine.Uses(text, engine.Options{})
		template, parse := engine.New().Parse(text, engine.Options{})
		if err != nil || parse != nil || len(template.Unstable()) > 0 {
			return
		}
		for _, use := range found {
			if use.All || slices.Contains(use.Keys, "v") {
				return
			}
		}
		one, err := template.Execute(map[string]string{"v": "one", "w": "x"})
		if err != nil {
			return
		}
		template, err = engine.New().Parse(text, engine.Options{})
		require.NoError(t, err)
		other, err := template.Execute(map[string]string{"v": "another", "w": "x"})
		require.NoError(t, err)
		assert.Equal(t, string(one), string(other))
	})
}
