package docs_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/blocks"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// manifest matches what is YAML of Kubernetes, whole or in part, in a block that is not called so.
var manifest = regexp.MustCompile(`(?m)^(apiVersion|kind|metadata|spec):`)

func TestEveryManifestInTheDocumentationIsApplied(t *testing.T) {
	cluster := harness.Cluster(t)
	cluster.ApplyCRDs(t)
	applied := 0
	for _, page := range pages(t) {
		found, err := blocks.Of(page)
		require.NoError(t, err)
		for _, block := range found {
			switch {
			case block.Language == "yaml":
				applied++
				t.Run(fmt.Sprintf("%s:%d", strings.TrimPrefix(page, top+"/"), block.Line), func(t *testing.T) { apply(t, cluster, block.Text) })
			case block.Language != "":
				assert.NotRegexp(t, manifest, block.Text, "%s:%d: call the block yaml, so that it is applied", page, block.Line)
			}
		}
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		assert.NotRegexp(t, `(?m)^    (apiVersion|kind|metadata|spec):`, string(text), "%s: fence the manifest as yaml, so that it is applied", page)
	}
	assert.Positive(t, applied)
}

// apply applies manifests strictly, as they are. Namespaces that they name are there before.
func apply(t *testing.T, cluster *harness.ControlPlane, text string) {
	t.Helper()
	var manifests []string
	for document := range strings.SplitSeq(text, "\n---\n") {
		var object unstructured.Unstructured
		require.NoError(t, yaml.UnmarshalStrict([]byte(document), &object.Object))
		require.NotEmpty(t, object.GetKind(), "what is no manifest wants another name than yaml behind its fence")
		if name := object.GetNamespace(); name != "" {
			cluster.Apply(t, "", "apiVersion: v1\nkind: Namespace\nmetadata: {name: "+name+"}")
		}
		manifests = append(manifests, document)
	}
	cluster.Apply(t, cluster.Namespace(t), manifests...)
}
