package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xeipuuv/gojsonschema"
)

func TestThePartsOfAProgram(t *testing.T) {
	path, err := os.Executable()
	require.NoError(t, err)
	program, err := os.ReadFile(path)
	require.NoError(t, err)
	r := release{version: "v0.1.0+dirty", time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	list, err := r.parts("kubectl-externalsecret", platform{"linux", "arm64"}, program)
	require.NoError(t, err)

	t.Run("are those that were linked into it", func(t *testing.T) {
		var bom cdx.BOM
		require.NoError(t, cdx.NewBOMDecoder(strings.NewReader(string(list)), cdx.BOMFileFormatJSON).Decode(&bom))
		assert.Equal(t, "2026-01-02T03:04:05Z", bom.Metadata.Timestamp)
		assert.Equal(t, "v0.1.0+dirty", bom.Metadata.Component.Version)
		assert.Equal(t, "pkg:golang/github.com/kubectl-externalsecret/kubectl-externalsecret@v0.1.0%2Bdirty?goarch=arm64&goos=linux&type=module#cmd/kubectl-externalsecret",
			bom.Metadata.Component.PackageURL)
		found := map[string]string{}
		for _, c := range *bom.Components {
			found[c.Name] = c.PackageURL
		}
		assert.Contains(t, found["github.com/CycloneDX/cyclonedx-go"], "pkg:golang/github.com/CycloneDX/cyclonedx-go@v0.")
		assert.Equal(t, "pkg:golang/std@"+strings.TrimPrefix(runtime.Version(), "go"), found["std"])
	})
	t.Run("are listed as the schema of CycloneDX has it", func(t *testing.T) {
		module, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
		require.NoError(t, err)
		schemas := filepath.Join(strings.TrimSpace(string(module)), "schema")
		loader := gojsonschema.NewSchemaLoader()
		// What the schema refers to by its address on the network.
		for _, name := range []string{"spdx.schema.json", "jsf-0.82.schemax.json"} {
			content, err := os.ReadFile(filepath.Join(schemas, name))
			require.NoError(t, err)
			require.NoError(t, loader.AddSchemas(gojsonschema.NewBytesLoader(content)))
		}
		content, err := os.ReadFile(filepath.Join(schemas, "bom-1.6.schema.json"))
		require.NoError(t, err)
		schema, err := loader.Compile(gojsonschema.NewBytesLoader(content))
		require.NoError(t, err)
		check := func(text string) *gojsonschema.Result {
			result, err := schema.Validate(gojsonschema.NewStringLoader(text))
			require.NoError(t, err)
			return result
		}
		assert.Empty(t, check(string(list)).Errors())
		assert.NotEmpty(t, check(strings.Replace(string(list), `"library"`, `"book"`, 1)).Errors(), "it sees what is wrong")
	})
	t.Run("can't be told of a file that is no program", func(t *testing.T) {
		_, err := r.parts("x", platform{"linux", "amd64"}, []byte("text"))
		assert.ErrorContains(t, err, "read what the program is made of")
	})
}
