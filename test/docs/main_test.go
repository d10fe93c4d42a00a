// Package docs_test holds the documentation to what it says: every manifest in it is applied to a real API server, and every shell
// block of the README is run, in its order, as a reader would.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// top is the top of the repository.
const top = "../.."

func TestMain(m *testing.M) { os.Exit(harness.Main(m, 0)) }

// pages are the README and all others that are written in Markdown.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(top, "*.md"))
	require.NoError(t, err)
	err = filepath.WalkDir(filepath.Join(top, "docs"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			found = append(found, path)
		}
		return err
	})
	require.NoError(t, err)
	return found
}
