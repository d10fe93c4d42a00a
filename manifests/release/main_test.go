package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAReleaseNeedsToKnowWhatItIsOf(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct {
		release release
		says    string
	}{
		"a version":            {release{top: "..", output: dir, image: dir}, "--version"},
		"a place":              {release{top: "..", version: "v0.1.0", image: dir}, "--output"},
		"an image":             {release{top: "..", version: "v0.1.0", output: dir}, "needs --image"},
		"a checkout with .git": {release{top: t.TempDir(), version: "v0.1.0", output: dir, image: dir}, "ask for the commit"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, test.release.run(t.Context()), test.says)
		})
	}
}

func TestPlatformOf(t *testing.T) {
	p, err := platformOf("windows/arm64")
	require.NoError(t, err)
	assert.Equal(t, "kubectl-externalsecret_windows_arm64.zip", p.archive())
	assert.Equal(t, "kubectl-externalsecret.exe", p.program())
	for _, text := range []string{"", "linux", "linux/386", "plan9/amd64"} {
		_, err := platformOf(text)
		require.ErrorContains(t, err, "is none of [linux/amd64 ", text)
	}
}

func TestTheVersionInAChart(t *testing.T) {
	const chart = "name: x\nversion: 0.1.0\nappVersion: v0.1.0\n"
	for name, test := range map[string]struct {
		version, chart, want, says string
	}{
		"of a release":                  {version: "v0.1.0", chart: chart, want: chart},
		"of a commit between releases":  {version: "v0.0.0-20260102030405-abcdefabcdef", chart: chart, want: "name: x\nversion: 0.0.0-20260102030405-abcdefabcdef\nappVersion: v0.0.0-20260102030405-abcdefabcdef\n"},
		"of what is not committed":      {version: "v0.1.0+dirty", chart: chart, want: "name: x\nversion: 0.1.0+dirty\nappVersion: v0.1.0_dirty\n"},
		"of a release that it is not":   {version: "v0.2.0", chart: chart, says: "its appVersion is v0.1.0 and the release v0.2.0"},
		"of a candidate that it is not": {version: "v0.1.0-rc.1", chart: chart, says: "its appVersion is v0.1.0 and the release v0.1.0-rc.1"},
		"of a chart without one":        {version: "v0.1.0", chart: "name: x\n", says: "no version and appVersion"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := (&release{version: test.version}).stamp([]byte(test.chart))
			if test.says != "" {
				require.ErrorContains(t, err, test.says)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, string(got))
		})
	}
}

func TestArchives(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	files := []file{{"program", 0o755, []byte("p")}, {"LICENSE", 0o644, []byte("l")}}
	turned := []file{files[1], files[0]}

	t.Run("as tar.gz", func(t *testing.T) {
		packed, err := tarball(files, at)
		require.NoError(t, err)
		again, err := tarball(turned, at)
		require.NoError(t, err)
		assert.Equal(t, packed, again, "in whatever order")
		unpacked, err := gzip.NewReader(bytes.NewReader(packed))
		require.NoError(t, err)
		assert.True(t, unpacked.ModTime.IsZero())
		reader := tar.NewReader(unpacked)
		for _, f := range turned {
			header, err := reader.Next()
			require.NoError(t, err)
			assert.Equal(t, f.path, header.Name)
			assert.Equal(t, f.mode, fs.FileMode(header.Mode))
			assert.True(t, header.ModTime.Equal(at))
			assert.Empty(t, header.Uname+header.Gname)
			assert.Zero(t, header.Uid+header.Gid)
		}
	})
	t.Run("as zip", func(t *testing.T) {
		packed, err := zipped(files, at)
		require.NoError(t, err)
		again, err := zipped(turned, at)
		require.NoError(t, err)
		assert.Equal(t, packed, again, "in whatever order")
		reader, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
		require.NoError(t, err)
		require.Len(t, reader.File, 2)
		for i, f := range turned {
			assert.Equal(t, f.path, reader.File[i].Name)
			assert.Equal(t, f.mode, reader.File[i].Mode())
			assert.True(t, reader.File[i].Modified.Equal(at))
		}
	})
}

func TestAnImageOfAnotherVersionIsNotTaken(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "index.json"), []byte(`{"schemaVersion": 2, "manifests": [{
		"mediaType": "application/vnd.oci.image.index.v1+json", "size": 1, "digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
		"annotations": {"org.opencontainers.image.ref.name": "v0.1.0"}}]}`), 0o600))
	err := (&release{version: "v0.2.0", image: dir}).runner(t.Context())
	require.ErrorContains(t, err, "it is tagged v0.1.0 and not v0.2.0")
}
