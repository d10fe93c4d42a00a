package resolve_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	awsprovider "github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/aws"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/fake"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

// readers makes a planner of stores of the namespace shop: aws, which puts prod/ before its keys, fake, and the ClusterSecretStore
// aws, which puts nothing there.
func readers(t *testing.T) *resolve.Planner {
	t.Helper()
	server := &objects{byResource: map[string][]json.RawMessage{
		api.ResourceSecretStores: {
			raw(t, "{metadata: {namespace: shop, name: aws}, spec: {provider: {aws: {service: SecretsManager, region: us-east-1, prefix: prod/}}}}"),
			raw(t, "{metadata: {namespace: shop, name: fake}, spec: {provider: {fake: {data: []}}}}"),
			raw(t, "{metadata: {namespace: shop, name: unknown}, spec: {provider: {moon: {}}}}"),
		},
		api.ResourceClusterSecretStores: {
			raw(t, "{metadata: {name: aws}, spec: {provider: {aws: {service: SecretsManager, region: us-east-1}}}}"),
		},
	}}
	return &resolve.Planner{
		Stores:    resolve.NewStores(server, server),
		Providers: provider.Registry{"aws": awsprovider.Provider{Getenv: os.Getenv}, "fake": fake.Provider{}},
	}
}

func TestNarrow(t *testing.T) {
	key := func(key string) resolve.Reading { return resolve.Reading{Key: key} }
	store := func(kind, name, key string) resolve.Reading {
		return resolve.Reading{Store: api.SecretStoreRef{Kind: kind, Name: name}, Key: key}
	}
	const (
		yes  = "kept"
		no   = "left out"
		told = "kept, and told"
	)
	for name, test := range map[string]struct {
		spec string
		want resolve.Reading
		kept string
	}{
		"a key as it is written":                              {"secretStoreRef: {name: aws}, data: [{secretKey: a, remoteRef: {key: db}}]", key("db"), yes},
		"a key as its provider knows it":                      {"secretStoreRef: {name: aws}, data: [{secretKey: a, remoteRef: {key: db}}]", key("prod/db"), yes},
		"a key that begins alike":                             {"secretStoreRef: {name: aws}, data: [{secretKey: a, remoteRef: {key: db2}}]", key("db"), no},
		"a key of an extract":                                 {"secretStoreRef: {name: aws}, dataFrom: [{extract: {key: db}}]", key("prod/db"), yes},
		"the second of several":                               {"secretStoreRef: {name: aws}, data: [{secretKey: a, remoteRef: {key: x}}, {secretKey: b, remoteRef: {key: db, version: '1', property: p}}]", key("db"), yes},
		"a key in a store that is not there":                  {"secretStoreRef: {name: gone}, data: [{secretKey: a, remoteRef: {key: db}}]", key("db"), yes},
		"a key in a store of nobody's":                        {"secretStoreRef: {name: unknown}, data: [{secretKey: a, remoteRef: {key: db}}]", key("db"), yes},
		"another store's prefix":                              {"secretStoreRef: {kind: ClusterSecretStore, name: aws}, data: [{secretKey: a, remoteRef: {key: db}}]", key("prod/db"), no},
		"a search by name":                                    {"secretStoreRef: {name: aws}, dataFrom: [{find: {name: {regexp: '^prod/'}}}]", key("prod/db"), yes},
		"a search by name, and a key without the prefix":      {"secretStoreRef: {name: aws}, dataFrom: [{find: {name: {regexp: '^prod/'}}}]", key("db"), yes},
		"a search by another name":                            {"secretStoreRef: {name: aws}, dataFrom: [{find: {name: {regexp: '^test/'}}}]", key("prod/db"), no},
		"a search below a path":                               {"secretStoreRef: {name: aws}, dataFrom: [{find: {path: prod/}}]", key("prod/db"), yes},
		"a search below another path":                         {"secretStoreRef: {name: aws}, dataFrom: [{find: {path: test/}}]", key("prod/db"), no},
		"a search below a path that its provider ignores":     {"secretStoreRef: {name: fake}, dataFrom: [{find: {path: test/, name: {regexp: db}}}]", key("prod/db"), yes},
		"a search by tags":                                    {"secretStoreRef: {name: aws}, dataFrom: [{find: {tags: {team: a}}}]", key("prod/db"), told},
		"a search by tags and another name":                   {"secretStoreRef: {name: aws}, dataFrom: [{find: {tags: {team: a}, name: {regexp: x}}}]", key("prod/db"), no},
		"a search by tags beside the key itself":              {"secretStoreRef: {name: aws}, dataFrom: [{find: {tags: {team: a}}}, {extract: {key: db}}]", key("db"), yes},
		"a search in a store of nobody's":                     {"secretStoreRef: {name: unknown}, dataFrom: [{find: {name: {regexp: x}}}]", key("db"), yes},
		"a search, which goes before extract":                 {"secretStoreRef: {name: aws}, dataFrom: [{extract: {key: db}, find: {name: {regexp: x}}}]", key("db"), no},
		"a generator reads nothing":                           {"dataFrom: [{sourceRef: {generatorRef: {kind: UUID, name: db}}}]", key("db"), no},
		"the store of the whole":                              {"secretStoreRef: {name: aws}, data: [{secretKey: a, remoteRef: {key: db}}]", store("SecretStore", "aws", ""), yes},
		"the store of the whole, with its kind":               {"secretStoreRef: {kind: SecretStore, name: aws}", store("SecretStore", "aws", ""), yes},
		"the store of the whole, of another kind":             {"secretStoreRef: {kind: ClusterSecretStore, name: aws}", store("SecretStore", "aws", ""), no},
		"a ClusterSecretStore":                                {"secretStoreRef: {kind: ClusterSecretStore, name: aws}", store("ClusterSecretStore", "aws", ""), yes},
		"the store of an entry":                               {"secretStoreRef: {name: fake}, data: [{secretKey: a, remoteRef: {key: db}, sourceRef: {storeRef: {name: aws}}}]", store("SecretStore", "aws", ""), yes},
		"the store of an entry of dataFrom":                   {"dataFrom: [{extract: {key: db}, sourceRef: {storeRef: {name: aws}}}]", store("SecretStore", "aws", ""), yes},
		"another store":                                       {"secretStoreRef: {name: fake}", store("SecretStore", "aws", ""), no},
		"a key of a store":                                    {"secretStoreRef: {name: aws}, data: [{secretKey: a, remoteRef: {key: db}}]", store("SecretStore", "aws", "prod/db"), yes},
		"a key of one store, and something else of the other": {"secretStoreRef: {name: aws}, data: [{secretKey: a, remoteRef: {key: x}}, {secretKey: b, remoteRef: {key: db}, sourceRef: {storeRef: {name: fake}}}]", store("SecretStore", "aws", "db"), no},
		"nothing in particular":                               {"secretStoreRef: {name: fake}", resolve.Reading{}, yes},
	} {
		t.Run(name, func(t *testing.T) {
			es := externalSecret(t, "{metadata: {namespace: shop, name: es}, spec: {"+test.spec+"}}")
			item := resolve.Item{NamespacedName: types.NamespacedName{Namespace: "shop", Name: "es"}, ES: es}
			kept, notes := readers(t).Narrow(t.Context(), []resolve.Item{item}, test.want)
			got := map[[2]int]string{{1, 0}: yes, {0, 0}: no, {1, 1}: told}[[2]int{len(kept), len(notes)}]
			assert.Equal(t, test.kept, got, "%v", notes)
		})
	}
}

