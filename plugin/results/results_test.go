package results_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
)

func TestAWarningOfManyNamesOneOfThem(t *testing.T) {
	report := core.Report{Results: []core.Result{
		{Name: "a", Namespace: "shop", Outcome: core.Unchanged, Warnings: []string{"x", "y"}},
		{Name: "b", Namespace: "shop", Outcome: core.Unchanged, Warnings: []string{"x"}},
		{Name: "c", Namespace: "shop", Outcome: core.Unchanged, Warnings: []string{"x"}},
	}}
	assert.Equal(t, []string{
		"Warning: externalsecret.external-secrets.io/a and 2 more: x", "Warning: externalsecret.external-secrets.io/a: y",
	}, results.Warnings(report, false))
	assert.Contains(t, results.Warnings(report, true)[1], "externalsecret.external-secrets.io/a in namespace shop: y")
}

func TestALineCanNotMoveTheCursor(t *testing.T) {
	assert.Equal(t, "externalsecret.external-secrets.io/a failed:  [31mred",
		results.Line(core.Result{Name: "a", Outcome: core.Failed, Message: "\x1b[31mred"}, false))
}
