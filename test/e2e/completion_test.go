package e2e_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// shell is where a person works: kubectl and the plugin are on the PATH, and kubectl's completion of the plugin is installed.
type shell struct {
	kubectl string
	env     []string
}

// newShell makes one as the README says.
func (w *world) newShell(t *testing.T) shell {
	t.Helper()
	bin := t.TempDir()
	require.NoError(t, os.Symlink(pluginPath(t), filepath.Join(bin, "kubectl-externalsecret")))
	path := bin + ":" + w.cluster.Info.Bin + ":" + os.Getenv("PATH")
	s := shell{filepath.Join(w.cluster.Info.Bin, "kubectl"), append(w.environment(), "PATH="+path)}
	r := harness.Run(t, s.env, s.kubectl, "externalsecret", "completion", "install")
	require.Zero(t, r.Code, r.Stderr)
	require.Equal(t, filepath.Join(bin, "kubectl_complete-externalsecret")+" created\n", r.Stdout)
	return s
}

// complete presses the tab key after words: what is offered, and the last line, by which a shell knows whether to offer files.
func (s shell) complete(t *testing.T, env []string, words ...string) (offered []string, last string) {
	t.Helper()
	r := harness.Run(t, append(s.env, env...), s.kubectl, append([]string{"__complete", "externalsecret"}, words...)...)
	require.Zero(t, r.Code, r.Stderr)
	for line := range strings.Lines(r.Stderr) {
		assert.Regexp(t, `^(\[Debug\] (Cleared|About to) |Completion ended with directive: )`, line, "more than what kubectl itself says")
	}
	lines := strings.Split(strings.TrimSpace(r.Stdout), "\n")
	typed := words[len(words)-1]
	if strings.HasPrefix(typed, "--") {
		_, typed, _ = strings.Cut(typed, "=")
	}
	for _, line := range lines[:len(lines)-1] {
		if word, _, _ := strings.Cut(line, "\t"); strings.HasPrefix(word, typed) { // as shells do
			offered = append(offered, word)
		}
	}
	return offered, lines[len(lines)-1]
}

func TestKubectlCompletes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.library(t)
	s := w.newShell(t)
	all := []string{"by-data", "by-extract", "by-search", "by-tags", "other", "plain"}
	for words, want := range map[string][]string{
		"sta":                             {"status"},
		"status -n NS ":                   all,
		"status -n NS by-s":               {"by-search"},
		"diff -n NS plain ":               {"by-data", "by-extract", "by-search", "by-tags", "other"},
		"refresh --namespace=NS by-t":     {"by-tags"},
		"refresh -n NS nobody":            nil,
		"rbac -n NS pl":                   {"plain"},
		"refresh -n NS --remote-key p":    {"prod/db"},
		"refresh -n NS --remote-key ":     {"db", "other", "prod/db"},
		"refresh -n NS --store ":          {"store", "clusterstore/NS"},
		"refresh -n NS --store store/":    {"store/store"},
		"explain -n NS s":                 {"store/store"},
		"explain -n NS clusterstore/test": {"clusterstore/NS"},
		"explain -n NS by-data ":          {"value"},
		"status -n NS":                    {"NS"},
		"refresh --runner-namespace NS":   {"NS"},
		"install -n NS":                   {"NS"},
		"status --context ":               {"cluster"},
		"status -o custom":                {"custom-columns", "custom-columns-file"},
		"version -o ":                     {"json", "yaml"},
		"rbac --cloud aw":                 {"aws"},
		"rbac --secret-access ":           {"list", "get"},
		"refresh --via l":                 {"local"},
		"refresh --dry-run=c":             {"client"},
		"runs st":                         {"start"},
		"completion i":                    {"install"},
		"status --selector ":              nil,
		"install ":                        nil,
		"status -n NS --context nowhere ": nil,
	} {
		t.Run(words, func(t *testing.T) {
			fields := strings.Split(strings.ReplaceAll(words, "NS", w.namespace), " ")
			for i := range want {
				want[i] = strings.ReplaceAll(want[i], "NS", w.namespace)
			}
			offered, last := s.complete(t, nil, fields...)
			offered = slices.DeleteFunc(offered, func(word string) bool { // those of other tests
				return strings.HasPrefix(word, "clusterstore/") && !slices.Contains(want, word)
			})
			assert.Equal(t, want, offered)
			assert.Equal(t, ":4", last, "no files")
		})
	}
	for _, words := range []string{"render -f ", "status --kubeconfig ", "render --values "} {
		_, last := s.complete(t, nil, strings.Split(words, " ")...)
		assert.NotEqual(t, ":4", last, words)
	}
}

func TestCompletionIsSilentWhereNothingCanBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.newShell(t)
	for name, env := range map[string][]string{
		"no rights":       {"KUBECONFIG=" + w.cluster.ServiceAccountKubeconfig(t, w.namespace, "nobody")},
		"no cluster":      {"KUBECONFIG=/nowhere"},
		"no such context": {"KUBECONFIG=" + os.DevNull},
	} {
		for _, words := range []string{"status ", "refresh --remote-key ", "refresh --store ", "explain ", "explain app ", "runs ", "status -n "} {
			began := time.Now()
			offered, last := s.complete(t, env, strings.Split(words, " ")...)
			if words != "runs " { // which has subcommands
				assert.Empty(t, offered, "%s: %s", name, words)
			}
			assert.Equal(t, ":4", last, "%s: %s", name, words)
			assert.Less(t, time.Since(began), 20*time.Second)
		}
	}
}

func TestCompletionAsksOnce(t *testing.T) {
	w := newWorld(t)
	w.library(t)
	s := w.newShell(t)
	for words, want := range map[string]string{
		"status -n NS ":                  "1 LIST externalsecrets 200\n",
		"refresh -n NS --remote-key ":    "1 LIST externalsecrets 200\n",
		"refresh -n NS --store store/":   "1 LIST secretstores 200\n",
		"refresh -n NS --store ":         "1 LIST clustersecretstores 200\n1 LIST secretstores 200\n",
		"explain -n NS by-data ":         "1 GET externalsecrets 200\n",
		"explain -n NS clusterstore/":    "1 LIST clustersecretstores 200\n",
		"runs -n NS ":                    "1 GET configmaps 404\n1 LIST jobs 200\n",
		"status -n NS -o ":               "",
		"refresh -n NS --dry-run=c":      "",
		"install --scope ":               "",
		"explain -n NS store/store key ": "",
	} {
		before := w.cluster.Requests(t)
		s.complete(t, nil, strings.Split(strings.ReplaceAll(words, "NS", w.namespace), " ")...)
		asked := w.cluster.Requests(t).Sub(before).Only("externalsecrets", "secretstores", "clustersecretstores", "jobs", "configmaps")
		maps.DeleteFunc(asked, func(kind harness.Request, _ int) bool {
			// The garbage collector looks for the owners of what other tests have left, for minutes.
			return kind.Verb == "GET" && kind.Resource == "externalsecrets" && kind.Code == "404"
		})
		assert.Equal(t, want, asked.String(), words)
	}
}
