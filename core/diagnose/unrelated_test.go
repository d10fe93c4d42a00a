package diagnose

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestErrorsOfOtherProgramsAreUnknown(t *testing.T) {
	content, err := os.ReadFile("testdata/unrelated.txt")
	require.NoError(t, err)
	texts := strings.Split(strings.TrimSpace(string(content)), "\n")
	require.GreaterOrEqual(t, len(texts), 50)
	for _, text := range texts {
		assert.Equal(t, Unknown, Text(text).ID, text)
	}
}
