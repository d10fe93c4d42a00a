package resolve_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

// place is a provider whose stores are the same where their specs are, unless the spec says bad; it can't open any.
type place struct{}

func (place) Locate(store provider.Store) (provider.Location, error) {
	if string(store.Spec) == `"bad"` {
		return provider.Location{}, errors.New("the spec is bad")
	}
	return provider.Location{Identity: string(store.Spec), Ref: func(remote *api.RemoteRef) provider.Ref {
		return provider.Ref{Key: remote.Key, Version: remote.Version}
	}}, nil
}

func (place) Open(_ context.Context, store provider.Store, _ provider.Credentials) (provider.Reader, error) {
	return nil, errors.New("no way into " + string(store.Spec))
}

func plannerOf(t *testing.T) *resolve.Planner {
	t.Helper()
	server := &objects{byResource: map[string][]json.RawMessage{}}
	for kind, texts := range map[string][]string{
		api.ResourceSecretStores: {
			"{metadata: {namespace: shop, name: one}, spec: {provider: {place: x}}}",
			"{metadata: {namespace: shop, name: two}, spec: {refreshInterval: 300, provider: {place: x}}}",
			"{metadata: {namespace: shop, name: other}, spec: {provider: {place: y}}}",
			"{metadata: {namespace: shop, name: moon}, spec: {provider: {moon: x}}}",
			"{metadata: {namespace: shop, name: elsewhere}, spec: {provider: {mars: x}}}",
			"{metadata: {namespace: shop, name: bad}, spec: {provider: {place: bad}}}",
			"{metadata: {namespace: shop, name: hourly}, spec: {refreshInterval: 1d, provider: {place: x}}}",
			"{metadata: {namespace: shop, name: negative}, spec: {refreshInterval: -1, provider: {place: x}}}",
			"{metadata: {namespace: shop, name: foreign}, spec: {controller: eso, provider: {place: x}}}",
			"{metadata: {namespace: shop, name: ours}, spec: {controller: ours, provider: {place: x}}}",
			"{metadata: {namespace: bank, name: one}, spec: {provider: {place: x}}}",
		},
		api.ResourceClusterSecretStores: {
			"{metadata: {name: one}, spec: {provider: {place: x}}}",
			"{metadata: {name: bankonly}, spec: {conditions: [{namespaces: [bank]}], provider: {place: x}}}",
			"{metadata: {name: foreign}, spec: {controller: eso, conditions: [{namespaces: [bank]}], provider: {place: x}}}",
		},
	} {
		for _, text := range texts {
			server.byResource[kind] = append(server.byResource[kind], raw(t, text))
		}
	}
	return &resolve.Planner{
		Stores: resolve.NewStores(server, server), Generators: resolve.NewGenerators(server),
		Providers: provider.Registry{"place": place{}, "moon": place{}}, Class: "ours",
	}
}

func inShop(t *testing.T, spec string) *api.ExternalSecret {
	t.Helper()
	return externalSecret(t, "{metadata: {namespace: shop, name: es}, spec: "+spec+"}")
}

func TestPlan(t *testing.T) {
	t.Run("reads dataFrom before data, so that data wins", func(t *testing.T) {
		p := plannerOf(t)
		reads, err := p.Plan(t.Context(), inShop(t, `{secretStoreRef: {name: one}, data: [{secretKey: a, remoteRef: {key: k1, version: v}}, {secretKey: b, remoteRef: {key: k2, property: p}}],
			dataFrom: [{extract: {key: k3}}, {extract: {key: k4}}]}`))
		require.NoError(t, err)
		var paths, keys []string
		var refs []provider.Ref
		for _, read := range reads {
			paths, keys, refs = append(paths, read.Path), append(keys, read.SecretKey), append(refs, read.Ref)
			assert.Equal(t, `SecretStore "one" in namespace "shop"`, read.Store)
			assert.Equal(t, read.Ref.Key, read.Remote.Key)
		}
		assert.Equal(t, []string{"spec.dataFrom[0]", "spec.dataFrom[1]", "spec.data[0]", "spec.data[1]"}, paths)
		assert.Equal(t, []string{"", "", "a", "b"}, keys)
		assert.Equal(t, []provider.Ref{{Key: "k3"}, {Key: "k4"}, {Key: "k1", Version: "v"}, {Key: "k2"}}, refs)
	})
	for name, tc := range map[string]struct {
		first, second string
		shared        bool
	}{
		"two stores of equal specs share reads":                          {"{name: one}", "{name: two}", true},
		"a store and a cluster store of equal specs share reads":         {"{name: one}", "{name: one, kind: ClusterSecretStore}", true},
		"a store that names our class shares with one that does not":     {"{name: one}", "{name: ours}", true},
		"stores of other specs do not":                                   {"{name: one}", "{name: other}", false},
		"stores of other providers do not, though their specs are equal": {"{name: one}", "{name: moon}", false},
	} {
		t.Run(name, func(t *testing.T) {
			reads, err := plannerOf(t).Plan(t.Context(), inShop(t, `{data: [{secretKey: a, remoteRef: {key: k}, sourceRef: {storeRef: `+tc.first+`}},
				{secretKey: b, remoteRef: {key: k}, sourceRef: {storeRef: `+tc.second+`}}]}`))
			require.NoError(t, err)
			assert.Equal(t, tc.shared, reads[0].Identity == reads[1].Identity)
		})
	}
	t.Run("the store of an entry wins over that of the spec", func(t *testing.T) {
		reads, err := plannerOf(t).Plan(t.Context(), inShop(t, `{secretStoreRef: {name: missing}, dataFrom: [{extract: {key: k}, sourceRef: {storeRef: {name: other}}}]}`))
		require.NoError(t, err)
		assert.Equal(t, `SecretStore "other" in namespace "shop"`, reads[0].Store)
	})
}

