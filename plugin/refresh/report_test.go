package refresh

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
)

func printed(t *testing.T, format string, report core.Report) string {
	t.Helper()
	flags := genericclioptions.NewPrintFlags("")
	flags.OutputFormat = &format
	printer, err := flags.ToPrinter()
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, documentPrinter(printer)(report, nil, "none", &out))
	return out.String()
}

func TestReportForPrograms(t *testing.T) {
	golden.Assert(t, *update, "report.yaml", printed(t, "yaml", all()))
	golden.Assert(t, *update, "report.json", printed(t, "json", all()))
}

func TestReportOfNothingHasEmptyResults(t *testing.T) {
	assert.Contains(t, printed(t, "json", core.Report{}), `"results": []`)
}

func TestReportTakesTemplates(t *testing.T) {
	assert.Equal(t, "2", printed(t, "jsonpath={.counts.failed}", all()))
	assert.Equal(t, "db", printed(t, `jsonpath={.results[?(@.name=="db")].secret}`, all()))
	assert.Equal(t, "password", printed(t, `go-template={{range .results}}{{if eq .name "db"}}{{index .changes.changed 0}}{{end}}{{end}}`, all()))
}

func TestNamesAreOfThoseThatWereRefreshed(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, printNames(all(), nil, "none", &out))
	assert.Equal(t, `externalsecret.external-secrets.io/adopted
externalsecret.external-secrets.io/db
externalsecret.external-secrets.io/many
externalsecret.external-secrets.io/new
externalsecret.external-secrets.io/same
`, out.String())
}

func TestVerdict(t *testing.T) {
	failed := core.Result{Outcome: core.Failed}
	stopped := core.Result{Outcome: core.Skipped, Reason: core.Stopped}
	good := core.Result{Outcome: core.Updated}
	late := &exit.Error{Code: exit.TimedOut, Err: errors.New("timed out after 1s")}
	for name, test := range map[string]struct {
		cause   error
		results []core.Result
		code    int
		message string
	}{
		"all is well":                               {nil, []core.Result{good}, 0, ""},
		"nothing is well too":                       {nil, nil, 0, ""},
		"skipping is well":                          {nil, []core.Result{{Outcome: core.Skipped, Reason: core.OtherClass}}, 0, ""},
		"one failure fails, and was shown":          {nil, []core.Result{good, failed}, 1, ""},
		"a timeout tells how many it left out":      {late, []core.Result{good, failed, stopped}, 124, "error: timed out after 1s: 1 of 3 ExternalSecrets were not reached"},
		"a timeout that came too late for any":      {late, []core.Result{good}, 0, ""},
		"a failure before a timeout that came late": {late, []core.Result{failed}, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if test.cause != nil {
				cancel(test.cause)
			}
			err := verdict(ctx, core.Report{Results: test.results}, nil)
			assert.Equal(t, test.code, exit.Code(err))
			assert.Equal(t, test.message, exit.Message(err))
		})
	}
}

func TestAClusterExternalSecretThatFailedFailsThePass(t *testing.T) {
	report := core.Report{Results: []core.Result{{Outcome: core.Updated}}, ClusterExternalSecrets: []fanout.Result{{Outcome: fanout.Unchanged}}}
	require.NoError(t, verdict(t.Context(), report, nil))
	report.ClusterExternalSecrets[0].Outcome = fanout.Failed
	assert.Equal(t, exit.Failed, exit.Code(verdict(t.Context(), report, nil)))
}
