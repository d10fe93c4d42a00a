// Package release_test makes releases as `make release` does, in checkouts of its own, and has krew, Helm and an API server take
// what comes out. What the release holds is judged here; how it is published is not.
package release_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkout is a git repository with the files of this one as they are now, committed or not.
type checkout struct {
	dir string
}

// newCheckout makes a checkout in dir, with a commit of a time that is always the same, and a tag.
func newCheckout(t *testing.T, dir, version string) checkout {
	t.Helper()
	c := checkout{dir: dir}
	files := checkout{dir: "../.."}.run(t, "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	for name := range strings.SplitSeq(strings.TrimSuffix(files, "\x00"), "\x00") {
		from, to := filepath.Join("..", "..", name), filepath.Join(dir, name)
		info, err := os.Lstat(from)
		if os.IsNotExist(err) {
			continue // deleted, and that not committed
		}
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		if info.Mode()&os.ModeSymlink != 0 {
			target, err := os.Readlink(from)
			require.NoError(t, err)
			require.NoError(t, os.Symlink(target, to))
			continue
		}
		content, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, content, info.Mode().Perm()))
	}
	c.run(t, "git", "init", "--quiet")
	c.tag(t, version)
	return c
}

var versioned = map[string]*regexp.Regexp{
	"manifests/chart/Chart.yaml":  regexp.MustCompile(`(?m)^(appVersion: v|version: )(.*)$`),
	"manifests/base/cronjob.yaml": regexp.MustCompile(`(?m)(image: ghcr.io/kubectl-externalsecret/externalsecret-runner:v)(.*)$`),
}

// tag commits the checkout as a version, which the manifests name.
func (c checkout) tag(t *testing.T, version string) {
	t.Helper()
	for name, pattern := range versioned {
		path := filepath.Join(c.dir, name)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		content = pattern.ReplaceAll(content, []byte("${1}"+strings.TrimPrefix(version, "v")))
		require.NoError(t, os.WriteFile(path, content, 0o644))
	}
	c.run(t, "git", "add", "--all")
	c.run(t, "git", "commit", "--quiet", "--allow-empty", "--message", version)
	c.run(t, "git", "tag", version)
}

// run runs a program in the checkout, with the Go settings and caches of whoever runs the tests, but without their settings of git.
func (c checkout) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := c.try(t, name, args...)
	require.NoError(t, err)
	return out
}

// try is run for what may fail. The error has what the program says on standard error.
func (c checkout) try(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Stderr = c.dir, &stderr
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.com", "GIT_COMMITTER_NAME=Test",
		"GIT_COMMITTER_EMAIL=test@example.com", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %v: %w: %s", name, args, err, &stderr)
	}
	return string(out), nil
}

// release makes a release of what is for this machine alone, and returns its directory.
func (c checkout) release(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "release")
	version := strings.TrimSpace(c.run(t, "./manifests/release/version.sh"))
	c.run(t, "go", "run", "-C", "manifests/release", ".", "--version", version, "--only", runtime.GOOS+"/"+runtime.GOARCH, "--output", out)
	return out
}

// requireSame compares two directories, and says which files differ rather than how.
func requireSame(t *testing.T, one, other string) {
	t.Helper()
	names := namesIn(t, one)
	require.Equal(t, names, namesIn(t, other))
	for _, name := range names {
		a, err := os.ReadFile(filepath.Join(one, name))
		require.NoError(t, err)
		b, err := os.ReadFile(filepath.Join(other, name))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(a, b), "%s differs", name) // and not Equal, which would print megabytes
	}
}

// namesIn are the files below a directory.
func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, strings.TrimPrefix(path, dir+string(filepath.Separator)))
		}
		return err
	}))
	require.NotEmpty(t, names)
	return names
}
