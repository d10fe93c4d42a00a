//go:build release

package release_test

import (
	"archive/zip"
	"bytes"
	"debug/buildinfo"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// TestAllOfARelease compiles for six platforms, twice, and so is no part of what runs each time.
func TestAllOfARelease(t *testing.T) {
	here := newCheckout(t, filepath.Join(t.TempDir(), "here"), "v0.1.0")
	elsewhere := newCheckout(t, filepath.Join(t.TempDir(), "somewhere", "else"), "v0.1.0")
	here.run(t, "make", "release")
	dir := filepath.Join(here.dir, "dist", "release")
	t.Run("is the same bytes when it is made again elsewhere", func(t *testing.T) {
		elsewhere.run(t, "make", "release")
		requireSame(t, filepath.Join(here.dir, "dist"), filepath.Join(elsewhere.dir, "dist"))
	})
	t.Run("has these files", func(t *testing.T) {
		want := []string{"checksums.txt", "crds.yaml", "externalsecret-runner-0.1.0.tgz", "externalsecret-runner_image.tar",
			"externalsecret-runner_linux_amd64.cdx.json", "externalsecret-runner_linux_arm64.cdx.json", "externalsecret.yaml", "install.yaml"}
		for name := range programs() {
			want = append(want, name, name+".cdx.json")
		}
		assert.ElementsMatch(t, want, namesIn(t, dir))
		requireChecksums(t, dir)
	})
	t.Run("has programs for the platforms that it says", func(t *testing.T) {
		for name, program := range programs() {
			content, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			info, err := buildinfo.Read(bytes.NewReader(programIn(t, content, program)))
			require.NoError(t, err, name)
			settings := map[string]string{}
			for _, setting := range info.Settings {
				settings[setting.Key] = setting.Value
			}
			assert.Contains(t, name, "_"+settings["GOOS"]+"_"+settings["GOARCH"]+".")
			assert.Equal(t, "0", settings["CGO_ENABLED"], name)
		}
	})
	t.Run("has a manifest of krew's that its index would take", func(t *testing.T) {
		published, err := os.ReadFile(filepath.Join(dir, "externalsecret.yaml"))
		require.NoError(t, err)
		uri := serve(t, map[string]string{"v0.1.0": dir})
		const github = "https://github.com/kubectl-externalsecret/kubectl-externalsecret/releases/download"
		require.Contains(t, string(published), github+"/v0.1.0/kubectl-externalsecret_darwin_arm64.tar.gz")
		path := filepath.Join(t.TempDir(), "externalsecret.yaml")
		require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(string(published), github, uri)), 0o644))
		u := newUser(t, harness.Cluster(t))
		assert.Contains(t, u.well(t, "validate-krew-manifest", "-manifest", path), "all 6 spec.platforms installed fine")
	})
}

// programs are the names of the programs in the archives.
func programs() map[string]string {
	named := map[string]string{}
	for _, machine := range []string{"amd64", "arm64"} {
		named["kubectl-externalsecret_linux_"+machine+".tar.gz"] = "kubectl-externalsecret"
		named["kubectl-externalsecret_darwin_"+machine+".tar.gz"] = "kubectl-externalsecret"
		named["kubectl-externalsecret_windows_"+machine+".zip"] = "kubectl-externalsecret.exe"
	}
	return named
}

// programIn is a program in an archive, which is a zip if it is one for Windows.
func programIn(t *testing.T, content []byte, name string) []byte {
	t.Helper()
	if strings.HasSuffix(name, ".exe") {
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		require.NoError(t, err)
		opened, err := archive.Open(name)
		require.NoError(t, err)
		program, err := io.ReadAll(opened)
		require.NoError(t, err)
		return program
	}
	return fileIn(t, content, name)
}
