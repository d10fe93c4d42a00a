package harness

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// buildWithin is how long one program of this repository may take to compile on a slow machine with a cold cache.
const buildWithin = 10 * time.Minute

// Build compiles a main package of the repository's main module, such as ./cmd/kubectl-externalsecret, and returns the path of
// the executable. It does so once a test binary; when nothing has changed since an earlier build that takes a moment only.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	Need(t)
	path, err := shared.build(program{module: ".", pkg: pkg})
	require.NoError(t, err)
	return path
}

// program is a main package, named as the go command does in the directory of its module.
type program struct {
	module string // the module's directory, relative to the root of the repository
	pkg    string
}

// build compiles the program into the user's cache directory. Nothing tells a test binary when it ends, so a temporary
// directory would never be removed; a path that stays also lets the go command see that an executable is up to date.
func (p program) build() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), buildWithin)
	defer cancel()
	root, err := repositoryRoot(ctx)
	if err != nil {
		return "", err
	}
	module := filepath.Join(root, p.module)
	dir, err := cacheOf(filepath.Join(module, p.pkg))
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, filepath.Base(filepath.Join(module, p.pkg)))

	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, p.pkg)
	cmd.Dir = module
	// The go command renames the finished file only within one file system; otherwise it copies it, and who runs the
	// program at that moment gets half of it.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOTMPDIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", p.pkg, err, out)
	}
	return path, nil
}

// cacheOf is a directory in the user's cache for what is made of a path: two checkouts of the repository must not overwrite each
// other's programs.
func cacheOf(path string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache directory: %w", err)
	}
	sum := sha256.Sum256([]byte(path))
	dir := filepath.Join(cache, "kubectl-externalsecret", "bin", hex.EncodeToString(sum[:])[:12])
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make a directory for what is made of %s: %w", path, err)
	}
	return dir, nil
}

// repositoryRoot is the directory of the main module. The go command runs tests in the directory of their package.
func repositoryRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the root of the repository: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
