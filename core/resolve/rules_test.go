package resolve_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

func TestCheck(t *testing.T) {
	for name, spec := range map[string]string{
		"data alone":               "{data: [{secretKey: a, remoteRef: {key: k}}]}",
		"an extract alone":         "{dataFrom: [{extract: {key: k}}]}",
		"both":                     "{data: [{secretKey: a, remoteRef: {key: k}}], dataFrom: [{extract: {key: k}}]}",
		"two keys of one secret":   "{data: [{secretKey: a, remoteRef: {key: k}}, {secretKey: b, remoteRef: {key: k}}]}",
		"what old CRDs filled in":  "{data: [{secretKey: a, remoteRef: {key: k, conversionStrategy: Default, decodingStrategy: None, metadataPolicy: None}}], target: {creationPolicy: Owner, deletionPolicy: Retain}}",
		"a store of an entry":      "{data: [{secretKey: a, remoteRef: {key: k}, sourceRef: {storeRef: {name: s}}}]}",
		"a store of an extract":    "{dataFrom: [{extract: {key: k}, sourceRef: {storeRef: {name: s}}}]}",
		"a manifest":               "{data: [{secretKey: a, remoteRef: {key: k}}], target: {manifest: {apiVersion: v1, kind: ConfigMap}}}",
		"a generator":              "{dataFrom: [{sourceRef: {generatorRef: {kind: UUID, name: u}}}]}",
		"the policies that we can": "{data: [{secretKey: a, remoteRef: {key: k}}], target: {creationPolicy: Merge}}",
	} {
		t.Run(name+" passes", func(t *testing.T) {
			require.NoError(t, resolve.Check(externalSecret(t, "spec: "+spec)))
		})
	}
	for name, tc := range map[string]struct{ spec, want string }{
		"nothing to fetch":               {"{}", "neither data nor dataFrom"},
		"data without a secretKey":       {"{data: [{remoteRef: {key: k}}]}", "spec.data[0].secretKey is missing"},
		"one secretKey twice":            {"{data: [{secretKey: a, remoteRef: {key: k}}, {secretKey: b, remoteRef: {key: k}}, {secretKey: a, remoteRef: {key: l}}]}", `spec.data[2].secretKey "a" is that of spec.data[0]`},
		"data without a remote key":      {"{data: [{secretKey: a, remoteRef: {key: k}}, {secretKey: b, remoteRef: {property: p}}]}", "spec.data[1].remoteRef.key is missing"},
		"an extract without a key":       {"{dataFrom: [{extract: {property: p}}]}", "spec.dataFrom[0].extract.key is missing"},
		"an entry that names nothing":    {"{dataFrom: [{}]}", "spec.dataFrom[0] names nothing to fetch"},
		"an entry with a store only":     {"{dataFrom: [{sourceRef: {storeRef: {name: s}}}]}", "spec.dataFrom[0] names nothing to fetch"},
		"a generator in data":            {"{data: [{secretKey: a, remoteRef: {key: k}, sourceRef: {generatorRef: {kind: UUID, name: u}}}]}", "spec.data[0].sourceRef.generatorRef has no meaning"},
		"a generator beside an extract":  {"{dataFrom: [{extract: {key: k}, sourceRef: {generatorRef: {kind: UUID, name: u}}}]}", "spec.dataFrom[0] has both a generator and find or extract"},
		"a generator beside a search":    {"{dataFrom: [{find: {}, sourceRef: {generatorRef: {kind: UUID, name: u}}}]}", "spec.dataFrom[0] has both a generator and find or extract"},
		"a generator beside a store":     {"{dataFrom: [{sourceRef: {storeRef: {name: s}, generatorRef: {kind: UUID, name: u}}}]}", "spec.dataFrom[0].sourceRef has both"},
		"a generator without a kind":     {"{dataFrom: [{sourceRef: {generatorRef: {name: u}}}]}", "spec.dataFrom[0].sourceRef.generatorRef.kind is missing"},
		"a generator without a name":     {"{dataFrom: [{sourceRef: {generatorRef: {kind: UUID}}}]}", "spec.dataFrom[0].sourceRef.generatorRef.name is missing"},
		"deleting what may be another's": {"{data: [{secretKey: a, remoteRef: {key: k}}], target: {creationPolicy: Merge, deletionPolicy: Delete}}", "spec.target.deletionPolicy Delete does not go with creationPolicy Merge"},
		"deleting from a shared Secret":  {"{data: [{secretKey: a, remoteRef: {key: k}}], target: {creationPolicy: CreateOrMerge, deletionPolicy: Delete}}", "creationPolicy CreateOrMerge"},
		"merging into nothing":           {"{data: [{secretKey: a, remoteRef: {key: k}}], target: {creationPolicy: None, deletionPolicy: Merge}}", "deletionPolicy Merge has no meaning with creationPolicy None"},
		"find and extract in one entry":  {"{dataFrom: [{find: {name: {regexp: x}}, extract: {key: k}}]}", "spec.dataFrom[0] has both find and extract"},
		"a manifest without a kind":      {"{data: [{secretKey: a, remoteRef: {key: k}}], target: {manifest: {apiVersion: v1}}}", "spec.target.manifest needs both apiVersion and kind"},
		"an immutable object":            {"{data: [{secretKey: a, remoteRef: {key: k}}], target: {immutable: true, manifest: {apiVersion: v1, kind: ConfigMap}}}", "spec.target.immutable is for Secrets only, not for the ConfigMap"},
		"a wrong entry after a good one": {"{dataFrom: [{extract: {key: k}}, {}]}", "spec.dataFrom[1]"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			require.ErrorContains(t, resolve.Check(externalSecret(t, "spec: "+tc.spec)), tc.want)
		})
	}
}

func TestWarnings(t *testing.T) {
	es := externalSecret(t, "spec: {secretStoreRef: {name: aws, key: old}, data: [{secretKey: a, remoteRef: {key: k}}]}")
	warnings := resolve.Warnings(es)
	require.Len(t, warnings, 1)
	assert.Contains(t, warnings[0], "spec.secretStoreRef.key is ignored")
	es.Spec.SecretStoreRef.Key = ""
	assert.Empty(t, resolve.Warnings(es))
	assert.Empty(t, resolve.Warnings(&api.ExternalSecret{}))
}