func TestPlanFails(t *testing.T) {
	for name, tc := range map[string]struct{ spec, want string }{
		"no store at all":                       {`{data: [{secretKey: a, remoteRef: {key: k}}]}`, "spec.secretStoreRef.name is missing: spec.data[0] has no store"},
		"a store of an entry without a name":    {`{secretStoreRef: {name: one}, dataFrom: [{extract: {key: k}, sourceRef: {storeRef: {kind: SecretStore}}}]}`, "spec.dataFrom[0].sourceRef.storeRef.name is missing"},
		"a store that does not exist":           {`{secretStoreRef: {name: nope}, data: [{secretKey: a, remoteRef: {key: k}}]}`, `spec.secretStoreRef: could not get SecretStore "nope" in namespace "shop"`},
		"an entry's store that does not exist":  {`{secretStoreRef: {name: one}, data: [{secretKey: a, remoteRef: {key: k}, sourceRef: {storeRef: {name: nope}}}]}`, `spec.data[0].sourceRef.storeRef: could not get SecretStore "nope"`},
		"a store that does not admit us":        {`{secretStoreRef: {name: bankonly, kind: ClusterSecretStore}, data: [{secretKey: a, remoteRef: {key: k}}]}`, `spec.secretStoreRef: using ClusterSecretStore "bankonly" is not allowed from namespace "shop"`},
		"a provider that is not served":         {`{secretStoreRef: {name: elsewhere}, data: [{secretKey: a, remoteRef: {key: k}}]}`, `SecretStore "elsewhere" uses provider "mars", which is not supported`},
		"a spec that its provider refuses":      {`{secretStoreRef: {name: bad}, data: [{secretKey: a, remoteRef: {key: k}}]}`, `spec.secretStoreRef: SecretStore "bad": the spec is bad`},
		"a store whose interval is no duration": {`{secretStoreRef: {name: hourly}, data: [{secretKey: a, remoteRef: {key: k}}]}`, `spec.secretStoreRef: SecretStore "hourly": spec.refreshInterval "1d" is neither a number of seconds nor a duration such as 5m`},
		"a store whose interval is negative":    {`{secretStoreRef: {name: negative}, data: [{secretKey: a, remoteRef: {key: k}}]}`, `SecretStore "negative": spec.refreshInterval "-1" is neither`},
		"a rule that is broken":                 {`{secretStoreRef: {name: one}}`, "neither data nor dataFrom"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := plannerOf(t).Plan(t.Context(), inShop(t, tc.spec))
			require.ErrorContains(t, err, tc.want)
			var other *resolve.OtherClassError
			assert.NotErrorAs(t, err, &other)
		})
	}
}

func TestForeign(t *testing.T) {
	for name, tc := range map[string]struct {
		spec    string
		foreign bool
	}{
		"a store of another class":                               {`{secretStoreRef: {name: foreign}, data: [{secretKey: a, remoteRef: {key: k}}]}`, true},
		"a store of another class that does not admit us either": {`{secretStoreRef: {name: foreign, kind: ClusterSecretStore}, data: [{secretKey: a, remoteRef: {key: k}}]}`, true},
		"one entry's store of another class":                     {`{secretStoreRef: {name: one}, data: [{secretKey: a, remoteRef: {key: k}}, {secretKey: b, remoteRef: {key: k}, sourceRef: {storeRef: {name: foreign}}}]}`, true},
		"an extract's store of another class":                    {`{secretStoreRef: {name: one}, dataFrom: [{extract: {key: k}, sourceRef: {storeRef: {name: foreign}}}]}`, true},
		"a store that is missing beside one of another class":    {`{secretStoreRef: {name: nope}, data: [{secretKey: b, remoteRef: {key: k}, sourceRef: {storeRef: {name: foreign}}}]}`, true},
		"a broken rule beside a store of another class":          {`{secretStoreRef: {name: foreign}}`, true},
		"a store of our class":                                   {`{secretStoreRef: {name: ours}, data: [{secretKey: a, remoteRef: {key: k}}]}`, false},
		"a store of no class":                                    {`{secretStoreRef: {name: one}, data: [{secretKey: a, remoteRef: {key: k}}]}`, false},
		"a store that is missing":                                {`{secretStoreRef: {name: nope}, data: [{secretKey: a, remoteRef: {key: k}}]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := plannerOf(t)
			es := inShop(t, tc.spec)
			other := p.Foreign(t.Context(), es)
			assert.Equal(t, tc.foreign, other != nil)
			_, err := p.Plan(t.Context(), es)
			var planned *resolve.OtherClassError
			assert.Equal(t, tc.foreign, errors.As(err, &planned))
			if tc.foreign {
				require.ErrorContains(t, err, `SecretStore "foreign" is of class "eso", which is not served here ("ours" is)`)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	t.Run("names no store, since others may share the answer", func(t *testing.T) {
		p := plannerOf(t)
		reads, err := p.Plan(t.Context(), inShop(t, `{secretStoreRef: {name: one}, data: [{secretKey: a, remoteRef: {key: k}}]}`))
		require.NoError(t, err)
		_, err = p.Open(t.Context(), reads[0].Identity)
		var open *resolve.OpenError
		require.ErrorAs(t, err, &open)
		require.EqualError(t, open.Cause, `no way into "x"`)
		assert.NotContains(t, err.Error(), "shop")
		assert.Equal(t, `SecretStore "one" in namespace "shop"`, p.StoreOf(reads[0].Identity))
	})
}
