package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestAPassKeepsToItsScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	other := w.another(t)
	other.threeColours(t)
	for _, test := range []struct {
		name string
		args []string
		want map[string]int
	}{
		{"a label", []string{"--namespaces", w.namespace, "--selector", "warm=yes"}, map[string]int{"created": 2}},
		{"a field", []string{"--namespaces", w.namespace, "--field-selector", "metadata.name=blue"}, map[string]int{"created": 1}},
		{"a namespace", []string{"--namespaces", w.namespace}, map[string]int{"skipped": 3}},
		{"two namespaces", []string{"--namespaces", w.namespace + "," + other.namespace}, map[string]int{"skipped": 3, "created": 3}},
	} {
		p := readPass(t, harness.Run(t, w.environment(), runner(t), test.args...))
		require.Zero(t, p.Code, p.Stderr)
		assert.Equal(t, test.want, p.Report.Outcomes, test.name)
		assert.Empty(t, p.Report.Results, "a summary names failures only")
	}
}
