package docs_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/blocks"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// elsewhere are the commands of the README that are not run here, by how they begin, and the test or the target that does.
var elsewhere = map[string]string{
	"make demo": "make demo",
	"make test": "make test",
	"kubectl externalsecret runs start --follow": "TestRunsAreListedShownAndFollowed", // it takes a node
	"kubectl krew ": "TestAllOfARelease",
}

// anew takes away what one of the ways to install the runner has made, before the next is tried.
const anew = `
kubectl delete namespace externalsecret-system --ignore-not-found --wait
kubectl delete clusterroles,clusterrolebindings -l app.kubernetes.io/name=externalsecret-runner
`

// installs matches a command that is one of several ways to install the runner.
var installs = regexp.MustCompile(`(?m)^(kubectl externalsecret install|kubectl apply .*-k manifests/base|helm install)\b`)

func TestTheReadmeDoesWhatItSays(t *testing.T) {
	cluster := harness.Cluster(t)
	aws := harness.AWS(t)
	password := `{"password":"canary-of-aws"}`
	aws.SeedAll(t, []harness.AWSSecret{{Name: "shop/db", Region: "eu-central-1", String: &password}})

	shells := blocksOf(t, "sh")
	require.NotEmpty(t, shells)
	var script strings.Builder
	for _, block := range shells {
		if installs.MatchString(block.Text) {
			script.WriteString(anew)
		}
		fmt.Fprintf(&script, "echo '### README.md:%d'\n%s", block.Line, here(t, block))
	}
	// The reader is new: an empty home directory, and a namespace of a cluster.
	home, namespace := t.TempDir(), cluster.Namespace(t)
	bin := filepath.Join(home, "bin")
	require.NoError(t, os.Mkdir(bin, 0o755))
	require.NoError(t, os.Symlink(filepath.Join(cluster.Info.Bin, "kubectl"), filepath.Join(bin, "kubectl")))
	require.NoError(t, os.Symlink(harness.Helm(t), filepath.Join(bin, "helm")))
	own, err := os.UserHomeDir()
	require.NoError(t, err)
	// By its settings git trusts a checkout of somebody else, or not.
	env := append(aws.Env(), "GIT_CONFIG_GLOBAL="+filepath.Join(own, ".gitconfig"), "HOME="+home, "KUBECONFIG="+kubeconfig(t, cluster, namespace), "PATH="+bin+":"+os.Getenv("PATH"))
	for _, name := range []string{"GOPATH", "GOMODCACHE", "GOCACHE", "GOPROXY", "GOSUMDB", "GOFLAGS", "GOTOOLCHAIN"} {
		value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		require.NoError(t, err)
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	completer := filepath.Join(top, "bin", "kubectl_complete-externalsecret") // it goes beside the plugin
	if _, err := os.Stat(completer); err != nil {
		t.Cleanup(func() { _ = os.Remove(completer) }) // it was not there before
	}
	out := run(t, script.String(), env)

	for _, want := range []string{
		"/kubectl_complete-externalsecret ",
		"externalsecret.external-secrets.io/hello created\n",
		"\nhello\n", // the password, as kubectl get shows it
		"externalsecret.external-secrets.io/db created\n",
		"cronjob.batch/externalsecret-runner created\n",
		"cronjob.batch/externalsecret-runner serverside-applied\n",
		"STATUS: deployed\n",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "canary")
	assert.Equal(t, "canary-of-aws",
		cluster.Kubectl(t, "", "get", "secret", "db-from-aws", "-n", namespace, "-o", "go-template={{.data.password | base64decode}}"))
}

// here is the script of a block, less the commands that are run elsewhere, which must be so.
func here(t *testing.T, block blocks.Block) string {
	t.Helper()
	var script strings.Builder
	for line := range strings.Lines(block.Text) {
		for begin, by := range elsewhere {
			if strings.HasPrefix(line, begin) {
				assert.True(t, exists(t, by), "README.md:%d: nothing runs %q: there is no %s", block.Line, line, by)
				line = ": " + by + "\n"
			}
		}
		script.WriteString(line)
	}
	return script.String()
}

// exists tells whether there is a target or a test of a name.
func exists(t *testing.T, name string) bool {
	t.Helper()
	pattern, file := "^func "+name+"(", "*_test.go"
	if target, ok := strings.CutPrefix(name, "make "); ok {
		pattern, file = "^"+target+":", "Makefile"
	}
	cmd := exec.CommandContext(t.Context(), "grep", "-rq", "--include="+file, pattern, ".")
	cmd.Dir = top
	return cmd.Run() == nil
}

// run runs a script of bash at the top of the repository, and returns what it prints.
func run(t *testing.T, script string, env []string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	var out bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = top, env, &out, &out
	err := cmd.Run()
	require.NoError(t, err, "%s", out.String())
	return out.String()
}

// kubeconfig is that of an admin who works in a namespace.
func kubeconfig(t *testing.T, cluster *harness.ControlPlane, namespace string) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(cluster.Kubeconfig())
	require.NoError(t, err)
	config.Contexts[config.CurrentContext].Namespace = namespace
	path := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(*config, path))
	return path
}

// blocksOf are the blocks of the README in a language.
func blocksOf(t *testing.T, language string) []blocks.Block {
	t.Helper()
	found, err := blocks.Of(filepath.Join(top, "README.md"))
	require.NoError(t, err)
	var of []blocks.Block
	for _, block := range found {
		if block.Language == language {
			of = append(of, block)
		}
	}
	return of
}

func TestTheManifestsOfTheReadmeAreThoseOfTheExamples(t *testing.T) {
	manifests := blocksOf(t, "yaml")
	require.Len(t, manifests, 2)
	for i, name := range []string{"hello.yaml", "aws.yaml"} {
		example, err := os.ReadFile(filepath.Join(top, "docs", "examples", name))
		require.NoError(t, err)
		assert.Equal(t, string(example), manifests[i].Text, name)
	}
}

func TestTheReadmeHasNoCommandOutsideOfBlocks(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(top, "README.md"))
	require.NoError(t, err)
	assert.NotRegexp(t, `(?m)^    (kubectl|make|helm|go) `, string(text), "what is indented is not run here: fence it as sh")
}
