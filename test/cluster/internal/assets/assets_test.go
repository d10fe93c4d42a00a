//go:build unix

package assets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEnsure(t *testing.T) {
	t.Run("each executable is built once, however many ask", func(t *testing.T) {
		cfg, progress := config(t, hello)
		var askers sync.WaitGroup
		for range 4 {
			askers.Go(func() {
				_, err := Ensure(t.Context(), cfg)
				assert.NoError(t, err)
			})
		}
		askers.Wait()
		set, err := Ensure(t.Context(), cfg)
		require.NoError(t, err)
		require.Equal(t, "v1.2.3", set.Version)
		for _, p := range programs(false) {
			require.Equal(t, 1, strings.Count(progress.String(), "built "+p.name+" in "), progress)
			out, err := exec.Command(set.Path(p.name)).Output()
			require.NoError(t, err)
			require.Equal(t, "hello", string(out))
		}
	})

	t.Run("what only a node runs is built when there is to be one", func(t *testing.T) {
		cfg, progress := config(t, hello)
		set, err := Ensure(t.Context(), cfg)
		require.NoError(t, err)
		require.NoFileExists(t, set.Path("kubelet"))
		cfg.Node = true
		again, err := Ensure(t.Context(), cfg)
		require.NoError(t, err)
		require.Equal(t, set, again)
		require.FileExists(t, set.Path("kubelet"))
		require.Equal(t, 1, strings.Count(progress.String(), "built etcd in "), progress)
	})

	t.Run("what is found is used, the rest is built", func(t *testing.T) {
		cfg, progress := config(t, hello)
		cfg.FoundDir = t.TempDir()
		for _, name := range []string{"etcd", "kube-apiserver", "kubectl"} {
			found := "#!/bin/sh\nprintf found\n"
			require.NoError(t, os.WriteFile(filepath.Join(cfg.FoundDir, name), []byte(found), 0o755))
		}
		set, err := Ensure(t.Context(), cfg)
		require.NoError(t, err)
		for name, want := range map[string]string{"etcd": "found", "kubectl": "found", "kube-controller-manager": "hello"} {
			out, err := exec.Command(set.Path(name)).Output()
			require.NoError(t, err)
			require.Equal(t, want, string(out), name)
		}
		require.Equal(t, 1, strings.Count(progress.String(), "built "), progress)
	})

	t.Run("a build that fails says why and leaves no executable", func(t *testing.T) {
		cfg, _ := config(t, "package main\n\nfunc main() { nonsense }\n")
		set, err := Ensure(t.Context(), cfg)
		require.ErrorContains(t, err, "undefined: nonsense")
		requireEmpty(t, set.Dir)
	})

	t.Run("a build that is cut off leaves nothing, and the next one is whole", func(t *testing.T) {
		cfg, _ := config(t, hello)
		gone := errors.New("nobody waits for it")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(20*time.Millisecond, func() { cancel(gone) })
		set, err := Ensure(ctx, cfg)
		require.ErrorIs(t, err, gone)
		requireEmpty(t, set.Dir)

		// As if the one before had been killed.
		require.NoError(t, os.MkdirAll(filepath.Join(set.Dir, ".work-killed"), 0o755))
		set, err = Ensure(t.Context(), cfg)
		require.NoError(t, err)
		require.Empty(t, missing(set, false))
		require.NoDirExists(t, filepath.Join(set.Dir, ".work-killed"))
	})
}

func TestKeyTellsReleasesApart(t *testing.T) {
	cfg := Config{GoMod: []byte("require k8s.io/kubernetes v1.2.3\n"), GoSum: []byte("sums")}
	key := func(change func(*Config)) string {
		changed := cfg
		change(&changed)
		r, err := newRecipe(changed)
		require.NoError(t, err)
		return r.key()
	}
	same := key(func(*Config) {})
	require.Equal(t, same, key(func(c *Config) { c.CacheDir = "elsewhere" }))
	require.NotEqual(t, same, key(func(c *Config) { c.GoSum = []byte("other sums") }))
	require.NotEqual(t, same, key(func(c *Config) { c.FoundDir = "/found" }))
	require.NotEqual(t, same, key(func(c *Config) { c.GoMod = []byte("require k8s.io/kubernetes v1.2.4\n") }))
	require.Regexp(t, `^v1\.2\.3-[0-9a-f]{12}$`, same)
}

func TestProgramsAreTheToolsOfTheModule(t *testing.T) {
	goMod, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	var pkgs []string
	for _, p := range programs(true) {
		pkgs = append(pkgs, "\t"+p.pkg+"\n")
	}
	slices.Sort(pkgs) // as go mod tidy does
	require.Contains(t, string(goMod), "tool (\n"+strings.Join(pkgs, "")+")\n")
	version, err := kubernetesVersion(goMod)
	require.NoError(t, err)
	require.Regexp(t, `^v1\.\d+\.\d+$`, version)
}

func TestVersionErrors(t *testing.T) {
	for name, goMod := range map[string]string{
		"go.mod does not require":  "module m\n\nrequire k8s.io/api v0.1.2\n",
		"is not of the form v1.2.": "require (\n\tk8s.io/kubernetes master // indirect\n)\n",
	} {
		_, err := Ensure(t.Context(), Config{GoMod: []byte(goMod)})
		require.ErrorContains(t, err, name)
	}
}

const hello = "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(\"hello\") }\n"

// config is one whose pins lead to local modules, where every program has the given source: real builds, but small ones.
func config(t *testing.T, source string) (Config, *bytes.Buffer) {
	t.Helper()
	root := t.TempDir()
	var goMod strings.Builder
	goMod.WriteString("module pins\n\ngo 1.26.0\n")
	for module, version := range map[string]string{"k8s.io/kubernetes": "v1.2.3", "go.etcd.io/etcd/server/v3": "v3.0.0"} {
		dir := filepath.Join(root, filepath.FromSlash(module))
		write(t, filepath.Join(dir, "go.mod"), "module "+module+"\n\ngo 1.26.0\n")
		for _, p := range programs(true) {
			if below, ok := strings.CutPrefix(p.pkg, module); ok {
				write(t, filepath.Join(dir, filepath.FromSlash(below), "main.go"), source)
			}
		}
		fmt.Fprintf(&goMod, "require %s %s\nreplace %s => %q\n", module, version, module, dir)
	}
	var progress bytes.Buffer
	return Config{
		GoMod: []byte(goMod.String()), CacheDir: filepath.Join(root, "cache"), Progress: &lockedWriter{w: &progress},
	}, &progress
}

// lockedWriter lets several builds write their progress.
type lockedWriter struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}

func requireEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}
