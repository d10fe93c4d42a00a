package refresh

import (
	"bytes"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
)

// update rewrites the golden files.
var update = flag.Bool("update", false, "rewrite the golden files")

// all is a report with a result of every sort.
func all() core.Report {
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return core.Report{
		Started: began, Finished: began.Add(1234 * time.Millisecond),
		Results: []core.Result{
			{Namespace: "shop", Name: "adopted", Outcome: core.Updated, Secret: "old",
				Changes:  write.Changes{Metadata: true},
				Warnings: []string{"Secret old was there before and not managed by an ExternalSecret: it is now"}},
			{Namespace: "shop", Name: "broken", Outcome: core.Failed, Reason: core.Invalid, Message: "spec is not\x1b[2J right"},
			{Namespace: "shop", Name: "db", Outcome: core.Updated, Secret: "db",
				Changes: write.Changes{Changed: []string{"password"}, Metadata: true}},
			{Namespace: "shop", Name: "gone", Outcome: core.Failed, Reason: core.NotFound, Message: "there is no such ExternalSecret"},
			{Namespace: "shop", Name: "many", Outcome: core.Updated, Secret: "many", Changes: write.Changes{
				Added: []string{"a", "b", "c", "d", "e", "f", "g"}, Removed: []string{"x", "y"}}},
			{Namespace: "shop", Name: "new", Outcome: core.Created, Secret: "new", Changes: write.Changes{Added: []string{"a"}}},
			{Namespace: "shop", Name: "other", Outcome: core.Skipped, Reason: core.OtherClass, Message: "its store is of class x"},
			{Namespace: "shop", Name: "same", Outcome: core.Unchanged, Secret: "same"},
		},
		ClusterExternalSecrets: []fanout.Result{
			{Name: "all", Outcome: fanout.Updated, Matched: 7, Created: []string{"a", "b", "c", "d", "e", "f"}, Changed: []string{"g"}, Deleted: []string{"x"}},
			{Name: "partly", Outcome: fanout.Failed, Matched: 2, Created: []string{"a"}, Failed: []api.FailedNamespace{{Namespace: "b", Reason: "it is\x1b[2J there"}}},
			{Name: "same", Outcome: fanout.Unchanged, Matched: 1},
			{Name: "wrong", Outcome: fanout.Failed, Message: "spec.namespaceSelector: no"},
		},
		Requests: map[string]int{"SecretsManager.BatchGetSecretValue": 2, "STS.AssumeRole": 1},
		Notes:    []string{"SecretStore \"aws\": batches are not permitted"},
	}
}

// show plays a report through a view as core.Sync would.
func show(v *view, report core.Report) {
	v.begin(len(report.Results))
	for _, r := range report.Results {
		v.result(r)
	}
	v.end(report)
}

func TestViewOfEveryOutcome(t *testing.T) {
	for name, v := range map[string]*view{
		"plain":           {},
		"with-namespaces": {namespaces: true},
		"dry-run":         {dryRun: write.DryRunClient},
		"server-dry-run":  {dryRun: write.DryRunServer},
		"on-a-terminal":   {live: true},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			v.hits, v.misses, v.errOut = &out, &out, &errOut
			show(v, all())
			golden.Assert(t, *update, "view-"+name, fmt.Sprintf("-- stdout\n%s-- stderr\n%s", &out, visible(errOut.String())))
		})
	}
}

// visible spells out what moves a terminal's cursor.
func visible(text string) string {
	return strings.NewReplacer("\r", "<CR>", "\x1b", "<ESC>").Replace(text)
}

func TestViewOfOneResultHasNoSummary(t *testing.T) {
	var out, errOut bytes.Buffer
	v := &view{hits: &out, misses: &out, errOut: &errOut}
	report := all()
	report.Results, report.ClusterExternalSecrets, report.Notes = report.Results[2:3], nil, nil
	show(v, report)
	assert.Equal(t, "externalsecret.external-secrets.io/db updated (password changed)\n", out.String())
	assert.Empty(t, errOut.String())
}

func TestViewForAProgramKeepsResultsToItself(t *testing.T) {
	var errOut bytes.Buffer
	show(&view{errOut: &errOut}, all())
	assert.NotContains(t, errOut.String(), "broken")
	assert.NotContains(t, errOut.String(), "NotFound")
	assert.Contains(t, errOut.String(), "8 ExternalSecrets: 1 created, 3 updated, 1 unchanged, 1 skipped, 2 failed")
}

func TestViewOfNamesTellsWhatIsNotAmongThem(t *testing.T) {
	var errOut bytes.Buffer
	show(&view{errOut: &errOut, misses: &errOut}, all())
	assert.Contains(t, errOut.String(), "externalsecret.external-secrets.io/broken failed: ")
	assert.Contains(t, errOut.String(), "externalsecret.external-secrets.io/other skipped: ")
	assert.NotContains(t, errOut.String(), "same unchanged")
}

func TestProgressInALog(t *testing.T) {
	for name, test := range map[string]struct{ total, lines int }{
		"is not told of a few":               {19, 0},
		"is told in tenths":                  {200, 9},
		"is told in tenths of an odd number": {2003, 9},
	} {
		t.Run(name, func(t *testing.T) {
			var errOut bytes.Buffer
			v := &view{errOut: &errOut}
			v.begin(test.total)
			for range test.total {
				v.result(core.Result{Name: "a", Outcome: core.Unchanged})
			}
			assert.Equal(t, test.lines, bytes.Count(errOut.Bytes(), []byte("\n")), errOut.String())
		})
	}
}

func TestAWarningOfManyIsToldOnce(t *testing.T) {
	var errOut bytes.Buffer
	v := &view{errOut: &errOut}
	report := core.Report{Results: []core.Result{
		{Name: "a", Outcome: core.Unchanged, Warnings: []string{"x", "y"}},
		{Name: "b", Outcome: core.Unchanged, Warnings: []string{"x"}},
		{Name: "c", Outcome: core.Unchanged, Warnings: []string{"x"}},
	}}
	show(v, report)
	assert.Equal(t, 2, strings.Count(errOut.String(), "Warning: "))
}

func TestNoResultsLeaveNothingBehind(t *testing.T) {
	var errOut bytes.Buffer
	show(&view{errOut: &errOut, live: true}, core.Report{})
	assert.Empty(t, errOut.String())
}
