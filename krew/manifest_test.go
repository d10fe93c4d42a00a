// Package krew_test keeps the manifest under which krew finds the plugin within krew's rules.
package krew_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// manifest has the fields of krew's Plugin that a manifest of ours may have.
type manifest struct {
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

// released is the manifest with the tag and the checksums of a release.
func released(t *testing.T, tag string) manifest {
	t.Helper()
	text, err := os.ReadFile("externalsecret.yaml")
	require.NoError(t, err)
	parsed, err := template.New("manifest").Funcs(template.FuncMap{"addURIAndSha": func(uri, tag string) string {
		return fmt.Sprintf("uri: %s\n    sha256: %s", strings.ReplaceAll(uri, "{{ .TagName }}", tag), strings.Repeat("0a", 32))
	}}).Parse(string(text))
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, parsed.Execute(&out, map[string]string{"TagName": tag}))
	var m manifest
	require.NoError(t, yaml.UnmarshalStrict([]byte(out.String()), &m), "no field that krew does not know")
	return m
}

func TestTheManifestKeepsTheRulesOfKrew(t *testing.T) {
	m := released(t, "v1.2.3")
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
		assert.Regexp(t, `^https://\S+/v1\.2\.3/\S+_`+system+`_`+machine+`\.tar\.gz$`, p.URI)
		assert.Regexp(t, `^[0-9a-f]{64}$`, p.SHA256)
		want := "kubectl-externalsecret"
		if system == "windows" {
			want += ".exe"
		}
		assert.Equal(t, want, p.Bin)
	}
	assert.Equal(t, map[string]bool{
		"linux/amd64": true, "linux/arm64": true, "darwin/amd64": true, "darwin/arm64": true, "windows/amd64": true, "windows/arm64": true,
	}, platforms)
}
