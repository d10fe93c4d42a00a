package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClaim(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a sandbox needs root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("a sandbox needs ip, of iproute2")
	}

	t.Run("two at a time have nothing in common", func(t *testing.T) {
		one, other := claim(t), claim(t)
		require.NotEqual(t, one.Name, other.Name)
		require.NotEqual(t, one.Address, other.Address)
		require.NotEqual(t, one.Pods, other.Pods)
		require.NoError(t, one.Release())
		require.NoError(t, other.Release())
	})

	t.Run("what a killed one has left is removed by the next", func(t *testing.T) {
		slot := claim(t)
		require.NoError(t, os.MkdirAll(filepath.Join(slot.Dir, "etcd"), 0o700))
		left := cgroup(t, slot)
		require.NoError(t, os.MkdirAll(filepath.Join(left, "pod", "container"), 0o755))
		require.NoError(t, ip(t.Context(), "link", "add", slot.Name, "type", "veth", "peer", "name", slot.Name+"x"))
		device := "/sys/class/net/" + slot.Name
		require.FileExists(t, device)
		require.NoError(t, slot.lock.Unlock()) // as the kernel does

		require.NoError(t, slot.take(t.Context()))
		require.NoDirExists(t, slot.Dir)
		require.NoDirExists(t, left)
		require.NoFileExists(t, device)
		require.NoError(t, slot.Release())
	})
}

func claim(t *testing.T) *Slot {
	t.Helper()
	slot, err := Claim(t.Context())
	require.NoError(t, err)
	return slot
}

// cgroup is the path of a slot's cgroup, in one of the hierarchies.
func cgroup(t *testing.T, slot *Slot) string {
	t.Helper()
	all, err := hierarchies()
	require.NoError(t, err)
	return filepath.Join(all[len(all)-1], slot.Name)
}