func TestWhatCanNotBeDecodedIsLeftOutAndTold(t *testing.T) {
	broken := resolve.Item{NamespacedName: types.NamespacedName{Namespace: "shop", Name: "broken"}, Err: assert.AnError}
	kept, notes := readers(t).Narrow(t.Context(), []resolve.Item{broken}, resolve.Reading{Key: "db"})
	assert.Empty(t, kept)
	assert.Equal(t, []string{"1 of the ExternalSecrets can't be decoded, and what they read is not known: status shows why"}, notes)
	kept, notes = readers(t).Narrow(t.Context(), []resolve.Item{broken}, resolve.Reading{})
	assert.Len(t, kept, 1)
	assert.Empty(t, notes)
}

func TestRemoteKeys(t *testing.T) {
	es := externalSecret(t, `{spec: {data: [{secretKey: a, remoteRef: {key: one}}], dataFrom: [{extract: {key: two}}, {find: {name: {regexp: x}}}]}}`)
	assert.Equal(t, []string{"one", "two"}, resolve.RemoteKeys(es))
	assert.Empty(t, resolve.RemoteKeys(nil))
}

func TestAScopeThatIsNarrowedIsNotTheWhole(t *testing.T) {
	assert.True(t, resolve.Scope{}.Whole())
	assert.False(t, resolve.Scope{Reading: resolve.Reading{Key: "db"}}.Whole(), "ClusterExternalSecrets are not fanned out for it")
}
