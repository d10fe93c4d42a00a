// Package golden compares output with files, so that what a person sees is reviewed like code. Tests only.
package golden

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Assert compares got with testdata/NAME.golden of the test's package; with update it writes the file instead.
func Assert(t *testing.T, update bool, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600), "write the golden file")
	}
	want, err := os.ReadFile(file) //nolint:gosec // the name is a test's own
	require.NoError(t, err, "read the golden file; make it with: go test -update")
	require.Equal(t, string(want), got, "%s differs; after a look at it: go test -update", file)
}
