package harness

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
)

// imageVersion is the version, and so the tag, of the images that tests make.
const imageVersion = "v0.0.0-test"

// RunnerImage is the name of the runner's image, made as `make image` makes it and put on the node for the first test that asks.
func (c *NodeCluster) RunnerImage(t testing.TB) string {
	t.Helper()
	name, err := shared.runnerImage()
	require.NoError(t, err)
	return name
}

// loadRunnerImage does what RunnerImage says. Where the image is made stays, as the programs do.
func (s *session) loadRunnerImage() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), buildWithin)
	defer cancel()
	cluster, err := s.nodeCluster()
	if err != nil {
		return "", err
	}
	root, err := repositoryRoot(ctx)
	if err != nil {
		return "", err
	}
	output, err := cacheOf(filepath.Join(root, "image"))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "-C", filepath.Join(root, "manifests", "image"), "run", ".", "--version", imageVersion, "--output", output)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("make the image: %w\n%s", err, out)
	}
	archive := filepath.Join(output, "externalsecret-runner-linux-"+runtime.GOARCH+".tar")
	return manifests.ImageRepository + ":" + imageVersion, s.load(ctx, cluster, "--image", archive)
}
