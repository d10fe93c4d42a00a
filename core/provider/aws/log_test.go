package aws

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// The SDK has things to say about an answer with a date that is none, and quotes it.
func TestTheSDKWritesNothingToStandardError(t *testing.T) {
	s := serve(t, func(call) reply { return reply{Date: "noon", Body: map[string]string{"SecretString": "v"}} })
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	stderr := os.Stderr
	os.Stderr = file
	t.Cleanup(func() { os.Stderr = stderr })

	reader, err := s.provider().Open(t.Context(), storeOf(t, staticSpec()), keychain{})
	require.NoError(t, err)
	answers := reader.Read(t.Context(), []provider.Ref{{Key: "a"}})
	require.NoError(t, answers[0].Err)
	require.NoError(t, file.Close())
	written, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	assert.Empty(t, string(written))
}
