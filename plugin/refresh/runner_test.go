package refresh

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
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
