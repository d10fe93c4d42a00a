package harness

import (
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// awsProgram builds a program of the module test/awsfake and returns its path. The binary stays in the user's cache, where go build
// finds it up to date the next time.
func awsProgram(t testing.TB, name, pkg string) string {
	t.Helper()
	_, self, _, ok := runtime.Caller(0)
	require.True(t, ok, "find the source of the harness")
	module := filepath.Join(filepath.Dir(self), "..", "awsfake")
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	// One folder for each working copy, because their sources differ.
	id := fnv.New64a()
	_, _ = id.Write([]byte(module)) // a hash takes everything
	bin := filepath.Join(cache, "kubectl-externalsecret", "awsfake", fmt.Sprintf("%x", id.Sum64()), name)
	build := exec.CommandContext(t.Context(), "go", "build", "-C", module, "-o", bin, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "build %s: %s", name, output)
	return bin
}
