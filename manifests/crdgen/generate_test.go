package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheFilesAreWhatTheTypesSay(t *testing.T) {
	want, err := generate(apiPackages()...)
	require.NoError(t, err)
	require.NotEmpty(t, want)

	committed, err := filepath.Glob(filepath.Join(outputDir, "*.yaml"))
	require.NoError(t, err)
	assert.Len(t, committed, len(want), "a file that is no CRD of ours")
	for name, content := range want {
		got, err := os.ReadFile(filepath.Join(outputDir, name))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(content, got), "%s is stale: run go run -C manifests/crdgen .", name)
	}
	listed, err := os.ReadFile(filepath.Join(outputDir, kustomizationFile))
	require.NoError(t, err)
	assert.Equal(t, string(kustomization(want)), string(listed), "the list of the CRDs is stale")
}

func TestGeneratingAgainChangesNothing(t *testing.T) {
	first, err := generate(apiPackages()...)
	require.NoError(t, err)
	second, err := generate(apiPackages()...)
	require.NoError(t, err)
	assert.Equal(t, first, second)
}

func TestAPackageThatDoesNotExistIsAnError(t *testing.T) {
	_, err := generate("./core/nothing")
	assert.ErrorContains(t, err, "./core/nothing")
}
