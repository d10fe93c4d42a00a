//go:build unix

package assets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/process"
)

// stopGrace is how long a build may take to end when it is cut off.
const stopGrace = 5 * time.Second

// recipe is how the executables of one release come to be.
type recipe struct {
	cfg     Config
	version string   // of Kubernetes
	flags   []string // of go build
	env     []string // of go build, on top of this process's
}

// newRecipe is the recipe for the release that go.mod names.
func newRecipe(cfg Config) (recipe, error) {
	version, err := kubernetesVersion(cfg.GoMod)
	if err != nil {
		return recipe{}, err
	}
	major, minor, err := majorMinor(version)
	if err != nil {
		return recipe{}, err
	}
	// Kubernetes takes its version from the linker; without one kubectl and the API server call themselves v0.0.0.
	ldflags := fmt.Sprintf("-s -w -X %[1]s.gitVersion=%[2]s -X %[1]s.gitMajor=%[3]s -X %[1]s.gitMinor=%[4]s",
		"k8s.io/component-base/version", version, major, minor)
	return recipe{
		cfg:     cfg,
		version: version,
		flags:   []string{"-trimpath", "-buildvcs=false", "-ldflags", ldflags},
		// A person's own flags or workspace must not make two builds of one key differ.
		env: []string{"CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOOS=" + runtime.GOOS, "GOARCH=" + runtime.GOARCH},
	}, nil
}

// key names the set that the recipe makes.
func (r recipe) key() string {
	sum := sha256.New()
	for _, part := range []string{
		string(r.cfg.GoMod), string(r.cfg.GoSum), strings.Join(r.flags, " "), strings.Join(r.env, " "), r.cfg.FoundDir,
	} {
		fmt.Fprintf(sum, "%d\n%s\n", len(part), part)
	}
	return r.version + "-" + hex.EncodeToString(sum.Sum(nil))[:12]
}

// provide puts one program into the set by a rename, so that it is there whole or not at all.
func (r recipe) provide(ctx context.Context, set Set, p program) error {
	work, err := os.MkdirTemp(set.Dir, workPattern)
	if err != nil {
		return fmt.Errorf("make a directory to build in: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }() // what is left goes before the next build

	fresh := filepath.Join(work, p.name)
	if found := filepath.Join(r.cfg.FoundDir, p.name); r.cfg.FoundDir != "" && executable(found) {
		if err := os.Symlink(found, fresh); err != nil {
			return fmt.Errorf("link to %s: %w", found, err)
		}
	} else if err := r.build(ctx, work, p, fresh); err != nil {
		return fmt.Errorf("build %s: %w", p.name, err)
	}
	if err := os.Rename(fresh, set.Path(p.name)); err != nil {
		return fmt.Errorf("put %s in its place: %w", p.name, err)
	}
	return nil
}

// build compiles a program to the file out. It runs in work, as a module that is nothing but the pins: it makes no difference
// where this program's own sources are.
func (r recipe) build(ctx context.Context, work string, p program, out string) error {
	for name, content := range map[string][]byte{"go.mod": r.cfg.GoMod, "go.sum": r.cfg.GoSum} {
		if err := os.WriteFile(filepath.Join(work, name), content, 0o644); err != nil {
			return fmt.Errorf("write the pins: %w", err)
		}
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("find the go command: %w", err)
	}
	fmt.Fprintf(r.cfg.Progress, "building %s (minutes, the first time on a machine)\n", p.name)
	began := time.Now()
	build, err := process.Start(process.Command{
		Name: "go build " + p.pkg,
		Path: goTool,
		Args: append(append([]string{"build", "-o", out}, r.flags...), p.pkg),
		Dir:  work,
		Env:  append(append(os.Environ(), r.env...), "GOTMPDIR="+work),
		Log:  filepath.Join(work, "build.log"),
	})
	if err != nil {
		return err
	}
	select {
	case <-build.Done():
	case <-ctx.Done():
		// How the build ended no longer matters: it was not to.
		_ = build.Stop(stopGrace)
		return context.Cause(ctx)
	}
	if err := build.Wait(); err != nil {
		return err
	}
	fmt.Fprintf(r.cfg.Progress, "built %s in %s\n", p.name, time.Since(began).Round(time.Second))
	return nil
}
