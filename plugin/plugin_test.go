package plugin

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/all"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/version"
)

// update rewrites the golden files.
var update = flag.Bool("update", false, "rewrite the golden files")

// result is what a command left behind.
type result struct {
	out, errOut string
	code        int
}

// run runs the plugin in this process, without a cluster.
func run(t *testing.T, args ...string) result {
	t.Helper()
	t.Setenv("KUBECONFIG", t.TempDir()+"/none")
	return runContext(t.Context(), t, args...)
}

func runContext(ctx context.Context, t *testing.T, args ...string) result {
	t.Helper()
	streams, _, out, errOut := genericiooptions.NewTestIOStreams()
	none := func(string) string { return "" }
	code := Run(ctx, NewCommand(streams, all.Providers(none), version.Stamp{Version: "v1.2.3"}), args)
	return result{out.String(), errOut.String(), code}
}

func TestHelp(t *testing.T) {
	for name, args := range map[string][]string{
		"root":               {},
		"rbac":               {"rbac", "-h"},
		"doctor":             {"doctor", "-h"},
		"explain":            {"explain", "-h"},
		"install":            {"install", "-h"},
		"uninstall":          {"uninstall", "-h"},
		"runs":               {"runs", "-h"},
		"runs-start":         {"runs", "start", "-h"},
		"refresh":            {"refresh", "-h"},
		"diff":               {"diff", "-h"},
		"render":             {"render", "-h"},
		"status":             {"status", "--help"},
		"report":             {"report", "--help"},
		"version":            {"help", "version"},
		"completion":         {"completion", "-h"},
		"completion-install": {"completion", "install", "-h"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, args...)
			assert.Zero(t, got.code)
			assert.Empty(t, got.errOut)
			golden.Assert(t, *update, "help-"+name, got.out)
		})
	}
}

func TestOptionsAreKubectls(t *testing.T) {
	got := run(t, "options")
	assert.Zero(t, got.code)
	assert.Empty(t, got.errOut)
	for _, name := range []string{"--kubeconfig", "--context", "-n, --namespace", "--as", "--token", "-s, --server", "--request-timeout", "-v, --v"} {
		assert.Contains(t, got.out, name+"=")
	}
}

func TestUsage(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"an unknown command":          {[]string{"frobnicate"}, `error: unknown command "frobnicate" for "kubectl externalsecret"`},
		"a command of another tool":   {[]string{"sync"}, "Did you mean this?\n\trefresh\n"},
		"a command of kubectl":        {[]string{"describe", "db"}, "Did you mean this?\n\tstatus\n"},
		"a mistyped command":          {[]string{"refesh"}, "Did you mean this?\n\trefresh\n"},
		"an unknown flag":             {[]string{"status", "--nope"}, "error: unknown flag: --nope\nSee 'kubectl externalsecret status --help' for usage.\n"},
		"nothing to refresh":          {[]string{"refresh"}, "See 'kubectl externalsecret refresh -h' for help and examples"},
		"a time without a unit":       {[]string{"refresh", "--all", "--timeout", "30"}, `missing unit in duration "30"`},
		"a dry run of no kind":        {[]string{"refresh", "--all", "--dry-run=maybe"}, `Must be "none", "server", or "client".`},
		"a format that is none":       {[]string{"status", "-o", "xml"}, `unable to match a printer suitable for the output format "xml"`},
		"a name for the doctor":       {[]string{"doctor", "db"}, `doctor takes no arguments: "db"`},
		"a name to render":            {[]string{"render", "db", "-f", "es.yaml"}, `error: render takes no arguments: "db"` + "\nSee 'kubectl externalsecret render -h' for help and examples"},
		"a name to install":           {[]string{"install", "db"}, `error: install takes no arguments: "db"`},
		"a name to start":             {[]string{"runs", "start", "db"}, `error: runs start takes no arguments: "db"`},
		"a report's name":             {[]string{"doctor", "-o", "name"}, `unable to match a printer suitable for the output format "name"`},
		"a report of no kind":         {[]string{"report", "-o", "pdf"}, `unable to match a printer suitable for the output format "pdf", allowed formats are: go-template,go-template-file,html,`},
		"a report of two scopes":      {[]string{"report", "db", "-A"}, "across all namespaces"},
		"a watch of several":          {[]string{"status", "a", "b", "-w"}, "watch works with one name"},
		"a watch in an order":         {[]string{"status", "-w", "--sort-by=.state"}, "--watch and --sort-by cannot be used together"},
		"rights for half an account":  {[]string{"rbac", "--service-account=runner"}, `--service-account "runner" must be NAMESPACE/NAME`},
		"rights to secrets by magic":  {[]string{"rbac", "--secret-access=all"}, `--secret-access "all" is neither "list" nor "get"`},
		"rights in an unknown cloud":  {[]string{"rbac", "--cloud=sky"}, `--cloud "sky" is not supported`},
		"an account of no cloud":      {[]string{"rbac", "--aws-account=123456789012", "--cloud=vault"}, "--aws-account needs --cloud=aws"},
		"an account that is none":     {[]string{"rbac", "--cloud=aws", "--aws-account=1"}, "it has 12 digits"},
		"a name in all namespaces":    {[]string{"status", "a", "-A"}, "across all namespaces"},
		"a kubeconfig that is absent": {[]string{"status", "--kubeconfig", "/does/not/exist"}, "no such file or directory"},
		"a context that is absent":    {[]string{"status", "--context", "nope"}, "context was not found"},
		"a server that is absent":     {[]string{"status", "-s", "http://127.0.0.1:1"}, "The connection to the server 127.0.0.1:1 was refused"},
		"verbosity that is no number": {[]string{"status", "-v", "much"}, `"much" is not a number`},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, test.args...)
			assert.Equal(t, exit.Failed, got.code)
			assert.Contains(t, got.errOut, test.want)
			assert.Empty(t, got.out)
		})
	}
}

