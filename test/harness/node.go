package harness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// NodeCluster is a cluster with a node: Pods run, reach the API server at the address of the Service kubernetes, and reach on this
// machine what listens on Info.HostAddress. They reach nothing beyond, and no name server.
type NodeCluster struct {
	*ControlPlane
}

// ClusterWithNode returns the cluster with a node of this test binary, which is started for the first test that asks and ends
// with the test binary. It is another one than Cluster's. Where no node can run the test is skipped, or fails when REQUIRE_NODE is
// set: it takes Linux, root and what test/node/get.sh fetches into the user's cache, or NODE_DIR names.
func ClusterWithNode(t testing.TB) *NodeCluster {
	t.Helper()
	Need(t)
	if err := nodeMissing(); err != nil {
		message := t.Name() + " IS NOT RUN ON A NODE: " + err.Error()
		if os.Getenv("REQUIRE_NODE") != "" {
			t.Fatal(message)
		}
		fmt.Fprintln(os.Stderr, message)
		t.Skip(message)
	}
	cluster, err := shared.nodeCluster()
	require.NoError(t, err)
	return &NodeCluster{cluster}
}

// nodeMissing says why no node can run here.
func nodeMissing() error {
	if runtime.GOOS != "linux" {
		return errors.New("it needs Linux, where containers are")
	}
	if os.Geteuid() != 0 {
		return errors.New("it needs root")
	}
	dir := os.Getenv("NODE_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("find the user's cache directory: %w", err)
		}
		dir = filepath.Join(cache, "kubectl-externalsecret", "node")
	}
	if _, err := os.Stat(filepath.Join(dir, "layout")); err != nil {
		return fmt.Errorf("there is no containerd in %s; test/node/get.sh fetches what a node needs", dir)
	}
	return nil
}

// AWS is AWS with an address that Pods reach.
func (c *NodeCluster) AWS(t testing.TB) *Endpoint {
	t.Helper()
	return startAWS(t, "-listen", net.JoinHostPort(c.Info.HostAddress, "0"))
}

// LoadProgram puts an image on the node that has one static program and nothing else, and runs it as user 65532. A name that
// begins with localhost/ can be no other image's.
func (c *NodeCluster) LoadProgram(t testing.TB, name, bin string) {
	t.Helper()
	require.NoError(t, shared.load(t.Context(), c.ControlPlane, "--program", bin, "--name", name))
}

// load runs the command load of the cluster's program, which puts images on its node.
func (s *session) load(ctx context.Context, c *ControlPlane, flags ...string) error {
	bin, err := s.build(clusterProgram())
	if err != nil {
		return err
	}
	result, err := execute(ctx, command{
		bin: bin, args: append([]string{"load", "--dir", c.Info.Dir}, flags...),
		env: []string{"NODE_DIR=" + os.Getenv("NODE_DIR"), "HOME=" + os.Getenv("HOME"), "XDG_CACHE_HOME=" + os.Getenv("XDG_CACHE_HOME")},
	})
	if err != nil {
		return err
	}
	if result.Code != 0 {
		return fmt.Errorf("load an image: exit code %d: %s", result.Code, result.Stderr)
	}
	return nil
}
