package resolve_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

const aws = "provider: {aws: {service: SecretsManager, region: r}}"

// shopStores are two namespaces' stores and a cluster's.
func shopStores(t *testing.T) *objects {
	t.Helper()
	store := func(text string) json.RawMessage { return raw(t, text) }
	return &objects{
		byResource: map[string][]json.RawMessage{
			api.ResourceSecretStores: {
				store("{metadata: {namespace: shop, name: aws}, spec: {" + aws + "}}"),
				store("{metadata: {namespace: shop, name: eso}, spec: {controller: eso, " + aws + "}}"),
				store("{metadata: {namespace: shop, name: broken}, spec: {provider: {aws: {}, vault: {}}}}"),
				store("{metadata: {namespace: bank, name: aws}, spec: {controller: ours, " + aws + "}}"),
			},
			api.ResourceClusterSecretStores: {
				store("{metadata: {name: aws}, spec: {" + aws + "}}"),
			},
		},
		labels: map[string]map[string]string{"shop": {"team": "retail"}, "bank": {"team": "money"}},
	}
}

func TestStoresGet(t *testing.T) {
	for name, tc := range map[string]struct {
		ref       api.SecretStoreRef
		namespace string
		want      string // the store's kind and namespace, or
		err       string
	}{
		"no kind is a SecretStore of the namespace":        {api.SecretStoreRef{Name: "aws"}, "shop", "SecretStore shop", ""},
		"a SecretStore of the namespace":                   {api.SecretStoreRef{Name: "aws", Kind: "SecretStore"}, "bank", "SecretStore bank", ""},
		"a ClusterSecretStore":                             {api.SecretStoreRef{Name: "aws", Kind: "ClusterSecretStore"}, "shop", "ClusterSecretStore ", ""},
		"a SecretStore of another namespace does not help": {api.SecretStoreRef{Name: "eso"}, "bank", "", `could not get SecretStore "eso" in namespace "bank": there is no such store`},
		"a ClusterSecretStore does not stand in for one":   {api.SecretStoreRef{Name: "aws"}, "elsewhere", "", `could not get SecretStore "aws" in namespace "elsewhere"`},
		"a SecretStore does not stand in for a cluster's":  {api.SecretStoreRef{Name: "eso", Kind: "ClusterSecretStore"}, "shop", "", `could not get ClusterSecretStore "eso": there is no such store`},
		"a store that can't be read says so":               {api.SecretStoreRef{Name: "broken"}, "shop", "", "exactly one provider"},
		"a kind that is no store":                          {api.SecretStoreRef{Name: "aws", Kind: "Vault"}, "shop", "", `"Vault" is not a kind of store`},
	} {
		for how, load := range map[string]bool{"from a list": true, "by name": false} {
			t.Run(name+" "+how, func(t *testing.T) {
				stores := resolve.NewStores(shopStores(t), nil)
				if load {
					require.NoError(t, stores.Load(t.Context(), nil))
				}
				store, err := stores.Get(t.Context(), tc.ref, tc.namespace)
				if tc.err != "" {
					require.ErrorContains(t, err, tc.err)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, tc.want, store.Kind+" "+store.Namespace)
				assert.Equal(t, "aws", store.Spec.Provider.Name())
			})
		}
	}
}

