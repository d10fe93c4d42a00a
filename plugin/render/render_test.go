package render_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/all"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/version"
)

// update rewrites the golden files.
var update = flag.Bool("update", false, "rewrite the golden files")

const (
	seed       = "../../docs/examples/seed.yaml"
	valuesFile = "testdata/values.yaml"
)

// result is what a command left behind.
type result struct {
	out, errOut string
	code        int
}

func (r result) String() string {
	return fmt.Sprintf("%s----- standard error\n%s----- exit code %d\n", r.out, r.errOut, r.code)
}

// render runs the command of the plugin in this process, without a cluster and without credentials.
func render(t *testing.T, in string, args ...string) result {
	t.Helper()
	return renderContext(t.Context(), t, in, args...)
}

func renderContext(ctx context.Context, t *testing.T, in string, args ...string) result {
	t.Helper()
	t.Setenv("KUBECONFIG", t.TempDir()+"/none")
	out, errOut := &bytes.Buffer{}, &bytes.Buffer{}
	streams := genericiooptions.IOStreams{In: strings.NewReader(in), Out: out, ErrOut: errOut}
	none := func(string) string { return "" }
	code := plugin.Run(ctx, plugin.NewCommand(streams, all.Providers(none), version.Stamp{}), append([]string{"render"}, args...))
	return result{out.String(), errOut.String(), code}
}

// cases are what is rendered with golden files, by their names.
func cases() map[string][]string {
	with := func(file string, more ...string) []string {
		return append([]string{"-f", file, "--values", valuesFile}, more...)
	}
	return map[string][]string{
		"seed":      with(seed),
		"template":  with("testdata/template.yaml"),
		"find":      with("testdata/find.yaml"),
		"missing":   with("testdata/missing.yaml"),
		"broken":    with("testdata/broken.yaml"),
		"policies":  with("testdata/policies.yaml"),
		"stores":    with("testdata/stores.yaml"),
		"schema":    with("testdata/schema.yaml", "-n", "shop"),
		"objects":   with("testdata/objects.yaml"),
		"generate":  {"-f", "testdata/generate.yaml", "-n", "shop"},
		"cluster":   with("testdata/cluster.yaml"),
		"providers": {"-f", "testdata/providers.yaml", "-n", "shop"},
		"json":      with("testdata/template.yaml", "-o", "json"),
		"names":     with("testdata/folder", "-R", "-f", seed, "-o", "name"),
	}
}

func TestRender(t *testing.T) {
	for name, args := range cases() {
		t.Run(name, func(t *testing.T) {
			golden.Assert(t, *update, name, render(t, "", args...).String())
		})
	}
}

func TestValuesAreShownOnlyWhenTheyAreAskedFor(t *testing.T) {
	forms := []string{"canary", "CANARY"}
	for _, shift := range []string{"", "x", "xx"} { // base64 of the word at each offset in a text
		encoded := base64.StdEncoding.EncodeToString([]byte(shift + "canary"))
		forms = append(forms, strings.TrimRight(encoded, "=")[len(shift)+1:7])
	}
	for name, args := range cases() {
		for _, format := range [][]string{nil, {"-o", "json"}, {"-o", "kyaml"}, {"-o", "jsonpath={}"}, {"-o", "go-template={{.}}"}} {
			t.Run(name+" in the form "+strings.Join(format, " "), func(t *testing.T) {
				got := render(t, "", append(args, format...)...).String()
				for _, form := range forms {
					assert.NotContains(t, got, form)
				}
			})
		}
	}

	got := render(t, "", "-f", seed, "--values", valuesFile, "--show-secrets")
	assert.Zero(t, got.code)
	assert.Contains(t, got.out, "password: "+base64.StdEncoding.EncodeToString([]byte("canary-password")))
	assert.NotContains(t, got.out, "***")
	assert.NotContains(t, got.errOut, "canary")

	got = render(t, "", "-f", "testdata/template.yaml", "--values", valuesFile, "--show-secrets")
	assert.Contains(t, got.out, "computed: CANARY-PASSWORD")
	assert.Contains(t, got.out, "user: app")

	got = render(t, "", "-f", "testdata/find.yaml", "--values", valuesFile, "--show-secrets", "-o", "go-template={{.data.whole | base64decode}}")
	assert.Contains(t, got.out, `"digits":12345678901234567,"nested":{"tag":"<canary>"}`)
}

