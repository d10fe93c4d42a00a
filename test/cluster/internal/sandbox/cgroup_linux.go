package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// cgroups is where the hierarchies of cgroups are: with version 1 several, one or more controllers each, with version 2 this one.
const cgroups = "/sys/fs/cgroup"

// hierarchies are the mount points of cgroups.
func hierarchies() ([]string, error) {
	if _, err := os.Stat(filepath.Join(cgroups, "cgroup.controllers")); err == nil {
		return []string{cgroups}, nil
	}
	entries, err := os.ReadDir(cgroups)
	if err != nil {
		return nil, fmt.Errorf("look for cgroups: %w", err)
	}
	var found []string
	for _, entry := range entries {
		if entry.IsDir() { // links are second names
			found = append(found, filepath.Join(cgroups, entry.Name()))
		}
	}
	return found, nil
}

// enterCgroups has the inside see a cgroup of the slot's name as the root of each hierarchy, so that all that is made inside is below
// it, and found there by removeCgroups. Mounts are private already.
func (s *Slot) enterCgroups(scratch string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, top := range all {
		own := filepath.Join(top, s.Name)
		if err := os.MkdirAll(own, 0o755); err != nil {
			return fmt.Errorf("make the cgroup of the sandbox: %w", err)
		}
		if err := inheritCPUs(top, own); err != nil {
			return err
		}
		// The old mount has to go: programs that look for cgroups would find it first.
		for _, step := range []func() error{
			func() error { return syscall.Mount(own, scratch, "", syscall.MS_BIND, "") },
			func() error { return syscall.Unmount(top, syscall.MNT_DETACH) },
			func() error { return syscall.Mount(scratch, top, "", syscall.MS_MOVE, "") },
		} {
			if err := step(); err != nil {
				return fmt.Errorf("put the cgroup of the sandbox at %s: %w", top, err)
			}
		}
	}
	return nil
}

// inheritCPUs gives a cgroup of version 1 the CPUs and the memory of its parent. It has none by itself.
func inheritCPUs(parent, child string) error {
	if parent == cgroups {
		return nil
	}
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		content, err := os.ReadFile(filepath.Join(parent, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(child, name), content, 0o644)
		}
		if err != nil {
			return fmt.Errorf("hand CPUs to the cgroup of the sandbox: %w", err)
		}
	}
	return nil
}

// removeCgroups removes the slot's cgroups and those below. Their files can't be removed, and need not be.
func (s *Slot) removeCgroups() error {
	all, err := hierarchies()
	for _, top := range all {
		err = errors.Join(err, removeCgroup(filepath.Join(top, s.Name)))
	}
	return err
}

// removeCgroup removes a cgroup and those below it, if it is there.
func removeCgroup(top string) error {
	var groups []string
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			groups = append(groups, path)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, group := range slices.Backward(groups) {
		err = errors.Join(err, os.Remove(group))
	}
	return err
}
