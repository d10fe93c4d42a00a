package runs

import (
	"bytes"
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// update rewrites the golden files.
var update = flag.Bool("update", false, "rewrite the golden files")

// troubled is a run of a shard of which much is to be told.
func troubled() Run {
	synced := noon.Add(-26 * time.Hour)
	r := &report.Run{
		ID: "20261125t115500.250z-x7k2p-1", Shard: &report.Shard{Index: 1, Of: 3}, Pod: "externalsecret-runner-29402130-1-abcde",
		Started: noon.Add(-5 * time.Minute), Seconds: 3.14159, Total: 240, Exit: 1,
		Outcomes: map[core.Outcome]int{core.Created: 2, core.Updated: 3, core.Unchanged: 10, core.Skipped: 200, core.Failed: 25},
		Requests: map[string]int{"SecretsManager.GetSecretValue": 5, "SecretsManager.BatchGetSecretValue": 2},
		Stores: []core.StoreUse{
			{Store: `SecretStore "aws" in namespace "shop"`, Requests: 6, Retries: 2, Throttles: 1}, {Store: `ClusterSecretStore "all"`, Requests: 1},
		},
		Causes: []report.Cause{
			{Reason: core.ProviderError, Message: `spec.data[*] (remote key "*"): there is none`, Count: 24, Example: "shop/db-0"},
			{Reason: core.Invalid, Message: "\x1b[31mred", Count: 1, Example: "shop/odd"},
		},
		Stalest: []report.Stale{
			{Namespace: "shop", Name: "new", Since: noon.Add(-3 * time.Hour)}, {Namespace: "shop", Name: "db-0", LastSync: &synced, Since: synced},
		},
		Linger: &report.Linger{Passes: 4, Outcomes: map[core.Outcome]int{core.Created: 1}},
		Notes:  []string{"secrets can't be listed: each target is read by name"},
		ClusterExternalSecrets: []fanout.Result{
			{Name: "registry", Outcome: fanout.Updated, Matched: 12},
			{Name: "ca", Outcome: fanout.Failed, Matched: 3, Failed: []api.FailedNamespace{{Namespace: "old", Reason: "it is not controlled by it"}}},
		},
		LeftOut: 3,
	}
	for i := range 22 {
		r.Results = append(r.Results, core.Result{
			Namespace: "shop", Name: "db-" + string(rune('a'+i)), Outcome: core.Failed, Reason: core.ProviderError, Message: "there is none",
		})
	}
	r.Results = append(r.Results, core.Result{Namespace: "shop", Name: "fine", Outcome: core.Unchanged})
	return Run{
		APIVersion: document.APIVersion, Kind: kindRun, Name: r.ID, State: SomeFailed, Job: "externalsecret-runner-29402130", Started: r.Started, Report: r,
	}
}

func every() []Run {
	quiet := &report.Run{Started: noon.Add(-10 * time.Minute), Seconds: 0.2, Total: 3, Outcomes: map[core.Outcome]int{core.Skipped: 3}}
	return []Run{
		{APIVersion: document.APIVersion, Kind: kindRun, Name: "externalsecret-runner-manual-x7k2p", Job: "externalsecret-runner-manual-x7k2p", Manual: true, State: Running, Started: noon.Add(-3 * time.Second)},
		troubled(),
		{APIVersion: document.APIVersion, Kind: kindRun, Name: "20261125t115000.250z-q7k2p", State: Succeeded, Job: "externalsecret-runner-29402125", Started: quiet.Started, Report: quiet},
		{APIVersion: document.APIVersion, Kind: kindRun, Name: "notes", State: Failed, Message: "its report can't be read: \x1b[31mno"},
	}
}

func TestOutput(t *testing.T) {
	for name, test := range map[string]struct {
		output Output
		runs   []Run
	}{
		"table":            {Output{Headers: true}, every()},
		"no-headers":       {Output{}, every()[:2]},
		"wide":             {Output{Headers: true, Wide: true}, every()},
		"names":            {Output{Form: names}, every()},
		"one":              {Output{Form: text}, every()[1:2]},
		"several":          {Output{Form: text}, []Run{every()[0], every()[2], every()[3]}},
		"one.json":         {Output{Form: documents, One: true, Printer: &printers.JSONPrinter{}}, every()[2:3]},
		"list.json":        {Output{Form: documents, Printer: &printers.JSONPrinter{}}, []Run{every()[0], every()[3]}},
		"nothing.json":     {Output{Form: documents, Printer: &printers.JSONPrinter{}}, nil},
		"one-of-many.yaml": {Output{Form: documents, One: true, Printer: &printers.YAMLPrinter{}}, every()[1:2]},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			test.output.Out = &out
			require.NoError(t, test.output.printAt(test.runs, noon))
			golden.Assert(t, *update, name, out.String())
		})
	}
}