func TestManifestsAreFoundAsKubectlFindsThem(t *testing.T) {
	manifest, err := os.ReadFile("testdata/folder/first.yaml")
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		args []string
		in   string
		want string
	}{
		"the manifests of a folder":      {[]string{"-f", "testdata/folder"}, "", "secret/first secret/second"},
		"and of those below it":          {[]string{"-R", "-f", "testdata/folder"}, "", "secret/deep secret/first secret/second"},
		"files and folders, one by one":  {[]string{"-f", "testdata/folder/below", "-f", "testdata/folder/first.yaml"}, "", "secret/deep secret/first"},
		"several in one flag":            {[]string{"-f", "testdata/folder/below,testdata/folder/first.yaml"}, "", "secret/deep secret/first"},
		"a file, whatever it is called":  {[]string{"-f", "testdata/folder/not-a-manifest.txt"}, "", "secret/not"},
		"standard input":                 {[]string{"-f", "-"}, string(manifest), "secret/first"},
		"one that is given twice, once":  {[]string{"-f", "testdata/folder", "-f", "testdata/folder/first.yaml"}, "", "secret/first secret/second"},
		"documents of YAML and of JSON":  {[]string{"-f", "-"}, "---\n# nothing\n---\n{apiVersion: v1, kind: List, items: []}\n---\n" + string(manifest), "secret/first"},
		"values that come by themselves": {[]string{"-f", "testdata/folder/first.yaml", "--values", "-"}, "team/port: 1", "secret/first"},
	} {
		t.Run(name, func(t *testing.T) {
			got := render(t, tc.in, append([]string{"--values", valuesFile, "-o", "name"}, tc.args...)...)
			assert.Zero(t, got.code, got.errOut)
			assert.Equal(t, tc.want, strings.Join(strings.Fields(got.out), " "))
		})
	}
}

func TestNamespaceIsThatOfObjectsThatNameNone(t *testing.T) {
	in := "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: db%s}, " +
		"spec: {secretStoreRef: {name: s}, data: [{secretKey: a, remoteRef: {key: team/port}}]}}"
	for name, tc := range map[string]struct {
		metadata string
		args     []string
		want     string
	}{
		"the flag's":                    {"", []string{"-n", "shop"}, "shop"},
		"default without a flag":        {"", nil, "default"},
		"not of those that name theirs": {", namespace: theirs", []string{"-n", "shop"}, "theirs"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"-f", "-", "--values", valuesFile, "-o", "jsonpath={.metadata.namespace}"}, tc.args...)
			assert.Equal(t, tc.want, render(t, fmt.Sprintf(in, tc.metadata), args...).out)
		})
	}
}

func TestWhatCannotBeRenderedAtAll(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"nothing":                       {nil, "error: say what to render"},
		"a name":                        {[]string{"db", "-f", seed}, `render takes no arguments: "db"`},
		"a file that is not there":      {[]string{"-f", "testdata/nowhere.yaml"}, `error: the path "testdata/nowhere.yaml" does not exist`},
		"a folder without manifests":    {[]string{"-f", folder}, "error: there is no ExternalSecret in the manifests"},
		"one input for two things":      {[]string{"-f", "-", "--values", "-"}, "standard input can't be both"},
		"a class that is empty":         {[]string{"-f", seed, "--controller-class="}, "--controller-class must not be empty"},
		"a format that is none":         {[]string{"-f", seed, "-o", "xml"}, `unable to match a printer suitable for the output format "xml"`},
		"values that are not there":     {[]string{"-f", seed, "--values", "testdata/nowhere"}, "error: read the values: open testdata/nowhere"},
		"values that are a list":        {[]string{"-f", seed, "--values", write("a", "[canary]")}, "it is not a map of remote keys to values"},
		"values that are a text":        {[]string{"-f", seed, "--values", write("b", "canary")}, "it is not a map of remote keys to values"},
		"values that are no YAML":       {[]string{"-f", seed, "--values", write("c", "a: b\n c: canary\n")}, "it is neither YAML nor JSON: line 2: mapping values are not allowed"},
		"values with an alias of none":  {[]string{"-f", seed, "--values", write("d", "a: *canary\n")}, "it is neither YAML nor JSON\n"},
		"values with a key of no text":  {[]string{"-f", seed, "--values", write("e", "~: {canary: canary}\n")}, "it is neither YAML nor JSON\n"},
		"values with a key given twice": {[]string{"-f", seed, "--values", write("f", "canary: 1\ncanary: 2\n")}, "a key stands twice: line 2\n"},
		"values of which one is none":   {[]string{"-f", seed, "--values", write("g", "db:\n")}, `key "db": it has no value`},
	} {
		t.Run(name, func(t *testing.T) {
			got := render(t, "", tc.args...)
			assert.Equal(t, exit.Failed, got.code)
			assert.Contains(t, got.errOut, tc.want)
			assert.NotContains(t, got.errOut, "canary")
			assert.Empty(t, got.out)
		})
	}
}

func TestClassDecidesWhichStoresAreServed(t *testing.T) {
	got := render(t, "", "-f", "testdata/stores.yaml", "--values", valuesFile, "--controller-class", "another", "-o", "name")
	assert.Contains(t, got.out, "secret/of-another\n")
}

func TestStoppedBeforeAllWasRendered(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(exit.Signal(15))
	got := renderContext(ctx, t, "", "-f", seed, "--values", valuesFile)
	assert.Equal(t, 143, got.code)
	assert.Empty(t, got.out)
	assert.Contains(t, got.errOut, "stopped by a signal")
}
