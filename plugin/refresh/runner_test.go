package refresh

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
)

func TestRunnersFlags(t *testing.T) {
	for name, tc := range map[string]struct {
		scope resolve.Scope
		want  []string
	}{
		"names": {
			resolve.Scope{Names: []types.NamespacedName{{Namespace: "shop", Name: "a"}, {Namespace: "shop", Name: "b"}}},
			[]string{"--names=shop/a,shop/b"},
		},
		"a namespace":    {resolve.Scope{Namespaces: []string{"shop"}}, []string{"--namespaces=shop"}},
		"all namespaces": {resolve.Scope{}, nil},
		"selectors": {
			resolve.Scope{Selector: kube.Selector{Labels: "a in (b,c)", Fields: "spec.target.name=x"}},
			[]string{"--selector=a in (b,c)", "--field-selector=spec.target.name=x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, append([]string{"--force", "--report=full", "--linger=0s"}, tc.want...), flagsOf(tc.scope))
		})
	}
}

func TestRunnersLogIsReadAsItComes(t *testing.T) {
	var total int
	var observed []core.Result
	log := runnerLog{begin: func(n int) { total += n }, observe: func(r core.Result) { observed = append(observed, r) }}
	for _, line := range []string{
		`{"time":"2026-01-01T00:00:00Z","level":"INFO","msg":"pass begins","run":"x","externalSecrets":2}`,
		`{"level":"INFO","msg":"externalsecret","namespace":"shop","name":"a","outcome":"updated","changes":{"changed":["p"]}}`,
		`{"level":"WARN","msg":"externalsecret","namespace":"shop","name":"a","warning":"look here"}`,
		`{"level":"ERROR","msg":"externalsecret","namespace":"shop","name":"b","outcome":"failed","reason":"ProviderError","message":"denied"}`,
		`{"started":"2026-01-01T00:00:00Z","total":0,"outcomes":{},"notes":["another run holds the lease"]}`,
		`{"started":"2026-01-01T00:00:00Z","total":1,"outcomes":{"updated":1},"requests":{"X":2},"notes":["n"],"results":[{"namespace":"shop","name":"a","outcome":"updated"}]}`,
		`{"started":"2026-01-01T00:00:00Z","total":1,"outcomes":{"failed":1},"requests":{"X":1},"notes":["n"],"results":[{"namespace":"shop","name":"b","outcome":"failed"}]}`,
	} {
		log.line([]byte(line))
	}
	assert.Equal(t, 2, total)
	assert.Equal(t, []core.Result{
		{Namespace: "shop", Name: "a", Outcome: core.Updated, Changes: write.Changes{Changed: []string{"p"}}},
		{Namespace: "shop", Name: "b", Outcome: core.Failed, Reason: core.ProviderError, Message: "denied"},
	}, observed)
	assert.True(t, log.reported)
	assert.Len(t, log.report.Results, 2, "of both shards")
	assert.Equal(t, map[string]int{"X": 3}, log.report.Requests)
	assert.Equal(t, []string{"n"}, log.report.Notes)
	assert.Contains(t, log.trouble(), "another run holds the lease")
}

func TestWhatKeptTheRunnerFromAPassIsTold(t *testing.T) {
	log := runnerLog{}
	log.line([]byte(`error: --names: "x" is not NAMESPACE/NAME`))
	log.line([]byte(`{"level":"ERROR","msg":"no pass could be made","error":"list externalsecrets: forbidden"}`))
	assert.False(t, log.reported)
	assert.Equal(t, "\nerror: --names: \"x\" is not NAMESPACE/NAME\nno pass could be made: list externalsecrets: forbidden", log.trouble())
}

// What one shard reports says nothing of another that was killed before it could.
func TestAPartOfARunThatReportsNothingIsNoSuccess(t *testing.T) {
	const well = `{"started":"2026-01-01T00:00:00Z","outcomes":{"updated":1},"results":[{"namespace":"shop","name":"a","outcome":"updated"}]}`
	failed := fmt.Errorf("job %w: BackoffLimitExceeded", jobs.ErrFailed)
	for name, tc := range map[string]struct {
		lines []string
		err   error
		want  string // empty where the report says it all
	}{
		"all is well":                      {[]string{well}, nil, ""},
		"a shard was killed":               {[]string{well}, failed, `job "j" in namespace "ns" has not reported all that it did: job`},
		"a shard was cut short":            {[]string{well, `{"error":"the run was cut short: the lease is lost","outcomes":{}}`}, failed, "the lease is lost"},
		"what failed is in the report":     {[]string{strings.ReplaceAll(well, "updated", "failed")}, failed, ""},
		"what failed is its fan-out":       {[]string{strings.Replace(well, `"results"`, `"clusterExternalSecrets":[{"name":"c","outcome":"failed"}],"results"`, 1)}, failed, ""},
		"nothing was reported":             {nil, failed, "has left no report"},
		"nothing was reported, and why is": {[]string{"error: bad flag"}, nil, "error: bad flag"},
	} {
		t.Run(name, func(t *testing.T) {
			var log runnerLog
			for _, line := range tc.lines {
				log.line([]byte(line))
			}
			report, err := log.outcome("ns", "j", tc.err)
			if tc.want == "" {
				require.NoError(t, err)
				assert.NotEmpty(t, report.Results)
				return
			}
			require.ErrorContains(t, err, tc.want)
		})
	}
}
