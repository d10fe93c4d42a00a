package blocks_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/blocks"
)

func TestOf(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	const fence = "```"
	require.NoError(t, os.WriteFile(page, []byte("# Title\n\n"+fence+"yaml\na: b\n\nc: d\n"+fence+"\n\n- in a list\n\n  "+fence+"\n  text\n    more\n  "+fence+"\n"), 0o600))
	got, err := blocks.Of(page)
	require.NoError(t, err)
	assert.Equal(t, []blocks.Block{
		{Page: page, Line: 4, Language: "yaml", Text: "a: b\n\nc: d\n"},
		{Page: page, Line: 12, Text: "text\n  more\n"},
	}, got)

	require.NoError(t, os.WriteFile(page, []byte("text\n"+fence+"sh\nls\n"), 0o600))
	_, err = blocks.Of(page)
	require.ErrorContains(t, err, "page.md:3: the block is not closed")
}
