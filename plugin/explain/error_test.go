package explain

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	denied = "could not get secret data from provider: error processing spec.data[0] (key: team/db), err: operation error Secrets Manager: " +
		"GetSecretValue, https response error StatusCode: 400, RequestID: 4f5a6b7c-1d2e-4a3b-9c8d-0e1f2a3b4c5d, api error AccessDeniedException: " +
		"User: arn:aws:sts::111122223333:assumed-role/shop/external-secrets-provider-aws is not authorized to perform: secretsmanager:GetSecretValue " +
		"on resource: arn:aws:secretsmanager:eu-central-1:111122223333:secret:team/db-6O9nph because no identity-based policy allows the " +
		"secretsmanager:GetSecretValue action"
	strange = "the frobnicator refused\x1b[31m {\"password\":\"hunter2\"} with Bearer abcdefgh-canary"
)

// explained runs explain with a standard input.
func explained(t *testing.T, in string, args ...string) (out, errOut string, code int) {
	t.Helper()
	streams, input, stdout, stderr := genericiooptions.NewTestIOStreams()
	input.WriteString(in)
	cmd := NewCommand(genericclioptions.NewTestConfigFlags(), streams, nil)
	root := &cobra.Command{Use: "externalsecret", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(cmd)
	root.SetArgs(append([]string{"explain"}, args...))
	err := root.ExecuteContext(t.Context())
	return stdout.String(), stderr.String() + exit.Message(err), exit.Code(err)
}

func TestATextIsExplained(t *testing.T) {
	for name, args := range map[string][]string{
		"known":      {"--error", denied},
		"known.json": {"--error", denied, "-o", "json"},
		"known.yaml": {"--error", denied, "-o", "yaml"},
		"unknown":    {"--error", strange},
		"wrapper":    {"--error", "failed to take ownership of target secret"},
		"waiting":    {"--error", "ThrottlingException: Rate exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errOut, code := explained(t, "", args...)
			assert.Zero(t, code)
			assert.Empty(t, errOut)
			golden.Assert(t, *update, name, out)
		})
	}
}

func TestATextIsReadFromStandardInput(t *testing.T) {
	want, _, _ := explained(t, "", "--error", denied)
	out, _, code := explained(t, "\n"+denied+"\n", "--error", "-")
	assert.Zero(t, code)
	assert.Equal(t, want, out)

	out, _, code = explained(t, strings.Repeat("noise\n", 1<<20)+denied, "--error", "-", "-o", "jsonpath={.id}")
	assert.Zero(t, code)
	assert.Equal(t, "unknown", out, "no more than a bounded part is read")
}

func TestOneFieldIsForAScript(t *testing.T) {
	out, _, code := explained(t, "", "--error", denied, "-o", "jsonpath={.id} {.owner} {.retry}")
	assert.Zero(t, code)
	assert.Equal(t, "AWS-27 cloud no", out)
}

func TestWhatIsNoQuestionIsNotAnswered(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		args []string
		says string
	}{
		"nothing to explain":               {args: nil, says: "say what to explain"},
		"an empty text":                    {args: []string{"--error", " \n"}, says: "there is no text"},
		"an empty input":                   {args: []string{"--error", "-"}, says: "there is no text"},
		"a text that is not there":         {args: []string{"--error", ""}, says: "there is no text"},
		"a name and a text that is not":    {args: []string{"db", "--error", ""}, says: "no name"},
		"a text and all namespaces":        {args: []string{"--error", "x", "-A"}, says: "no selection"},
		"all and a selector":               {args: []string{"--all", "-l", "a=b"}, says: "cannot set --all and --selector"},
		"all and a name":                   {args: []string{"--all", "db"}, says: "when --all is specified"},
		"a name and a selector":            {args: []string{"db", "-l", "a=b"}, says: "when a selector is specified"},
		"a store and a selector":           {args: []string{"store/aws", "-l", "a=b"}, says: "when a selector is specified"},
		"a store of all namespaces":        {args: []string{"store/aws", "-A"}, says: "across all namespaces"},
		"a store and a key":                {args: []string{"store/aws", "password"}, says: "a store has no keys"},
		"a store without a name":           {args: []string{"clusterstore/"}, says: "the name is empty"},
		"a store of another group":         {args: []string{"secretstore.example.org/aws"}, says: "does not name an ExternalSecret"},
		"a text without its quotes":        {args: []string{"--error", "denied", "for", "all"}, says: "quotes"},
		"a flag that there is not":         {args: []string{"--errors", "x"}, says: "--errors"},
		"an output that there is not":      {args: []string{"--error", "x", "-o", "name"}, says: `"name"`},
		"a template that can't be read":    {args: []string{"--error", "x", "-o", "go-template={{"}, says: "template"},
		"a path that leads nowhere at all": {args: []string{"--error", "x", "-o", "jsonpath={.nothing}", "--allow-missing-template-keys=false"}, says: "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errOut, code := explained(t, test.in, test.args...)
			assert.Equal(t, unanswered, code)
			assert.Empty(t, out)
			assert.Contains(t, errOut, test.says)
		})
	}
	options := ErrorOptions{Text: stdin, Streams: genericiooptions.IOStreams{In: iotest.ErrReader(errors.New("torn")), Out: &bytes.Buffer{}}}
	assert.ErrorContains(t, options.Run(), "torn")
}

func TestNothingOfAPastedSecretIsShown(t *testing.T) {
	for _, text := range []string{strange, denied + " password=hunter2", "(remote key \"hunter2;rm -rf /\"): " + denied + " token: canary-canary"} {
		for _, output := range []string{"", "json", "yaml"} {
			args := []string{"--error", text}
			if output != "" {
				args = append(args, "-o", output)
			}
			out, errOut, _ := explained(t, "", args...)
			for _, hidden := range []string{"hunter2", "canary", "\x1b", "rm -rf"} {
				assert.NotContains(t, out+errOut, hidden, "%s of %s", output, text)
			}
		}
	}
}

func TestAScreenIsNoWiderThanItsProse(t *testing.T) {
	out, _, _ := explained(t, "", "--error", denied)
	for line := range strings.Lines(out) {
		if !strings.Contains(line, command) {
			require.LessOrEqual(t, len(strings.TrimRight(line, "\n")), width, line)
		}
	}
}
