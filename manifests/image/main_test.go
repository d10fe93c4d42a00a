package main

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const testVersion = "v1.2.3+test"

func TestTheImage(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "image"), filepath.Join(t.TempDir(), "image")
	require.NoError(t, run(t.Context(), testVersion, first))
	require.NoError(t, run(t.Context(), testVersion, second))

	t.Run("is the same byte for byte when it is made again", func(t *testing.T) {
		content := contentOf(t, first)
		assert.Greater(t, len(content), 3)
		again := contentOf(t, second)
		require.Len(t, again, len(content))
		for path, was := range content {
			assert.Zero(t, bytes.Compare(was, again[path]), path) // and not Equal, which would print megabytes
		}
	})
	t.Run("is for both platforms", func(t *testing.T) {
		images := imagesOf(t, first)
		require.Len(t, images, 2)
		for _, platform := range platforms() {
			config, err := images[platform.String()].ConfigFile()
			require.NoError(t, err)
			require.NoError(t, validate.Image(images[platform.String()]))
			assert.Equal(t, platform.String(), config.Platform().String())
			assert.Equal(t, "65532:65532", config.Config.User)
			assert.Equal(t, []string{"/externalsecret-runner"}, config.Config.Entrypoint)
			assert.Empty(t, config.Config.Cmd)
			assert.Equal(t, testVersion, config.Config.Labels["org.opencontainers.image.version"])
			assert.Equal(t, "https://github.com/kubectl-externalsecret/kubectl-externalsecret", config.Config.Labels["org.opencontainers.image.source"])
			assert.True(t, config.Created.IsZero())
		}
	})
	t.Run("has an archive for this machine, by a name that manifests use", func(t *testing.T) {
		tag, err := name.NewTag("ghcr.io/kubectl-externalsecret/externalsecret-runner:v1.2.3_test")
		require.NoError(t, err)
		archived, err := tarball.ImageFromPath(filepath.Join(first, "externalsecret-runner-linux-"+runtime.GOARCH+".tar"), &tag)
		require.NoError(t, err)
		digest, err := archived.ConfigName()
		require.NoError(t, err)
		want, err := imagesOf(t, first)["linux/"+runtime.GOARCH].ConfigName()
		require.NoError(t, err)
		assert.Equal(t, want, digest)
	})
	t.Run("holds a program that runs, CA roots and time zones, all of them root's", func(t *testing.T) {
		files := filesOf(t, imagesOf(t, first)["linux/"+runtime.GOARCH])
		require.Contains(t, files, "externalsecret-runner")
		bin := filepath.Join(t.TempDir(), "runner")
		require.NoError(t, os.WriteFile(bin, files["externalsecret-runner"], 0o700))
		help, err := exec.CommandContext(t.Context(), bin, "--help").CombinedOutput()
		require.NoError(t, err, "%s", help)
		assert.Contains(t, string(help), "--namespaces")
		root, err := filepath.Abs("../..")
		require.NoError(t, err)
		sources := []byte(root + "/core/") // what a program says that tells of where it was made
		assert.False(t, bytes.Contains(files["externalsecret-runner"], sources), "%s is in the program", sources)

		pool := x509.NewCertPool()
		assert.Contains(t, string(files["licenses/CA_ROOTS"]), "Mozilla Public License, v. 2.0")
		assert.True(t, pool.AppendCertsFromPEM(files["etc/ssl/certs/ca-certificates.crt"]))
		assert.Greater(t, bytes.Count(files["etc/ssl/certs/ca-certificates.crt"], []byte("BEGIN CERTIFICATE")), 50)
		assert.Contains(t, files, "usr/share/zoneinfo/Europe/Berlin")
		assert.Contains(t, string(files["licenses/LICENSE"]), "Apache License")
		assert.Contains(t, string(files["licenses/THIRD_PARTY_LICENSES"]), "\nk8s.io/client-go v")
	})
}

func TestAnImageNeedsAVersionAndAPlace(t *testing.T) {
	require.ErrorContains(t, run(t.Context(), "", t.TempDir()), "--version")
	require.ErrorContains(t, run(t.Context(), "v1", ""), "--output")
}

// contentOf is every file below a directory.
func contentOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		found[path], err = os.ReadFile(filepath.Join(dir, path))
		return err
	}))
	return found
}

// imagesOf are the images of the layout by their platforms.
func imagesOf(t *testing.T, dir string) map[string]v1.Image {
	t.Helper()
	top, err := layout.ImageIndexFromPath(filepath.Join(dir, "oci"))
	require.NoError(t, err)
	manifest, err := top.IndexManifest()
	require.NoError(t, err)
	require.Len(t, manifest.Manifests, 1)
	index, err := top.ImageIndex(manifest.Manifests[0].Digest)
	require.NoError(t, err)
	manifest, err = index.IndexManifest()
	require.NoError(t, err)
	images := map[string]v1.Image{}
	for _, descriptor := range manifest.Manifests {
		images[descriptor.Platform.String()], err = index.Image(descriptor.Digest)
		require.NoError(t, err)
	}
	return images
}

// filesOf are the files of an image by their paths, which belong to root and which nobody else may write.
func filesOf(t *testing.T, image v1.Image) map[string][]byte {
	t.Helper()
	content := mutate.Extract(image)
	defer content.Close()
	files := map[string][]byte{}
	for reader := tar.NewReader(content); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		require.NoError(t, err)
		assert.Zero(t, header.Uid+header.Gid, header.Name)
		assert.Zero(t, header.Mode&0o022, header.Name)
		if header.Typeflag == tar.TypeReg {
			files[header.Name], err = io.ReadAll(reader)
			require.NoError(t, err)
		}
	}
}
