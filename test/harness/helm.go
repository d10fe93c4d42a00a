package harness

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Helm compiles Helm, as it is pinned in test/helm, and returns the path of the executable.
func Helm(t testing.TB) string {
	t.Helper()
	Need(t)
	path, err := shared.build(program{module: "test/helm", pkg: "helm.sh/helm/v4/cmd/helm"})
	require.NoError(t, err)
	return path
}
