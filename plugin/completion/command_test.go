package completion

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/clientcmd/api"
)

func script(t *testing.T, args ...string) (string, error) {
	t.Helper()
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	root := &cobra.Command{Use: "kubectl-externalsecret", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(NewCommand(streams))
	root.SetArgs(append([]string{"completion"}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestScriptsOfShells(t *testing.T) {
	for shell, want := range map[string]string{
		"bash":       "__start_kubectl-externalsecret",
		"zsh":        "#compdef kubectl-externalsecret",
		"fish":       "complete -c kubectl-externalsecret",
		"powershell": "Register-ArgumentCompleter -CommandName 'kubectl-externalsecret'",
	} {
		out, err := script(t, shell)
		require.NoError(t, err)
		assert.Contains(t, out, want)
	}
}

func TestScriptNeedsAShell(t *testing.T) {
	_, err := script(t)
	require.ErrorContains(t, err, "give one of: kubectl, bash, zsh, fish, powershell")
	_, err = script(t, "tcsh")
	require.ErrorContains(t, err, `"tcsh" is not one of`)
}

func TestWrapperPassesWordsOn(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to run the wrapper")
	}
	dir := t.TempDir()
	out, err := script(t, "kubectl")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, wrapperName), []byte(out), 0o755))
	answer := "#!" + shell + "\ncat\necho noise >&2\nprintf '<%s>' \"$@\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, program), []byte(answer), 0o755))
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, wrapperName), "refresh", "-n", "my ns", "")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	cmd.Stdin = strings.NewReader("what a person types")
	got, err := cmd.CombinedOutput()
	require.NoError(t, err)
	assert.Equal(t, "<__complete><refresh><-n><my ns><>", string(got))
}

func TestKubeconfigCompletesItsNames(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.WriteFile(file, []byte(`apiVersion: v1
kind: Config
contexts: [{name: prod, context: {cluster: c1, user: u1}}, {name: playground, context: {}}, {name: dev, context: {}}]
clusters: [{name: c1, cluster: {}}]
users: [{name: u1, user: {}}]
`), 0o600))
	getter := genericclioptions.NewConfigFlags(false)
	getter.KubeConfig = &file
	for name, test := range map[string]struct {
		list  func(c api.Config) []string
		typed string
		want  []string
	}{
		"contexts":                {Contexts, "", []string{"dev", "playground", "prod"}},
		"contexts that begin so":  {Contexts, "p", []string{"playground", "prod"}},
		"contexts that are typed": {Contexts, "x", []string{}},
		"clusters":                {Clusters, "", []string{"c1"}},
		"users":                   {Users, "", []string{"u1"}},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := &cobra.Command{}
			cmd.SetContext(t.Context())
			got, directive := Kubeconfig(getter, test.list)(cmd, nil, test.typed)
			assert.Equal(t, test.want, got)
			assert.Equal(t, cobra.ShellCompDirectiveNoFileComp, directive)
		})
	}
}

func TestNamesOfNoServerAreNone(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and answers none
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, silent.Close()) })
	for name, server := range map[string]string{
		"nobody listens":  "http://127.0.0.1:1",
		"nobody answers":  "http://" + silent.Addr().String(),
		"no such address": "http://%",
	} {
		t.Run(name, func(t *testing.T) {
			getter := genericclioptions.NewConfigFlags(false)
			getter.APIServer = &server
			t.Setenv("KUBECONFIG", t.TempDir()+"/none")
			cmd := &cobra.Command{}
			cmd.SetContext(t.Context())
			began := time.Now()
			got, directive := ExternalSecrets(getter)(cmd, nil, "")
			assert.Empty(t, got)
			assert.Equal(t, cobra.ShellCompDirectiveNoFileComp, directive, "nor are files offered in their place")
			assert.Less(t, time.Since(began), patience+2*time.Second)
		})
	}
}
