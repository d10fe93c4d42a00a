// Package sandbox gives a cluster with a node a machine of its own on this machine: namespaces for its network, mounts, processes
// and IPC, and a place in the host's cgroups. What runs inside dies with the first process there, and its network and mounts go
// with it: nothing of it can outlive the cluster. It knows nothing of Kubernetes. Linux only, root only.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/filelock"
)

const (
	// stateDir has the lock and, for a cluster without a directory of its own, the data of each slot. It is one for the machine, as
	// addresses are.
	stateDir = "/var/lib/kubectl-externalsecret"
	slots    = 16
)

// Slot is what one sandbox has on this machine that no other may have at the same time. The addresses are of the range for
// benchmarks, 198.18.0.0/15, which no network of a machine should use.
type Slot struct {
	Name    string `json:"name"`    // of the cgroup and, on the host, of the network device
	Host    string `json:"host"`    // the address at which processes inside reach the host
	Address string `json:"address"` // the address at which the host reaches the inside
	Pods    string `json:"pods"`    // the range of addresses for Pods inside, which the host reaches too
	Dir     string `json:"dir"`     // for the data of a cluster that has no directory; not made yet

	lock *filelock.Lock
}

// newSlot is the slot of a number.
func newSlot(number int) *Slot {
	name := fmt.Sprintf("kes-node-%d", number)
	return &Slot{
		Name:    name,
		Host:    fmt.Sprintf("198.18.%d.1", number),
		Address: fmt.Sprintf("198.18.%d.2", number),
		Pods:    fmt.Sprintf("198.19.%d.0/24", number),
		Dir:     filepath.Join(stateDir, name),
	}
}

// Claim takes the first free slot, and removes what a sandbox that was killed has left there.
func Claim(ctx context.Context) (*Slot, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("a node needs root: run it as root, or leave the node out")
	}
	if err := os.MkdirAll(stateDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the sandboxes: %w", err)
	}
	for number := range slots {
		slot := newSlot(number)
		err := slot.take(ctx)
		if errors.Is(err, filelock.ErrHeld) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("claim a sandbox: %w", err)
		}
		return slot, nil
	}
	return nil, fmt.Errorf("all %d sandboxes of this machine are in use", slots)
}

// take locks the slot and makes it clean.
func (s *Slot) take(ctx context.Context) error {
	lock, err := filelock.Try(s.Dir + ".lock")
	if err != nil {
		return err
	}
	s.lock = lock
	if err := s.clean(ctx); err != nil {
		return errors.Join(fmt.Errorf("remove what an earlier sandbox has left: %w", err), lock.Unlock())
	}
	return nil
}

// Release removes what the sandbox has left and lets the slot go.
func (s *Slot) Release() error {
	return errors.Join(s.clean(context.Background()), s.lock.Unlock())
}

// clean removes the data, the cgroups and the network device of the slot; no process of a sandbox runs there any more.
func (s *Slot) clean(ctx context.Context) error {
	// The mounts of a sandbox were never seen out here, so that what is removed is only what lies on the disk.
	failed := []error{os.RemoveAll(s.Dir), s.removeCgroups()}
	if _, err := os.Stat("/sys/class/net/" + s.Name); err == nil {
		// It went with the other end, which the kernel removes a moment after the last process.
		if err := ip(ctx, "link", "delete", s.Name); err != nil && !strings.Contains(err.Error(), "Cannot find device") {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// ip runs the program of that name.
func ip(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
