package release_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestARelease(t *testing.T) {
	here := newCheckout(t, filepath.Join(t.TempDir(), "here"), "v0.1.0")
	elsewhere := newCheckout(t, filepath.Join(t.TempDir(), "somewhere", "else"), "v0.1.0")
	one := here.release(t)
	t.Run("is the same bytes when it is made again elsewhere", func(t *testing.T) {
		requireSame(t, one, elsewhere.release(t))
	})
	t.Run("needs manifests that name its version", func(t *testing.T) {
		_, err := here.try(t, "go", "run", "-C", "manifests/release", ".", "--version", "v0.2.0", "--only", "linux/amd64", "--output", filepath.Join(t.TempDir(), "x"))
		require.ErrorContains(t, err, "its appVersion is v0.1.0 and the release v0.2.0: before the tag, set it there, and in manifests/base/cronjob.yaml")
	})
	t.Run("has checksums that sha256sum finds right", func(t *testing.T) {
		requireChecksums(t, one)
	})
	t.Run("has manifests that an API server takes", func(t *testing.T) {
		requireManifests(t, one)
	})
	here.tag(t, "v0.2.0")
	next := here.release(t)
	t.Run("has a chart that Helm takes for one of its own", func(t *testing.T) {
		requireChart(t, one, "0.1.0")
		requireChart(t, next, "0.2.0")
	})
	t.Run("is installed by krew, upgraded and removed", func(t *testing.T) {
		requireKrew(t, one, next)
	})
	t.Run("is installed by krew as files that were downloaded", func(t *testing.T) {
		requireKrewTakesFiles(t, one)
	})
}

// requireChecksums has sha256sum check a release.
func requireChecksums(t *testing.T, dir string) {
	t.Helper()
	out := checkout{dir: dir}.run(t, "sha256sum", "--check", "--strict", "checksums.txt")
	assert.Equal(t, len(namesIn(t, dir))-1, strings.Count(out, ": OK\n"), "of everything but themselves")
}

// requireManifests has an API server take the manifests of v0.1.0.
func requireManifests(t *testing.T, dir string) {
	t.Helper()
	cluster := harness.Cluster(t)
	cluster.ApplyCRDs(t)
	cluster.Kubectl(t, "", "apply", "--server-side", "--dry-run=server", "--force-conflicts", "-f", filepath.Join(dir, "crds.yaml"))
	crds, err := os.ReadFile(filepath.Join(dir, "crds.yaml"))
	require.NoError(t, err)
	installed, err := os.ReadFile(filepath.Join(dir, "install.yaml"))
	require.NoError(t, err)
	assert.Contains(t, string(installed), "image: "+manifests.ImageRepository+":v0.1.0\n")
	const crd = "\nkind: CustomResourceDefinition\n"
	assert.Equal(t, strings.Count(string(installed), crd), strings.Count(string(crds), crd))
	cluster.Kubectl(t, "", "create", "namespace", manifests.DefaultNamespace)
	cluster.Kubectl(t, "", "apply", "--server-side", "--dry-run=server", "--force-conflicts", "-f", filepath.Join(dir, "install.yaml"))
}

// requireChart compares the chart of a release with the one that Helm packs.
func requireChart(t *testing.T, dir, version string) {
	t.Helper()
	helm := harness.Helm(t)
	packed := harness.Run(t, nil, helm, "package", "../../manifests/chart", "--version", version, "--app-version", "v"+version, "--destination", t.TempDir())
	require.Zero(t, packed.Code, packed.Stderr)
	_, theirs, ok := strings.Cut(strings.TrimSpace(packed.Stdout), ": ")
	require.True(t, ok, packed.Stdout)
	ours := filepath.Join(dir, "externalsecret-runner-"+version+".tgz")
	for _, args := range [][]string{{"show", "all"}, {"show", "crds"}, {"template", "any-release"}} {
		want, got := harness.Run(t, nil, helm, append(args, theirs)...), harness.Run(t, nil, helm, append(args, ours)...)
		require.Zero(t, want.Code+got.Code, got.Stderr)
		assert.Equal(t, want.Stdout, got.Stdout, args)
	}
}

func TestTheVersionIsTheTag(t *testing.T) {
	c := checkout{dir: t.TempDir()}
	script, err := os.ReadFile("../../manifests/release/version.sh")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(c.dir, "manifests", "release"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "manifests", "release", "version.sh"), script, 0o755))
	commit := func() {
		c.run(t, "git", "add", "--all")
		c.run(t, "git", "commit", "--quiet", "--allow-empty", "--message", "x")
	}
	version := func() string { return strings.TrimSpace(c.run(t, "./manifests/release/version.sh")) }

	_, err = c.try(t, "./manifests/release/version.sh")
	require.Error(t, err, "outside of a checkout")
	c.run(t, "git", "init", "--quiet")
	commit()
	assert.Regexp(t, `^v0\.0\.0-20260102030405-[0-9a-f]{12}$`, version(), "without a tag")
	c.run(t, "git", "tag", "v0.1.0")
	assert.Equal(t, "v0.1.0", version())
	c.run(t, "git", "tag", "demo")
	assert.Equal(t, "v0.1.0", version(), "and another tag")
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "new"), nil, 0o644))
	assert.Equal(t, "v0.1.0+dirty", version(), "with what is not committed")
	commit()
	assert.Regexp(t, `^v0\.0\.0-20260102030405-[0-9a-f]{12}$`, version(), "after the tag")
}
