package node_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/node"
)

func TestWriteImage(t *testing.T) {
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600))
	build := exec.Command("go", "build", "-o", program, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	said, err := build.CombinedOutput()
	require.NoError(t, err, string(said))

	t.Run("an image is the program, how to run it, and the name", func(t *testing.T) {
		var image bytes.Buffer
		require.NoError(t, node.WriteImage(&image, "localhost/x:1", program, "first"))
		members := unpack(t, &image)
		require.JSONEq(t, `[{"Config":"config.json","Layers":["layer.tar"],"RepoTags":["localhost/x:1"]}]`, string(members["manifest.json"]))
		require.Contains(t, string(members["config.json"]), `{"Cmd":["first"],"Entrypoint":["/program"],"User":"65532:65532"}`)
		content, err := os.ReadFile(program)
		require.NoError(t, err)
		require.Equal(t, content, unpack(t, bytes.NewReader(members["layer.tar"]))["program"])
	})

	t.Run("what is no program for Linux is refused", func(t *testing.T) {
		require.ErrorContains(t, node.WriteImage(io.Discard, "localhost/x:1", source), "read it as a program for Linux")
	})
}

// unpack is the content of an archive, by name.
func unpack(t *testing.T, from io.Reader) map[string][]byte {
	t.Helper()
	members := map[string][]byte{}
	for archive := tar.NewReader(from); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return members
		}
		require.NoError(t, err)
		members[header.Name], err = io.ReadAll(archive)
		require.NoError(t, err)
	}
}
