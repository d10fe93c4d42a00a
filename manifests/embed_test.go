package manifests_test

import (
	"io/fs"
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
)

// maxCRDSize leaves room in the 256 KiB annotation that a client-side apply writes.
const maxCRDSize = 200 * 1024

// crd is the part of a CustomResourceDefinition that is promised to users of the older operator.
type crd struct {
	Metadata struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		Group      string `json:"group"`
		Scope      string `json:"scope"`
		Conversion struct {
			Strategy string `json:"strategy"`
		} `json:"conversion"`
		Names struct {
			Kind       string   `json:"kind"`
			ShortNames []string `json:"shortNames"`
			Categories []string `json:"categories"`
		} `json:"names"`
		Versions []version `json:"versions"`
	} `json:"spec"`
}

type version struct {
	Name         string         `json:"name"`
	Served       bool           `json:"served"`
	Storage      bool           `json:"storage"`
	Deprecated   bool           `json:"deprecated"`
	Warning      string         `json:"deprecationWarning"`
	Schema       map[string]any `json:"schema"`
	Subresources map[string]any `json:"subresources"`
	Columns      []column       `json:"additionalPrinterColumns"`
	Selectable   []column       `json:"selectableFields"`
}

type column struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Path string `json:"jsonPath"`
}

func TestCRDs(t *testing.T) {
	externalSecretColumns := []column{
		{"StoreType", "string", ".spec.secretStoreRef.kind"},
		{"Store", "string", ".spec.secretStoreRef.name"},
		{"Refresh Interval", "string", ".spec.refreshInterval"},
		{"Status", "string", `.status.conditions[?(@.type=="Ready")].reason`},
		{"Ready", "string", `.status.conditions[?(@.type=="Ready")].status`},
		{"Last Sync", "date", ".status.refreshTime"},
	}
	externalSecretSelectors := []column{
		{Path: ".spec.secretStoreRef.name"},
		{Path: ".spec.secretStoreRef.kind"},
		{Path: ".spec.target.name"},
		{Path: ".spec.refreshInterval"},
	}
	clusterColumns := []column{
		{"Store", "string", ".spec.externalSecretSpec.secretStoreRef.name"},
		{"Refresh Interval", "string", ".spec.refreshTime"},
		{"Ready", "string", `.status.conditions[?(@.type=="Ready")].status`},
	}
	storeColumns := []column{
		{"AGE", "date", ".metadata.creationTimestamp"},
		{"Status", "string", `.status.conditions[?(@.type=="Ready")].reason`},
		{"Capabilities", "string", ".status.capabilities"},
		{"Ready", "string", `.status.conditions[?(@.type=="Ready")].status`},
	}

	for name, want := range map[string]struct {
		kind, short, scope  string
		columns, selectable []column
	}{
		api.ResourceExternalSecrets: {
			api.KindExternalSecret, "es", "Namespaced", externalSecretColumns, externalSecretSelectors,
		},
		api.ResourceClusterExternalSecrets: {api.KindClusterExternalSecret, "ces", "Cluster", clusterColumns, nil},
		api.ResourceSecretStores:           {api.KindSecretStore, "ss", "Namespaced", storeColumns, nil},
		api.ResourceClusterSecretStores:    {api.KindClusterSecretStore, "css", "Cluster", storeColumns, nil},
	} {
		t.Run(name+" are what users of the operator know", func(t *testing.T) {
			content, err := manifests.CRDs.ReadFile(path.Join("crds", api.Group+"_"+name+".yaml"))
			require.NoError(t, err)
			assert.Less(t, len(content), maxCRDSize)
			var got crd
			require.NoError(t, yaml.Unmarshal(content, &got))

			assert.Equal(t, name+"."+api.Group, got.Metadata.Name)
			assert.Equal(t, map[string]string{"external-secrets.io/component": "controller"}, got.Metadata.Labels)
			assert.Equal(t, api.Group, got.Spec.Group)
			assert.Equal(t, want.kind, got.Spec.Names.Kind)
			assert.Equal(t, []string{want.short}, got.Spec.Names.ShortNames)
			assert.Equal(t, []string{"external-secrets"}, got.Spec.Names.Categories)
			assert.Equal(t, want.scope, got.Spec.Scope)
			assert.Equal(t, "None", got.Spec.Conversion.Strategy)

			require.Len(t, got.Spec.Versions, 2)
			v1, v1beta1 := got.Spec.Versions[0], got.Spec.Versions[1]
			assert.Equal(t, api.V1, v1.Name)
			assert.True(t, v1.Served && v1.Storage && !v1.Deprecated, "v1 is served and stored")
			assert.Equal(t, want.columns, v1.Columns)
			assert.Equal(t, want.selectable, v1.Selectable)
			assert.Contains(t, v1.Subresources, "status")

			assert.Equal(t, api.V1Beta1, v1beta1.Name)
			assert.True(t, v1beta1.Served && !v1beta1.Storage && v1beta1.Deprecated, "v1beta1 is served and deprecated")
			assert.Contains(t, v1beta1.Warning, "use external-secrets.io/v1")
			v1beta1.Name, v1beta1.Storage, v1beta1.Deprecated, v1beta1.Warning = v1.Name, v1.Storage, v1.Deprecated, v1.Warning
			assert.Equal(t, v1, v1beta1, "the versions differ in nothing else")
		})
	}
}

func TestCRDsOfGenerators(t *testing.T) {
	for kind, scope := range map[string]string{
		generators.KindPassword: "Namespaced", generators.KindUUID: "Namespaced", generators.KindFake: "Namespaced",
		generators.KindSSHKey: "Namespaced", generators.KindCluster: "Cluster",
	} {
		t.Run(kind+" is what users of the operator know", func(t *testing.T) {
			name := generators.ResourceOf(kind)
			content, err := manifests.CRDs.ReadFile(path.Join("crds", generators.Group+"_"+name+".yaml"))
			require.NoError(t, err)
			var got crd
			require.NoError(t, yaml.Unmarshal(content, &got))
			assert.Equal(t, name+"."+generators.Group, got.Metadata.Name)
			assert.Equal(t, map[string]string{"external-secrets.io/component": "controller"}, got.Metadata.Labels)
			assert.Equal(t, kind, got.Spec.Names.Kind)
			assert.Equal(t, []string{"external-secrets", "external-secrets-generators"}, got.Spec.Names.Categories)
			assert.Equal(t, scope, got.Spec.Scope)
			require.Len(t, got.Spec.Versions, 1)
			assert.Equal(t, generators.Version, got.Spec.Versions[0].Name)
			assert.True(t, got.Spec.Versions[0].Served && got.Spec.Versions[0].Storage)
		})
	}
}

func TestCRDsHoldNothingElse(t *testing.T) {
	entries, err := fs.ReadDir(manifests.CRDs, "crds")
	require.NoError(t, err)
	assert.Len(t, entries, 9)
}
