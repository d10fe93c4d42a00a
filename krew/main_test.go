package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// plugin has the fields of krew's Plugin that a manifest of ours may have.
type plugin struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Version          string `json:"version"`
		Homepage         string `json:"homepage"`
		ShortDescription string `json:"shortDescription"`
		Description      string `json:"description"`
		Caveats          string `json:"caveats"`
		Platforms        []struct {
			Selector struct {
				MatchLabels map[string]string `json:"matchLabels"`
			} `json:"selector"`
			URI    string `json:"uri"`
			SHA256 string `json:"sha256"`
			Bin    string `json:"bin"`
		} `json:"platforms"`
	} `json:"spec"`
}

// entry is a file of an archive.
type entry struct {
	name string
	mode int64
	kind byte // of tar; 0 is a file
}

func tarball(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	compressed := gzip.NewWriter(&out)
	archive := tar.NewWriter(compressed)
	for _, e := range entries {
		require.NoError(t, archive.WriteHeader(&tar.Header{Typeflag: e.kind, Name: e.name, Mode: e.mode}))
	}
	require.NoError(t, archive.Close())
	require.NoError(t, compressed.Close())
	return out.Bytes()
}

func zipped(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name}
		header.SetMode(os.FileMode(e.mode))
		_, err := archive.CreateHeader(header)
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return out.Bytes()
}

var (
	licence = entry{name: "LICENSE", mode: 0o644}
	program = entry{name: "kubectl-externalsecret", mode: 0o755}
	windows = entry{name: "kubectl-externalsecret.exe", mode: 0o755}
)

// archives is a directory with the six archives of a release, of which some are others.
func archives(t *testing.T, others map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for _, machine := range []string{"amd64", "arm64"} {
		for name, content := range map[string][]byte{
			"linux_" + machine + ".tar.gz":  tarball(t, licence, program),
			"darwin_" + machine + ".tar.gz": tarball(t, program, licence),
			"windows_" + machine + ".zip":   zipped(t, licence, windows),
		} {
			if other, ok := others[name]; ok {
				content = other
			}
			if content != nil {
				require.NoError(t, os.WriteFile(filepath.Join(dir, "kubectl-externalsecret_"+name), content, 0o600))
			}
		}
	}
	return dir
}

func TestTheManifestKeepsTheRulesOfKrew(t *testing.T) {
	dir := archives(t, nil)
	var out strings.Builder
	require.NoError(t, run(&out, "v1.2.3", dir, ""))
	var m plugin
	require.NoError(t, yaml.UnmarshalStrict([]byte(out.String()), &m), "no field that krew does not know")
	assert.Equal(t, "krew.googlecontainertools.github.com/v1alpha2", m.APIVersion)
	assert.Equal(t, "Plugin", m.Kind)
	assert.Equal(t, "externalsecret", m.Metadata.Name, "as the file")
	assert.Equal(t, "v1.2.3", m.Spec.Version)
	assert.NotContains(t, m.Spec.ShortDescription, "\n")
	assert.LessOrEqual(t, len(m.Spec.ShortDescription), 50)
	assert.NotEmpty(t, m.Spec.Description)

	platforms := map[string]bool{}
	for _, p := range m.Spec.Platforms {
		system, machine := p.Selector.MatchLabels["os"], p.Selector.MatchLabels["arch"]
		assert.False(t, platforms[system+"/"+machine], "two platforms for %s/%s", system, machine)
		platforms[system+"/"+machine] = true
		name := "kubectl-externalsecret_" + system + "_" + machine + map[bool]string{true: ".zip", false: ".tar.gz"}[system == "windows"]
		assert.Equal(t, "https://github.com/kubectl-externalsecret/kubectl-externalsecret/releases/download/v1.2.3/"+name, p.URI)
		content, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(content)), p.SHA256)
		assert.Equal(t, map[bool]string{true: windows.name, false: program.name}[system == "windows"], p.Bin)
	}
	assert.Equal(t, map[string]bool{
		"linux/amd64": true, "linux/arm64": true, "darwin/amd64": true, "darwin/arm64": true, "windows/amd64": true, "windows/arm64": true,
	}, platforms)
}

func TestWhatKrewWouldRefuseIsNoRelease(t *testing.T) {
	const archive = "linux_arm64.tar.gz"
	for name, test := range map[string]struct {
		version string
		others  map[string][]byte
		says    string
	}{
		"a version without v":                 {version: "1.2.3", says: `"1.2.3" is no version`},
		"a version of two numbers":            {version: "v1.2", says: `"v1.2" is no version`},
		"a commit for a version":              {version: "7d7c7f3", says: `"7d7c7f3" is no version`},
		"a platform without archive":          {others: map[string][]byte{archive: nil}, says: "kubectl-externalsecret_linux_arm64.tar.gz"},
		"an archive that is none":             {others: map[string][]byte{archive: []byte("text")}, says: "take up kubectl-externalsecret_linux_arm64.tar.gz"},
		"no program":                          {others: map[string][]byte{archive: tarball(t, licence, windows)}, says: "no kubectl-externalsecret"},
		"no program for Windows":              {others: map[string][]byte{"windows_amd64.zip": zipped(t, licence, program)}, says: "no kubectl-externalsecret.exe"},
		"a program in a folder":               {others: map[string][]byte{archive: tarball(t, licence, entry{name: "bin/" + program.name, mode: 0o755})}, says: "no kubectl-externalsecret"},
		"a program that may not be executed":  {others: map[string][]byte{archive: tarball(t, licence, entry{name: program.name, mode: 0o644})}, says: "is 644 and not 755"},
		"the same for Windows":                {others: map[string][]byte{"windows_arm64.zip": zipped(t, licence, entry{name: windows.name, mode: 0o600})}, says: "is 600 and not 755"},
		"no licence":                          {others: map[string][]byte{archive: tarball(t, program)}, says: "no LICENSE"},
		"a link":                              {others: map[string][]byte{archive: tarball(t, licence, program, entry{name: "link", kind: tar.TypeSymlink})}, says: `"link" in it is no file`},
		"a path that leads out of it":         {others: map[string][]byte{archive: tarball(t, licence, program, entry{name: "../x"})}, says: `"../x" in it is no file`},
		"a path that begins with a slash":     {others: map[string][]byte{archive: tarball(t, licence, program, entry{name: "/x"})}, says: `"/x" in it is no file`},
		"a path that leads out of it, zipped": {others: map[string][]byte{"windows_amd64.zip": zipped(t, licence, windows, entry{name: "../x"})}, says: `"../x"`},
	} {
		t.Run(name, func(t *testing.T) {
			if test.version == "" {
				test.version = "v1.2.3"
			}
			var out strings.Builder
			require.ErrorContains(t, run(&out, test.version, archives(t, test.others), ""), test.says)
			assert.Empty(t, out.String())
		})
	}
}
