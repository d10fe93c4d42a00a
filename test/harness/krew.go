package harness

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Krew compiles krew, and what its index judges manifests with, as they are pinned in test/krew, and returns the paths of the
// executables.
func Krew(t testing.TB) (krew, validate string) {
	t.Helper()
	need(t)
	krew, err := shared.build(program{module: "test/krew", pkg: "sigs.k8s.io/krew/cmd/krew"})
	require.NoError(t, err)
	validate, err = shared.build(program{module: "test/krew", pkg: "sigs.k8s.io/krew/cmd/validate-krew-manifest"})
	require.NoError(t, err)
	return krew, validate
}
