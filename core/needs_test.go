package core_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// needsOf are the needs of what the server has, with the rights as "VERB RESOURCE NAME" in order.
func needsOf(t *testing.T, s *server, change func(*core.NeedsConfig)) (core.Needs, []string) {
	t.Helper()
	config := core.NeedsConfig{Kube: s.serve(t), Providers: provider.Registry{"shelf": &shelf{}}, Class: "ours"}
	if change != nil {
		change(&config)
	}
	needs, err := core.FindNeeds(t.Context(), config)
	require.NoError(t, err)
	assert.Empty(t, s.writes, "it only reads")
	var rights []string
	for _, r := range needs.Rights {
		if right := strings.TrimSpace(r.Verb + " " + r.Resource + " " + r.Name); !slices.Contains(rights, right) {
			rights = append(rights, right)
		}
	}
	slices.Sort(rights)
	return needs, rights
}

func TestFindNeeds(t *testing.T) {
	record := []string{"create events", "get events", "list externalsecrets", "patch events", "patch externalsecrets/status"}
	const foreign = "{metadata: {namespace: shop, name: theirs}, spec: {controller: theirs, provider: {shelf: {}}}}"
	target := func(spec string) string {
		return "{metadata: {namespace: shop, name: a, uid: u}, spec: {secretStoreRef: {name: shelf}, data: [{secretKey: k, remoteRef: {key: a}}], target: {" + spec + "}}}"
	}
	const deleting = "deletionTimestamp: '2026-01-01T00:00:00Z'"
	for name, tc := range map[string]struct {
		es       string
		change   func(*core.NeedsConfig)
		rights   []string // besides those to record
		problems string
	}{
		"an own Secret":       {wants("a"), nil, []string{"create secrets", "get secrets a", "get secretstores shelf", "update secrets a"}, ""},
		"with Secrets listed": {wants("a"), func(c *core.NeedsConfig) { c.ListSecrets = true }, []string{"create secrets", "get secrets a", "get secretstores shelf", "list secrets", "update secrets a"}, ""},
		"a Secret that goes with its source": {target("deletionPolicy: Delete"), nil,
			[]string{"create secrets", "delete secrets a", "get secrets a", "get secretstores shelf", "update secrets a"}, ""},
		"a Secret of somebody's": {target("creationPolicy: Merge, name: b"), nil, []string{"get secrets b", "get secretstores shelf", "update secrets b"}, ""},
		"no Secret":              {target("creationPolicy: None"), nil, []string{"get secrets a", "get secretstores shelf"}, ""},
		"templates in objects": {target("template: {templateFrom: [{configMap: {name: m, items: [{key: k}]}}, {secret: {name: s, items: [{key: k}]}}]}"), nil,
			[]string{"create secrets", "get configmaps m", "get secrets a", "get secrets s", "get secretstores shelf", "update secrets a"}, ""},
		"another name than before": {wants("a", "status: {binding: {name: before}}"), nil,
			[]string{"create secrets", "delete secrets before", "get secrets a", "get secrets before", "get secretstores shelf", "update secrets a"}, ""},
		"an operator that is gone": {"{metadata: {namespace: shop, name: a, " + deleting + ", finalizers: [externalsecrets.external-secrets.io/externalsecret-cleanup]}, spec: {secretStoreRef: {name: shelf}, target: {deletionPolicy: Delete}}}", nil,
			[]string{"delete secrets a", "get secrets a", "get secretstores shelf", "patch externalsecrets a"}, ""},
		"another kind that is not permitted": {target("manifest: {apiVersion: v1, kind: ConfigMap}"), nil, []string{"get secretstores shelf"}, "--unsafe-allow-generic-targets"},
		"a store that is missing": {strings.ReplaceAll(wants("a"), "name: shelf", "name: none"), nil,
			[]string{"create secrets", "get secrets a", "get secretstores none", "update secrets a"}, "there is no such store"},
		"what can't be read": {"{metadata: {namespace: shop, name: a}, spec: {data: 1}}", nil, nil, "read the object"},
	} {
		t.Run(name, func(t *testing.T) {
			needs, rights := needsOf(t, &server{lists: map[string][]string{"secretstores": {shelfStore, foreign}, "externalsecrets": {tc.es}}}, tc.change)
			want := slices.Sorted(slices.Values(append(slices.Clone(record), tc.rights...)))
			assert.Equal(t, want, rights)
			assert.Equal(t, []string{"shop"}, needs.Namespaces)
			if tc.problems == "" {
				assert.Empty(t, needs.Problems)
				return
			}
			require.Len(t, needs.Problems, 1)
			require.ErrorContains(t, needs.Problems[0].Cause, tc.problems)
		})
	}
	t.Run("of what is not known, the providers where they can be told", func(t *testing.T) {
		needs, _ := needsOf(t, &server{lists: map[string][]string{
			"secretstores": {
				shelfStore, "{metadata: {namespace: shop, name: cellar}, spec: {provider: {cellar: {}}}}",
				"{metadata: {namespace: shop, name: damaged}, spec: {retrySettings: 3, provider: {cellar: {}}, conditions: x}}",
				"{metadata: {namespace: shop, name: torn}, spec: {provider: {cellar: {}, shelf: {}}}}",
			},
			"externalsecrets": {
				strings.ReplaceAll(wants("a"), "name: shelf", "name: cellar"), strings.ReplaceAll(wants("b"), "name: shelf", "name: damaged"),
				strings.ReplaceAll(wants("c"), "name: shelf", "name: torn"), strings.ReplaceAll(wants("d"), "name: shelf", "name: none"),
				"{metadata: {namespace: shop, name: e, uid: u}, spec: {secretStoreRef: {name: shelf}, data: [{secretKey: k, remoteRef: {key: a}, sourceRef: {storeRef: {name: cellar}}}]}}",
				"{metadata: {namespace: shop, name: f}, spec: {data: 1}}",
			},
		}}, nil)
		providers := map[string][]string{}
		for _, problem := range needs.Problems {
			providers[problem.Name] = problem.Providers
		}
		assert.Equal(t, map[string][]string{"a": {"cellar"}, "b": {"cellar"}, "c": nil, "d": nil, "e": {"shelf", "cellar"}, "f": nil}, providers)
	})
	t.Run("nothing where all is another controller's or goes", func(t *testing.T) {
		needs, rights := needsOf(t, &server{lists: map[string][]string{"secretstores": {shelfStore, foreign}, "externalsecrets": {
			strings.ReplaceAll(wants("a"), "name: shelf", "name: theirs"), "{metadata: {namespace: shop, name: b, " + deleting + "}, spec: {secretStoreRef: {name: shelf}}}",
		}}}, nil)
		assert.Empty(t, rights)
		assert.Empty(t, needs.Namespaces)
		assert.Empty(t, needs.Stores)
	})
	t.Run("whose a store is has to be read where others are served", func(t *testing.T) {
		_, rights := needsOf(t, &server{lists: map[string][]string{"secretstores": {shelfStore, foreign}, "externalsecrets": {
			wants("a"), strings.ReplaceAll(wants("b"), "name: shelf", "name: theirs"),
		}}}, nil)
		assert.Contains(t, rights, "get secretstores theirs")
		assert.NotContains(t, rights, "get secrets b")
	})
}
