//go:build unix

// Package assets makes sure that the executables of a cluster are on this machine: found, or built from source once and kept in
// the user's cache directory. It starts none of them.
package assets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/filelock"
)

// FoundDirEnv names the environment variable with a directory of executables to use instead of building them, the one that
// envtest reads. What is not in there is built.
const FoundDirEnv = "KUBEBUILDER_ASSETS"

// workPattern names the directories that builds work in, beside the executables.
const workPattern = ".work-*"

// program is one executable and the Go package that it is built from.
type program struct{ name, pkg string }

// programs are the executables of a cluster; each package is a tool in go.mod. Those that only a cluster with a node runs are left
// out when it has none: they are a minute of compiling.
func programs(node bool) []program {
	all := []program{
		{"etcd", "go.etcd.io/etcd/server/v3"},
		{"kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"},
		{"kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"},
		{"kubectl", "k8s.io/kubernetes/cmd/kubectl"},
	}
	if node {
		all = append(all,
			program{"kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy"},
			program{"kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"},
			program{"kubelet", "k8s.io/kubernetes/cmd/kubelet"},
		)
	}
	return all
}

// Config says what to build and where to look.
type Config struct {
	GoMod, GoSum []byte    // the files that pin every module of the build
	CacheDir     string    // the parent of one directory for each key
	FoundDir     string    // the value of FoundDirEnv; empty: build all
	Node         bool      // what a node runs, too
	Progress     io.Writer // gets a line for each step that takes long
}

// Set is a directory with every executable of a cluster.
type Set struct {
	Dir     string
	Version string // of Kubernetes, such as v1.36.3
}

// Path is the path of an executable, such as kubectl.
func (s Set) Path(name string) string { return filepath.Join(s.Dir, name) }

// Ensure returns the set that the config describes, after building what is missing of it. Of several processes that ask at once
// one builds and the others wait for it; a build that is cut off leaves nothing that would be taken for an executable.
func Ensure(ctx context.Context, cfg Config) (Set, error) {
	recipe, err := newRecipe(cfg)
	if err != nil {
		return Set{}, err
	}
	set := Set{Dir: filepath.Join(cfg.CacheDir, recipe.key()), Version: recipe.version}
	if len(missing(set, cfg.Node)) == 0 {
		return set, nil
	}
	return set, fill(ctx, recipe, set)
}

// fill puts into the set what it lacks, one program after the other: the compiler itself uses every core.
func fill(ctx context.Context, recipe recipe, set Set) (err error) {
	if err := os.MkdirAll(set.Dir, 0o755); err != nil {
		return fmt.Errorf("make the directory of the executables: %w", err)
	}
	progress := recipe.cfg.Progress
	lock, err := filelock.Wait(ctx, set.Dir+".lock", func() {
		fmt.Fprintln(progress, "waiting for another process that builds the same executables")
	})
	if err != nil {
		return fmt.Errorf("wait for the turn to build: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()

	if err := removeWork(set); err != nil {
		return err
	}
	for _, p := range missing(set, recipe.cfg.Node) {
		if err := recipe.provide(ctx, set, p); err != nil {
			return err
		}
	}
	return nil
}

// removeWork removes what builds that were killed have left. The lock is held, so none of it is in use.
func removeWork(set Set) error {
	left, err := filepath.Glob(filepath.Join(set.Dir, workPattern))
	if err != nil {
		return fmt.Errorf("look for what an earlier build has left: %w", err)
	}
	for _, dir := range left {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove what an earlier build has left: %w", err)
		}
	}
	return nil
}

// missing are the programs that a set lacks.
func missing(set Set, node bool) []program {
	var absent []program
	for _, p := range programs(node) {
		if !executable(set.Path(p.name)) {
			absent = append(absent, p)
		}
	}
	return absent
}

// executable tells whether path is, or leads to, a file that may be run.
func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
