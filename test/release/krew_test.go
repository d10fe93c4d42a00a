package release_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// user is a person with kubectl, krew and a directory of krew's of their own.
type user struct {
	cluster *harness.ControlPlane
	root    string // KREW_ROOT
	bin     string // where kubectl and kubectl-krew are
	index   string // the git repository that is krew's index
}

// newUser is a user whose krew has an index in which there is nothing.
func newUser(t *testing.T, cluster *harness.ControlPlane) *user {
	t.Helper()
	u := &user{cluster: cluster, root: t.TempDir(), bin: t.TempDir(), index: t.TempDir()}
	krew, validate := harness.Krew(t)
	for name, target := range map[string]string{
		"kubectl": filepath.Join(cluster.Info.Bin, "kubectl"), "kubectl-krew": krew, "validate-krew-manifest": validate,
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(u.bin, name)))
	}
	u.well(t, "git", "init", "--quiet", u.index)
	u.publish(t, "README.md", "an index")
	return u
}

// publish commits a file to the index.
func (u *user) publish(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(u.index, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	u.well(t, "git", "-C", u.index, "add", "--all")
	u.well(t, "git", "-C", u.index, "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", name)
}

// run runs a command as it is typed. Nothing of whoever runs the tests takes part, least of all their krew.
func (u *user) run(t *testing.T, command ...string) harness.Result {
	t.Helper()
	return harness.Run(t, []string{
		"PATH=" + filepath.Join(u.root, "bin") + ":" + u.bin + ":" + os.Getenv("PATH"), "KUBECONFIG=" + u.cluster.Info.Kubeconfig,
		"KREW_ROOT=" + u.root, "KREW_DEFAULT_INDEX_URI=file://" + u.index, "KREW_NO_UPGRADE_CHECK=1",
	}, "env", command...)
}

// well is run for what has to succeed.
func (u *user) well(t *testing.T, command ...string) string {
	t.Helper()
	r := u.run(t, command...)
	require.Zero(t, r.Code, "%v: %s%s", command, r.Stdout, r.Stderr)
	return r.Stdout + r.Stderr
}

// serve publishes directories, by version, on this machine, and returns where.
func serve(t *testing.T, versions map[string]string) string {
	t.Helper()
	mux := http.NewServeMux()
	for version, dir := range versions {
		mux.Handle("/"+version+"/", http.StripPrefix("/"+version, http.FileServer(http.Dir(dir))))
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// krewManifest is krew's manifest of the archives in a directory.
func krewManifest(t *testing.T, version, archives, uri string) string {
	t.Helper()
	return checkout{dir: "../.."}.run(t, "go", "run", "./krew", "--version", version, "--archives", archives, "--uri", uri+"/"+version)
}

// requireKrew has krew install v0.1.0, upgrade it to v0.2.0 and remove it.
func requireKrew(t *testing.T, one, next string) {
	t.Helper()
	cluster := harness.Cluster(t)
	cluster.ApplyCRDs(t)
	u := newUser(t, cluster)
	one, next = standIns(t, one), standIns(t, next)
	uri := serve(t, map[string]string{"v0.1.0": one, "v0.2.0": next})
	manifest := krewManifest(t, "v0.1.0", one, uri)

	t.Run("what judges manifests for the index finds nothing", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "externalsecret.yaml")
		require.NoError(t, os.WriteFile(path, []byte(manifest), 0o644))
		assert.Contains(t, u.well(t, "validate-krew-manifest", "-manifest", path), "all 6 spec.platforms installed fine")
	})
	t.Run("it is installed from the index", func(t *testing.T) {
		u.publish(t, "plugins/externalsecret.yaml", manifest)
		u.well(t, "kubectl", "krew", "update")
		assert.Contains(t, u.well(t, "kubectl", "krew", "search", "externalsecret"), "Refresh and inspect ExternalSecrets")
		assert.Contains(t, u.well(t, "kubectl", "krew", "install", "externalsecret"), "Installed plugin: externalsecret")
		assert.FileExists(t, filepath.Join(u.root, "store", "externalsecret", "v0.1.0", "LICENSE"))
		others, err := os.ReadFile(filepath.Join(u.root, "store", "externalsecret", "v0.1.0", "THIRD_PARTY_LICENSES"))
		require.NoError(t, err)
		assert.Contains(t, string(others), "\nk8s.io/client-go v")
	})
	t.Run("it says which version it is", func(t *testing.T) {
		assert.Equal(t, "Client Version: v0.1.0\nServer Version: "+cluster.Info.Version+"\nExternal Secrets API: external-secrets.io/v1\n",
			u.well(t, "kubectl", "externalsecret", "version"))
		said := u.well(t, "kubectl", "externalsecret", "version", "--client", "-o", "yaml")
		assert.Regexp(t, `commit: [0-9a-f]{40}\n`, said)
		assert.Contains(t, said, "2026-01-02T03:04:05Z")
		assert.Contains(t, u.well(t, "kubectl", "externalsecret", "install", "--export"), "image: ghcr.io/kubectl-externalsecret/externalsecret-runner:v0.1.0\n")
	})
	t.Run("it works", func(t *testing.T) {
		namespace := cluster.Namespace(t)
		cluster.Kubectl(t, `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store}
spec: {provider: {fake: {data: [{key: /shop/db, value: x}]}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec: {secretStoreRef: {name: store}, data: [{secretKey: password, remoteRef: {key: /shop/db}}]}`, "apply", "-n", namespace, "-f", "-")
		assert.Contains(t, u.well(t, "kubectl", "externalsecret", "status", "-n", namespace), "db")
		assert.Contains(t, u.well(t, "kubectl", "externalsecret", "refresh", "db", "-n", namespace), "db created")
		assert.Contains(t, u.well(t, "kubectl", "externalsecret", "status", "-n", namespace), "it is synced, but nobody")
	})
	t.Run("it is upgraded", func(t *testing.T) {
		u.publish(t, "plugins/externalsecret.yaml", krewManifest(t, "v0.2.0", next, uri))
		assert.Contains(t, u.well(t, "kubectl", "krew", "upgrade", "externalsecret"), "Upgraded plugin: externalsecret")
		assert.Contains(t, u.well(t, "kubectl", "externalsecret", "version", "--client"), "v0.2.0")
		assert.Contains(t, u.well(t, "kubectl", "externalsecret", "install", "--export"), "image: ghcr.io/kubectl-externalsecret/externalsecret-runner:v0.2.0\n")
	})
	t.Run("it is removed", func(t *testing.T) {
		u.well(t, "kubectl", "krew", "uninstall", "externalsecret")
		assert.NotZero(t, u.run(t, "kubectl", "externalsecret", "version", "--client").Code)
		assert.NoDirExists(t, filepath.Join(u.root, "store", "externalsecret"))
	})
}

// requireKrewTakesFiles has krew install v0.1.0 from its manifest and its archive.
func requireKrewTakesFiles(t *testing.T, one string) {
	t.Helper()
	dir := standIns(t, one)
	u := newUser(t, harness.Cluster(t))
	path := filepath.Join(t.TempDir(), "externalsecret.yaml")
	require.NoError(t, os.WriteFile(path, []byte(krewManifest(t, "v0.1.0", dir, "http://127.0.0.1:1")), 0o644))
	archive := filepath.Join(dir, "kubectl-externalsecret_"+runtime.GOOS+"_"+runtime.GOARCH+".tar.gz")
	u.well(t, "kubectl", "krew", "install", "--manifest="+path, "--archive="+archive)
	assert.Equal(t, "Client Version: v0.1.0\n", u.well(t, "kubectl", "externalsecret", "version", "--client"))
}

// standIns is a directory with the archive of a release that is for this machine, and archives like it for the other platforms, whose
// programs are but a line of text: krew installs programs and runs none.
func standIns(t *testing.T, release string) string {
	t.Helper()
	dir := t.TempDir()
	here := "kubectl-externalsecret_" + runtime.GOOS + "_" + runtime.GOARCH + ".tar.gz"
	content, err := os.ReadFile(filepath.Join(release, here))
	require.NoError(t, err)
	licence := string(fileIn(t, content, "LICENSE"))
	for _, system := range []string{"linux", "darwin"} {
		for _, machine := range []string{"amd64", "arm64"} {
			name := "kubectl-externalsecret_" + system + "_" + machine + ".tar.gz"
			if name == here {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o644))
				continue
			}
			var out bytes.Buffer
			compressed := gzip.NewWriter(&out)
			archive := tar.NewWriter(compressed)
			for name, content := range map[string]string{"LICENSE": licence, "kubectl-externalsecret": name} {
				require.NoError(t, archive.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content))}))
				_, err := io.WriteString(archive, content)
				require.NoError(t, err)
			}
			require.NoError(t, errors.Join(archive.Close(), compressed.Close()))
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), out.Bytes(), 0o644))
		}
	}
	for _, machine := range []string{"amd64", "arm64"} {
		var out bytes.Buffer
		archive := zip.NewWriter(&out)
		for name, content := range map[string]string{"LICENSE": licence, "kubectl-externalsecret.exe": machine} {
			header := &zip.FileHeader{Name: name}
			header.SetMode(0o755)
			entry, err := archive.CreateHeader(header)
			require.NoError(t, err)
			_, err = io.WriteString(entry, content)
			require.NoError(t, err)
		}
		require.NoError(t, archive.Close())
		require.NoError(t, os.WriteFile(filepath.Join(dir, "kubectl-externalsecret_windows_"+machine+".zip"), out.Bytes(), 0o644))
	}
	return dir
}

// fileIn is a file of a tar.gz.
func fileIn(t *testing.T, archive []byte, name string) []byte {
	t.Helper()
	unpacked, err := gzip.NewReader(bytes.NewReader(archive))
	require.NoError(t, err)
	for reader := tar.NewReader(unpacked); ; {
		header, err := reader.Next()
		require.NoError(t, err, "look for %s", name)
		if header.Name == name {
			content, err := io.ReadAll(reader)
			require.NoError(t, err)
			return content
		}
	}
}