func TestStoresRequests(t *testing.T) {
	get := func(t *testing.T, stores *resolve.Stores) {
		t.Helper()
		for range 3 {
			for _, ref := range []api.SecretStoreRef{{Name: "aws"}, {Name: "nope"}, {Name: "aws", Kind: api.KindClusterSecretStore}} {
				_, _ = stores.Get(t.Context(), ref, "shop") // what it finds is another test's
			}
		}
	}
	byName := []string{"get secretstores shop/aws", "get secretstores shop/nope", "get clustersecretstores aws"}
	for name, tc := range map[string]struct {
		load       bool
		namespaces []string
		fail       func(string) error
		want       []string
	}{
		"two lists are enough for a cluster":                              {load: true, want: []string{"list secretstores", "list clustersecretstores"}},
		"a namespace is a list of its own":                                {load: true, namespaces: []string{"shop", "bank"}, want: []string{"list secretstores shop", "list secretstores bank", "list clustersecretstores"}},
		"a store by name is read once, though it does not exist":          {want: byName},
		"a namespace that was not listed is read by name":                 {load: true, namespaces: []string{"bank"}, want: []string{"list secretstores bank", "list clustersecretstores", "get secretstores shop/aws", "get secretstores shop/nope"}},
		"where lists are forbidden stores are read by name":               {load: true, fail: refuse(forbidden(), "list"), want: append([]string{"list secretstores", "list clustersecretstores"}, byName...)},
		"where only the cluster's list is forbidden its stores are":       {load: true, fail: refuse(forbidden(), "list clustersecretstores"), want: []string{"list secretstores", "list clustersecretstores", "get clustersecretstores aws"}},
		"a kind that is not served is asked for by name and is not there": {load: true, fail: refuse(notFound(), "list clustersecretstores"), want: []string{"list secretstores", "list clustersecretstores", "get clustersecretstores aws"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := shopStores(t)
			server.fail = tc.fail
			stores := resolve.NewStores(server, server)
			if tc.load {
				require.NoError(t, stores.Load(t.Context(), tc.namespaces))
			}
			get(t, stores)
			assert.Equal(t, tc.want, server.requests)
		})
	}
	t.Run("a list that fails for another reason fails the run", func(t *testing.T) {
		server := shopStores(t)
		server.fail = refuse(errors.New("etcd is down"), "list")
		require.ErrorContains(t, resolve.NewStores(server, server).Load(t.Context(), nil), "etcd is down")
	})
	t.Run("a store that may not be read is an error that says so", func(t *testing.T) {
		server := shopStores(t)
		server.fail = refuse(forbidden(), "get")
		_, err := resolve.NewStores(server, server).Get(t.Context(), api.SecretStoreRef{Name: "aws"}, "shop")
		require.ErrorContains(t, err, "forbidden")
	})
}

func TestStoresAllowed(t *testing.T) {
	for name, tc := range map[string]struct {
		kind, conditions string
		want             string
	}{
		"no conditions admit all":                        {"ClusterSecretStore", "[]", ""},
		"a namespace by name":                            {"ClusterSecretStore", "[{namespaces: [bank, shop]}]", ""},
		"another namespace's name does not admit":        {"ClusterSecretStore", "[{namespaces: [bank]}]", `using ClusterSecretStore "css" is not allowed from namespace "shop"`},
		"a regular expression":                           {"ClusterSecretStore", "[{namespaceRegexes: ['^sh.p$']}]", ""},
		"a regular expression matches anywhere":          {"ClusterSecretStore", "[{namespaceRegexes: ['ho']}]", ""},
		"a regular expression of another does not admit": {"ClusterSecretStore", "[{namespaceRegexes: ['^ho']}]", "is not allowed"},
		"a regular expression that is none":              {"ClusterSecretStore", "[{namespaceRegexes: ['(']}]", `spec.conditions[0].namespaceRegexes of ClusterSecretStore "css"`},
		"a label":                                        {"ClusterSecretStore", "[{namespaceSelector: {matchLabels: {team: retail}}}]", ""},
		"an expression over labels":                      {"ClusterSecretStore", "[{namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [retail, x]}]}}]", ""},
		"another label does not admit":                   {"ClusterSecretStore", "[{namespaceSelector: {matchLabels: {team: money}}}]", "is not allowed"},
		"an empty selector admits all":                   {"ClusterSecretStore", "[{namespaceSelector: {}}]", ""},
		"a selector that is none":                        {"ClusterSecretStore", "[{namespaceSelector: {matchExpressions: [{key: team, operator: Near}]}}]", "spec.conditions[0].namespaceSelector"},
		"an empty condition admits none":                 {"ClusterSecretStore", "[{}]", "is not allowed"},
		"any part of a condition is enough":              {"ClusterSecretStore", "[{namespaces: [bank], namespaceSelector: {matchLabels: {team: retail}}}]", ""},
		"any condition is enough":                        {"ClusterSecretStore", "[{namespaces: [bank]}, {namespaces: [shop]}]", ""},
		"a SecretStore's conditions have no meaning":     {"SecretStore", "[{namespaces: [bank]}]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := shopStores(t)
			stores := resolve.NewStores(server, server)
			store := &resolve.Store{Kind: tc.kind, Name: "css"}
			require.NoError(t, json.Unmarshal(raw(t, tc.conditions), &store.Spec.Conditions))
			err := stores.Allowed(t.Context(), store, "shop")
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
		})
	}
	selective := &resolve.Store{Kind: "ClusterSecretStore", Name: "css"}
	require.NoError(t, json.Unmarshal(raw(t, "[{namespaceSelector: {matchLabels: {team: retail}}}]"), &selective.Spec.Conditions))
	t.Run("a namespace is read once", func(t *testing.T) {
		server := shopStores(t)
		stores := resolve.NewStores(server, server)
		for range 3 {
			require.NoError(t, stores.Allowed(t.Context(), selective, "shop"))
			require.Error(t, stores.Allowed(t.Context(), selective, "bank"))
		}
		assert.Equal(t, []string{"namespace shop", "namespace bank"}, server.requests)
	})
	t.Run("a namespace that may not be read is not admitted, and asked for once", func(t *testing.T) {
		server := shopStores(t)
		server.fail = refuse(forbidden(), "namespace")
		stores := resolve.NewStores(server, server)
		for range 3 {
			require.ErrorContains(t, stores.Allowed(t.Context(), selective, "shop"), "forbidden")
		}
		assert.Len(t, server.requests, 1)
	})
}

