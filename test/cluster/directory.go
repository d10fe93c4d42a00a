//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/filelock"
)

// lockName is the file in a cluster's directory that is locked while the cluster runs. It also marks the directory as one.
const lockName = "cluster.lock"

// claim takes the directory of a cluster for this process, and makes it when it is missing. An empty dir means a temporary one,
// which release removes; one that was asked for by name stays, with its logs.
func claim(dir string) (path string, release func() error, err error) {
	if dir == "" {
		path, err = os.MkdirTemp("", "kubectl-externalsecret-cluster-")
		if err != nil {
			return "", nil, fmt.Errorf("make a directory for the cluster: %w", err)
		}
		return path, func() error { return os.RemoveAll(path) }, nil
	}
	path, err = filepath.Abs(dir)
	if err != nil {
		return "", nil, fmt.Errorf("find the directory of the cluster: %w", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", nil, fmt.Errorf("make the directory of the cluster: %w", err)
	}
	if err := refuseForeign(path); err != nil {
		return "", nil, err
	}
	lock, err := filelock.Try(filepath.Join(path, lockName))
	if errors.Is(err, filelock.ErrHeld) {
		return "", nil, fmt.Errorf("a cluster runs in %s already; cluster down --dir %s stops it", path, path)
	}
	if err != nil {
		return "", nil, fmt.Errorf("claim the directory of the cluster: %w", err)
	}
	return path, lock.Unlock, nil
}

// refuseForeign is an error for a directory that holds anything but a cluster: a start empties parts of it.
func refuseForeign(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("look into the directory of the cluster: %w", err)
	}
	_, err = os.Stat(filepath.Join(path, lockName))
	if errors.Is(err, fs.ErrNotExist) && len(entries) > 0 {
		return fmt.Errorf("%s is not empty and not the directory of a cluster: give another one", path)
	}
	return nil
}
