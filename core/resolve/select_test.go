package resolve_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

func TestSelect(t *testing.T) {
	server := func(t *testing.T) *objects {
		t.Helper()
		var all []json.RawMessage
		for _, id := range []string{"namespace: bank, name: a", "namespace: shop, name: a", "namespace: shop, name: b", "namespace: shop, name: c"} {
			all = append(all, raw(t, "{metadata: {"+id+", managedFields: [{manager: kubectl}]}, spec: {refreshInterval: 1h}}"))
		}
		all = append(all, raw(t, "{metadata: {namespace: shop, name: broken}, spec: {refreshInterval: 5}}"), raw(t, "{metadata: {name: 5}}"))
		return &objects{byResource: map[string][]json.RawMessage{api.ResourceExternalSecrets: all}}
	}
	name := func(namespace, name string) types.NamespacedName {
		return types.NamespacedName{Namespace: namespace, Name: name}
	}
	for title, tc := range map[string]struct {
		scope    resolve.Scope
		want     []string
		requests []string
	}{
		"everything, page by page":              {resolve.Scope{}, []string{"bank/a", "shop/a", "shop/b", "shop/c", "shop/broken", "/"}, []string{"list externalsecrets"}},
		"a namespace":                           {resolve.Scope{Namespaces: []string{"bank"}}, []string{"bank/a"}, []string{"list externalsecrets bank"}},
		"a namespace that is named twice":       {resolve.Scope{Namespaces: []string{"bank", "bank"}}, []string{"bank/a"}, []string{"list externalsecrets bank"}},
		"names":                                 {resolve.Scope{Names: []types.NamespacedName{name("shop", "b"), name("bank", "a")}}, []string{"shop/b", "bank/a"}, []string{"get externalsecrets shop/b", "get externalsecrets bank/a"}},
		"a name that is given twice":            {resolve.Scope{Names: []types.NamespacedName{name("shop", "b"), name("shop", "b")}}, []string{"shop/b"}, []string{"get externalsecrets shop/b"}},
		"a shard of everything":                 {resolve.Scope{Shard: resolve.Shard{Index: 1, Of: 2}}, []string{"shop/broken", "/"}, []string{"list externalsecrets"}},
		"a shard of names":                      {resolve.Scope{Names: []types.NamespacedName{name("shop", "b"), name("bank", "a")}, Shard: resolve.Shard{Index: 2, Of: 4}}, []string{"bank/a"}, []string{"get externalsecrets bank/a"}},
		"a name that does not exist is an item": {resolve.Scope{Names: []types.NamespacedName{name("shop", "z"), name("shop", "b")}}, []string{"shop/z", "shop/b"}, []string{"get externalsecrets shop/z", "get externalsecrets shop/b"}},
	} {
		t.Run(title, func(t *testing.T) {
			s := server(t)
			items, err := resolve.Select(t.Context(), s, tc.scope)
			require.NoError(t, err)
			var got []string
			for _, item := range items {
				got = append(got, item.String())
			}
			assert.Equal(t, tc.want, got)
			assert.ElementsMatch(t, tc.requests, s.requests)
		})
	}
	t.Run("what a ClusterExternalSecret controls, and what can't be decoded, is kept as it was read", func(t *testing.T) {
		owned := func(kind string) json.RawMessage {
			return raw(t, "{metadata: {namespace: shop, name: a, ownerReferences: [{apiVersion: external-secrets.io/v1, kind: "+kind+", name: all, uid: u, controller: true}]}, spec: {}}")
		}
		broken := raw(t, "{metadata: {namespace: shop, name: broken}, spec: {refreshInterval: 5}}")
		assert.Equal(t, owned("ClusterExternalSecret"), resolve.Decode(owned("ClusterExternalSecret")).Raw)
		assert.Equal(t, broken, resolve.Decode(broken).Raw)
		assert.Nil(t, resolve.Decode(owned("Application")).Raw)
		assert.Nil(t, resolve.Decode(raw(t, "{metadata: {namespace: shop, name: a}, spec: {}}")).Raw)
	})
	t.Run("what can't be decoded is an error of its own that names the field", func(t *testing.T) {
		items, err := resolve.Select(t.Context(), server(t), resolve.Scope{})
		require.NoError(t, err)
		for _, item := range items[:4] {
			require.NoError(t, item.Err)
			require.NotNil(t, item.ES)
			assert.Empty(t, item.ES.ManagedFields)
		}
		require.ErrorContains(t, items[4].Err, "refreshInterval")
		assert.Nil(t, items[4].ES)
		assert.False(t, items[4].Missing)
		require.ErrorContains(t, items[5].Err, "name")
	})
	t.Run("a name that does not exist says so", func(t *testing.T) {
		items, err := resolve.Select(t.Context(), server(t), resolve.Scope{Names: []types.NamespacedName{name("shop", "z")}})
		require.NoError(t, err)
		assert.True(t, items[0].Missing)
		require.EqualError(t, items[0].Err, `there is no ExternalSecret "z" in namespace "shop"`)
	})
	for title, scope := range map[string]resolve.Scope{"a list": {}, "a name": {Names: []types.NamespacedName{name("shop", "a")}}} {
		t.Run(title+" that fails as a whole is an error", func(t *testing.T) {
			s := server(t)
			s.fail = func(string) error { return errors.New("etcd is down") }
			_, err := resolve.Select(t.Context(), s, scope)
			require.ErrorContains(t, err, "etcd is down")
		})
	}
}

func TestWhole(t *testing.T) {
	assert.True(t, resolve.Scope{}.Whole())
	for name, scope := range map[string]resolve.Scope{
		"names":      {Names: []types.NamespacedName{{Namespace: "shop", Name: "a"}}},
		"namespaces": {Namespaces: []string{"shop"}},
		"labels":     {Selector: kube.Selector{Labels: "a=b"}},
		"fields":     {Selector: kube.Selector{Fields: "metadata.name=a"}},
	} {
		assert.False(t, scope.Whole(), name)
	}
}
