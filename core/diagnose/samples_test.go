package diagnose

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sample is a text and what it has to be recognised as.
type sample struct {
	ID     string `json:"id"`
	Owner  string `json:"owner"`
	Retry  string `json:"retry"`
	Sample string `json:"sample"`
}

func samplesOf(t *testing.T, file string) []sample {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var samples []sample
	require.NoError(t, json.Unmarshal(content, &samples))
	require.NotEmpty(t, samples)
	return samples
}

func TestRealFailuresAreRecognised(t *testing.T) {
	for _, s := range samplesOf(t, "testdata/failures.json") {
		t.Run(s.ID, func(t *testing.T) {
			got := Text(s.Sample)
			assert.Equal(t, []string{s.ID, s.Owner, s.Retry}, []string{got.ID, got.Owner, got.Retry}, s.Sample)
		})
	}
}
