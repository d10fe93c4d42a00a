package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/node"
)

func TestUpWithNode(t *testing.T) {
	requireNode(t)

	t.Run("two run at once, each with a node; a signal stops one in order", func(t *testing.T) {
		one, other := startUp(t, "--node"), startUp(t, "--node")
		require.NotEqual(t, one.info.Server, other.info.Server)
		for _, up := range []running{one, other} {
			require.Equal(t, "node1", up.kubectl(t, "get", "nodes", "--output=jsonpath={.items[*].metadata.name}"))
		}
		inside := descendants(t, one.cmd.Process.Pid)
		require.Contains(t, inside, "containerd")
		require.Contains(t, inside, "kubelet")
		require.NoError(t, one.cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, one.cmd.Wait(), one.stderr)
		requireGone(t, inside)
		require.NoDirExists(t, one.info.Dir)
		left, err := filepath.Glob("/sys/fs/cgroup/*/" + filepath.Base(one.info.Dir))
		require.NoError(t, err)
		require.Empty(t, left)
		other.kubectl(t, "get", "nodes")

		require.NoError(t, other.stdin.Close())
		require.NoError(t, other.cmd.Wait(), other.stderr)
		require.NoDirExists(t, other.info.Dir)
	})

	t.Run("when it is killed all that runs inside dies with it, and its network goes", func(t *testing.T) {
		up := startUp(t, "--node")
		device := "/sys/class/net/" + filepath.Base(up.info.Dir)
		require.FileExists(t, device)
		inside := descendants(t, up.cmd.Process.Pid)
		require.NoError(t, up.cmd.Process.Kill())
		require.Error(t, up.cmd.Wait())
		requireGone(t, inside)
		require.Eventually(t, func() bool {
			_, err := os.Lstat(device)
			return err != nil
		}, 10*time.Second, 50*time.Millisecond)
	})

	t.Run("when a server dies it fails with that server's log", func(t *testing.T) {
		up := startUp(t, "--node")
		inside := descendants(t, up.cmd.Process.Pid)
		require.NoError(t, syscall.Kill(inside["kubelet"], syscall.SIGKILL))
		require.Error(t, up.cmd.Wait())
		require.Contains(t, up.stderr.String(), "a server of the cluster ended by itself: kubelet: signal: killed")
		requireGone(t, inside)
		require.NoDirExists(t, up.info.Dir)
	})
}

func TestNodeIsRefusedWhereItCanNotRun(t *testing.T) {
	if os.Geteuid() != 0 {
		said, err := exec.Command(program(t), "up", "--ignore-stdin", "--node").CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(said), "a node needs root")
		return
	}
	cmd := exec.Command(program(t), "up", "--ignore-stdin", "--node")
	cmd.Env = append(os.Environ(), "NODE_DIR="+t.TempDir())
	said, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(said), "test/node/get.sh fetches what a node needs")
}

// requireNode skips a test, or fails it when REQUIRE_NODE is set, where no node can run.
func requireNode(t *testing.T) {
	t.Helper()
	_, err := node.FindTools()
	if err == nil && os.Geteuid() == 0 {
		return
	}
	message := fmt.Sprintf("%s IS NOT RUN: a node needs root and tools (%v)", t.Name(), err)
	if os.Getenv("REQUIRE_NODE") != "" {
		t.Fatal(message)
	}
	fmt.Fprintln(os.Stderr, message)
	t.Skip(message)
}

// descendants are the children of a process, and theirs, and so on.
func descendants(t *testing.T, parent int) map[string]int {
	t.Helper()
	all := map[string]int{}
	for name, pid := range childrenOf(t, parent) {
		all[name] = pid
		for name, pid := range descendants(t, pid) {
			all[name] = pid
		}
	}
	return all
}
