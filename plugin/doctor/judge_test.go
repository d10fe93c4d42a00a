package doctor

import (
	"bytes"
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
)

// update rewrites the golden files.
var update = flag.Bool("update", false, "rewrite the golden files")

// scenes are the facts of several clusters.
func scenes() map[string]*facts {
	unreadable := healthy()
	unreadable.externalSecrets = known[[]resolve.Item]{err: forbidden("externalsecrets")}
	return map[string]*facts{"healthy": healthy(), "ill": ill(), "busy": busy(), "blind": blind(), "bare": bare(), "stranger": stranger(), "unreadable": unreadable}
}

func TestWhatAPersonIsTold(t *testing.T) {
	for name, facts := range scenes() {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, render(facts, judge(facts), &out))
			golden.Assert(t, *update, name, out.String())
		})
	}
}

func TestWhatAProgramIsTold(t *testing.T) {
	var out bytes.Buffer
	facts := ill()
	require.NoError(t, printDocument(&printers.JSONPrinter{}, reportOf(facts, judge(facts)), &out))
	golden.Assert(t, *update, "ill.json", out.String())
}

func TestEveryKindOfFindingIsInTheCatalogAndIsShown(t *testing.T) {
	kinds := map[string]Kind{}
	for _, kind := range Catalog() {
		assert.NotContains(t, kinds, kind.ID)
		kinds[kind.ID] = kind
	}
	seen := map[string]bool{}
	for scene, facts := range scenes() {
		for _, finding := range judge(facts) {
			assert.NotContains(t, finding.Message+finding.Fix, "\x1b")
			if finding.Severity == OK || finding.Severity == Unknown {
				assert.Equal(t, finding.Check, finding.ID)
				assert.Empty(t, finding.Fix)
				continue
			}
			require.Contains(t, kinds, finding.ID, scene)
			assert.Equal(t, kinds[finding.ID].Check, finding.Check)
			assert.Contains(t, finding.Fix, "\n", "%s: words and a command", finding.ID)
			assert.LessOrEqual(t, len(finding.Objects), most)
			seen[finding.ID] = true
		}
	}
	for id := range kinds {
		assert.True(t, seen[id], "no scene shows %s", id)
	}
}

func TestEveryCheckIsInASectionAndSaysSomething(t *testing.T) {
	checks := map[string]bool{}
	for _, section := range sections() {
		for _, check := range section.checks {
			checks[check] = true
		}
	}
	for _, kind := range Catalog() {
		assert.True(t, checks[kind.Check], kind.ID)
	}
	said := map[string]bool{}
	for _, finding := range judge(healthy()) {
		assert.Equal(t, OK, finding.Severity, finding.Message)
		said[finding.Check] = true
	}
	assert.Equal(t, checks, said)
}

// severityOf is that of the finding of a kind; empty if there is none.
func severityOf(findings []Finding, id string) Severity {
	for _, finding := range findings {
		if finding.ID == id {
			return finding.Severity
		}
	}
	return ""
}

func TestWhoRefreshesAnExternalSecret(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*facts)
		id     string
		want   Severity
	}{
		"a runner":                                 {func(*facts) {}, checkClasses, OK},
		"the operator":                             {func(f *facts) { f.runners.value, f.operators.value = nil, []operator{operatorWith(partController, 1)} }, checkClasses, OK},
		"its webhook does not":                     {func(f *facts) { f.runners.value, f.operators.value = nil, []operator{operatorWith(partWebhook, 1)} }, idClassUnserved, Warning},
		"an operator without Pods does not":        {func(f *facts) { f.runners.value, f.operators.value = nil, []operator{operatorWith(partController, 0)} }, idClassUnserved, Warning},
		"both":                                     {func(f *facts) { f.operators.value = []operator{operatorWith(partController, 1)} }, idClassContested, Warning},
		"nobody, and all are up to date":           {func(f *facts) { f.runners.value = nil }, idClassUnserved, Warning},
		"nobody, and one is overdue":               {func(f *facts) { f.runners.value = nil; f.externalSecrets.value[0] = externalSecret("db", 9*time.Hour) }, idClassUnserved, Problem},
		"nobody that is known":                     {func(f *facts) { f.runners.value, f.operators.err = nil, forbidden("deployments") }, checkClasses, Unknown},
		"a runner of another class does not":       {func(f *facts) { f.stores.value[0].class = "batch" }, idClassUnserved, Warning},
		"a runner of the class":                    {func(f *facts) { f.stores.value[0].class, f.runners.value[0].serves.Class = "batch", "batch" }, checkClasses, OK},
		"a runner of other namespaces does not":    {func(f *facts) { f.runners.value[0].serves.Namespaces = []string{"web"} }, idClassUnserved, Warning},
		"a runner of other labels does not":        {func(f *facts) { f.runners.value[0].serves.Labels = "team=web" }, idClassUnserved, Warning},
		"a runner of other names does not":         {func(f *facts) { f.runners.value[0].serves.Fields = "metadata.name=x" }, idClassUnserved, Warning},
		"a suspended runner does not":              {func(f *facts) { f.runners.value[0].suspended = true }, idClassUnserved, Warning},
		"stores of two classes are nobody's":       {func(f *facts) { twoClasses(f) }, idClassUnserved, Warning},
		"a store that is not there is nobody's":    {func(f *facts) { f.stores.value = nil }, checkClasses, ""},
		"one that is being deleted is not counted": {func(f *facts) { f.runners.value = nil; deleteAll(f) }, idClassUnserved, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := healthy()
			test.change(f)
			assert.Equal(t, test.want, severityOf(judgeClasses(f), test.id), "%v", judgeClasses(f))
		})
	}
}