func TestStoresKnown(t *testing.T) {
	shared := api.SecretStoreRef{Name: "absent", Kind: "ClusterSecretStore"}
	stores := resolve.NewStores(shopStores(t), nil)
	assert.False(t, stores.Known(api.SecretStoreRef{Name: "aws"}, "shop"))
	_, err := stores.Get(t.Context(), api.SecretStoreRef{Name: "aws"}, "shop")
	require.NoError(t, err)
	assert.True(t, stores.Known(api.SecretStoreRef{Name: "aws", Kind: "SecretStore"}, "shop"), "it was read by name")
	assert.False(t, stores.Known(api.SecretStoreRef{Name: "aws"}, "bank"))
	assert.False(t, stores.Known(shared, "shop"))
	require.NoError(t, stores.Load(t.Context(), []string{"shop"}))
	assert.True(t, stores.Known(api.SecretStoreRef{Name: "absent"}, "shop"), "the list has it not")
	assert.True(t, stores.Known(shared, "bank"))
	assert.False(t, stores.Known(api.SecretStoreRef{Name: "aws"}, "bank"))
}

func TestStoresKeepTheConditionOfTheirLastValidation(t *testing.T) {
	const store = "{metadata: {namespace: shop, name: aws}, spec: {" + aws + "}, status: "
	for name, tc := range map[string]struct{ status, reason string }{
		"it is ready or not":             {"{conditions: [{type: Other}, {type: Ready, status: 'False', reason: InvalidProviderConfig}]}", "InvalidProviderConfig"},
		"there may be none":              {"{}", ""},
		"one that can't be read is none": {"{conditions: text}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			stores := resolve.NewStores(&objects{byResource: map[string][]json.RawMessage{api.ResourceSecretStores: {raw(t, store+tc.status+"}")}}}, nil)
			got, err := stores.Get(t.Context(), api.SecretStoreRef{Name: "aws"}, "shop")
			require.NoError(t, err, "the store is usable all the same")
			if tc.reason == "" {
				assert.Nil(t, got.Ready)
				return
			}
			assert.Equal(t, tc.reason, got.Ready.Reason)
		})
	}
}