func TestErrorOfAStoppedCommandIsTheSignal(t *testing.T) {
	t.Setenv("KUBECONFIG", t.TempDir()+"/none")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(exit.Signal(15))
	got := runContext(ctx, t, "status", "-s", "http://127.0.0.1:1")
	assert.Equal(t, 143, got.code)
	assert.Equal(t, "error: stopped by a signal: terminated\n", got.errOut)
}

func TestTimeoutBeforeAnythingWasDone(t *testing.T) {
	got := run(t, "refresh", "--all", "--timeout=1ns", "-s", "http://127.0.0.1:1")
	assert.Equal(t, exit.TimedOut, got.code)
	assert.Equal(t, "error: timed out after 1ns before anything was refreshed\n", got.errOut)
}

func TestVerbosityStopsBeforeSecretsArePrinted(t *testing.T) {
	t.Cleanup(func() { run(t, "version", "--client", "-v=0") })
	assert.Empty(t, run(t, "version", "--client", "-v=7").errOut)
	assert.Equal(t, "Warning: -v=8 is lowered to 7: higher levels would print Secrets\n", run(t, "version", "--client", "-v=8").errOut)
	assert.Contains(t, run(t, "version", "--client", "-v", "99").errOut, "lowered to 7")
}

func TestVersion(t *testing.T) {
	assert.Equal(t, "Client Version: v1.2.3\n", run(t, "version", "--client").out)
}

// commands are those that a person can run.
func commands(root *cobra.Command) []*cobra.Command {
	var found []*cobra.Command
	for _, cmd := range root.Commands() {
		if cmd.Runnable() && cmd.IsAvailableCommand() && cmd.Name() != "help" {
			found = append(found, append(commands(cmd), cmd)...)
		}
	}
	return found
}

func TestHelpOfEveryCommandIsWhole(t *testing.T) {
	root := NewCommand(genericiooptions.NewTestIOStreamsDiscard(), nil, version.Stamp{})
	all := commands(root)
	require.NotEmpty(t, all)
	for _, cmd := range all {
		assert.NotEmpty(t, cmd.Short, cmd.Name())
		assert.False(t, strings.HasSuffix(cmd.Short, "."), "%s: a short description has no period", cmd.Name())
		assert.NotEmpty(t, cmd.Example, cmd.Name())
	}
}

func TestEveryExampleNamesACommandAndItsFlags(t *testing.T) {
	checked := 0
	for _, cmd := range commands(NewCommand(genericiooptions.NewTestIOStreamsDiscard(), nil, version.Stamp{})) {
		for line := range strings.Lines(cmd.Example) {
			words, ok := strings.CutPrefix(strings.TrimSpace(line), "kubectl externalsecret ")
			if !ok {
				continue
			}
			fields := splitWords(words)
			if i := slices.IndexFunc(fields, func(f string) bool { return f == ">" || f == "|" }); i >= 0 {
				fields = fields[:i]
			}
			found, rest, err := NewCommand(genericiooptions.NewTestIOStreamsDiscard(), nil, version.Stamp{}).Find(fields)
			require.NoError(t, err, line)
			assert.True(t, found.Name() == cmd.Name() || found.Parent().Name() == cmd.Name(), line)
			require.NoError(t, found.ParseFlags(rest), line)
			checked++
		}
	}
	assert.Greater(t, checked, 10)
}

// splitWords splits a line as a shell does that knows single quotes only.
func splitWords(line string) []string {
	quoted := false
	return strings.FieldsFunc(line, func(r rune) bool {
		if r == '\'' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}

func TestTreesAreIndependent(t *testing.T) {
	first := NewCommand(genericiooptions.NewTestIOStreamsDiscard(), nil, version.Stamp{})
	second := NewCommand(genericiooptions.NewTestIOStreamsDiscard(), nil, version.Stamp{})
	require.NoError(t, first.PersistentFlags().Set("namespace", "shop"))
	assert.Empty(t, second.PersistentFlags().Lookup("namespace").Value.String())
}

func TestFlagValuesAreCompleted(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"commands":            {[]string{"__complete", "re"}, "refresh\tRefresh ExternalSecrets now"},
		"kinds of dry run":    {[]string{"__complete", "refresh", "--dry-run=s"}, "server"},
		"formats of refresh":  {[]string{"__complete", "refresh", "-o", "ky"}, "kyaml"},
		"formats of status":   {[]string{"__complete", "status", "-o", "wi"}, "wide"},
		"formats of doctor":   {[]string{"__complete", "doctor", "-o", "ya"}, "yaml"},
		"shells":              {[]string{"__complete", "completion", "ba"}, "bash"},
		"contexts of no file": {[]string{"__complete", "status", "--context", ""}, ":4"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, test.args...)
			assert.Zero(t, got.code)
			assert.Contains(t, got.out, test.want+"\n")
		})
	}
}