func twoClasses(f *facts) {
	f.stores.value[0].class = "default"
	f.stores.value = append(f.stores.value, store{NamespacedName: name("shop", "batch"), kind: kindStore, class: "batch"})
	ref := api.SecretStoreRef{Name: "batch", Kind: kindStore}
	f.externalSecrets.value[0].ES.Spec.Data = []api.Data{{SourceRef: &api.SourceRef{StoreRef: &ref}}}
}

func deleteAll(f *facts) {
	for _, item := range f.externalSecrets.value {
		deleted(item.ES)
	}
}

func TestWhenARunnerIsLate(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*runner)
		id     string
		want   Severity
	}{
		"it has just succeeded":             {func(*runner) {}, checkRunner, OK},
		"one run may be missed":             {func(r *runner) { r.succeeded = before(20 * time.Minute) }, checkRunner, OK},
		"not two":                           {func(r *runner) { r.succeeded = before(21 * time.Minute) }, idRunnerLate, Problem},
		"nights and weekends are no reason": {func(r *runner) { r.schedule, r.succeeded = "*/5 8-18 * * 1-5", before(40*time.Hour) }, checkRunner, OK},
		"a new one has not run":             {func(r *runner) { r.created, r.scheduled, r.succeeded = before(time.Minute), time.Time{}, time.Time{} }, checkRunner, OK},
		"an old one has not run":            {func(r *runner) { r.scheduled, r.succeeded = time.Time{}, time.Time{} }, idRunnerNeverRan, Problem},
		"it runs and never succeeds":        {func(r *runner) { r.succeeded, r.jobs.value = time.Time{}, nil }, idRunnerLate, Problem},
		"a failure before the last success": {func(r *runner) {
			r.jobs.value = append([]job{{failed: true, ended: before(time.Hour)}}, r.jobs.value...)
		}, checkRunner, OK},
		"a schedule that never comes":              {func(r *runner) { r.schedule = "0 0 30 2 *"; r.scheduled = time.Time{} }, idRunnerNeverRan, Problem},
		"the same version but for the last number": {func(r *runner) { r.version = "1.2.9" }, checkRunner, OK},
		"another version":                          {func(r *runner) { r.version = "v1.3.0" }, idRunnerVersion, Warning},
		"a build between releases is not compared": {func(r *runner) { r.version = "v0.0.0-20261126042253-50e9964ecda8" }, checkRunner, OK},
		"a version that is none is not compared":   {func(r *runner) { r.version = "latest" }, checkRunner, OK},
		"a run waits to begin": {func(r *runner) {
			r.unbegun.value = &unbegun{name: "x", made: before(time.Hour), why: "has no node yet"}
		}, idRunnerUnbegun, Problem},
		"whether one waits may not be seen":         {func(r *runner) { r.unbegun = known[*unbegun]{&unbegun{name: "x"}, forbidden("pods")} }, checkRunner, Unknown},
		"what is suspended is suspended, not late ": {func(r *runner) { r.suspended, r.succeeded = true, time.Time{} }, idRunnerSuspended, Warning},
	} {
		t.Run(name, func(t *testing.T) {
			f := healthy()
			findings := judgeRunner(f, runnerWith(test.change))
			require.Len(t, findings, 1)
			assert.Equal(t, []any{test.id, test.want}, []any{findings[0].ID, findings[0].Severity}, findings[0].Message)
		})
	}
}

func TestNewerCRDsComeByWhoeverHasInstalledThese(t *testing.T) {
	for owner, want := range map[string]string{
		"kubectl-externalsecret": "install again, which renews the CRDs:\nkubectl externalsecret install",
		"Helm release ops/eso":   "have newer CRDs applied by whoever has installed these (Helm release ops/eso), which are:\nkubectl get crd secretstores.external-secrets.io --show-managed-fields -o yaml",
		"":                       "have newer CRDs applied by whoever has installed these (it is not known who), which are:\nkubectl get crd secretstores.external-secrets.io --show-managed-fields -o yaml",
	} {
		c := crd{resource: "secretstores", established: true, served: []string{"v1beta1"}, storage: "v1beta1", stored: []string{"v1beta1"}, owner: owner}
		findings := judgeCRD(&facts{}, c)
		require.Len(t, findings, 1)
		assert.Equal(t, want, findings[0].Fix)
	}
}

func TestTheShardsOfARunThatHaveNotBegun(t *testing.T) {
	for text, shards := range map[string][]int{
		"has not begun": nil, "its shard 2 has not begun": {2}, "its shards 0, 2 have not begun; of shard 0": {0, 2},
	} {
		assert.Equal(t, text, (&unbegun{shards: shards}).waits())
	}
}
