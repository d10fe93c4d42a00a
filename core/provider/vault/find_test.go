package vault_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestFind(t *testing.T) {
	v := harness.Vault(t)
	for _, name := range []string{"top", "app/db", "app/deep/er/mail", "other/db"} {
		v.Put(t, name, map[string]any{"name": name})
		v.Do(t, http.MethodPut, "kv/"+name, map[string]any{"name": name})
	}
	v.Put(t, "app/gone", map[string]any{"a": "b"})
	v.Do(t, http.MethodDelete, "secret/data/app/gone", nil)
	v.Note(t, "app/db", map[string]string{"team": "shop", "env": "live"})
	v.Note(t, "other/db", map[string]string{"team": "shop"})
	for name, tc := range map[string]struct {
		store string
		find  api.Find
		want  []string
		asks  map[string]int
	}{
		"by name, in all folders":     {version2, api.Find{Name: &api.FindName{RegExp: "db$"}}, []string{"app/db", "other/db"}, map[string]int{"Vault.ListKeys": 5, "Vault.ReadSecret": 2}},
		"by name, below a path":       {version2, api.Find{Name: &api.FindName{RegExp: "."}, Path: pointer("app")}, []string{"app/db", "app/deep/er/mail"}, map[string]int{"Vault.ListKeys": 3, "Vault.ReadSecret": 3}},
		"all below a path":            {version2, api.Find{Path: pointer("/app/deep/")}, []string{"app/deep/er/mail"}, map[string]int{"Vault.ListKeys": 2, "Vault.ReadSecret": 1}},
		"by tags":                     {version2, api.Find{Tags: map[string]string{"team": "shop"}}, []string{"app/db", "other/db"}, map[string]int{"Vault.ListKeys": 5, "Vault.ReadMetadata": 5, "Vault.ReadSecret": 2}},
		"by all of the tags and name": {version2, api.Find{Tags: map[string]string{"team": "shop", "env": "live"}, Name: &api.FindName{RegExp: "db"}}, []string{"app/db"}, map[string]int{"Vault.ListKeys": 5, "Vault.ReadMetadata": 2, "Vault.ReadSecret": 1}},
		"nothing, without an error":   {version2, api.Find{Path: pointer("none")}, nil, map[string]int{"Vault.ListKeys": 1}},
		"by name in version 1":        {version1, api.Find{Name: &api.FindName{RegExp: "^app/"}}, []string{"app/db", "app/deep/er/mail"}, map[string]int{"Vault.ListKeys": 5, "Vault.ReadSecret": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			location, reader := open(t, v, v.Root(), tc.store)
			found, err := reader.(provider.Finder).Find(t.Context(), &tc.find)
			require.NoError(t, err)
			var names []string
			for _, f := range found {
				names = append(names, f.Key)
				assert.Equal(t, location.Ref(&api.RemoteRef{Key: f.Key}), f.Ref, "it is read together with what others name")
				assert.True(t, location.Finds(&tc.find, f.Ref.Key))
			}
			assert.Equal(t, tc.want, names)
			assert.Equal(t, tc.asks, reader.Stats().Requests)
			for _, f := range found {
				answer := read(t, location, reader, api.RemoteRef{Key: f.Key})
				require.NoError(t, answer.Err)
				assert.Equal(t, `{"name":"`+f.Key+`"}`, string(answer.Value.Reveal()))
			}
			assert.Equal(t, tc.asks, reader.Stats().Requests, "what a search has read is not asked for again")
		})
	}
	for name, tc := range map[string]struct {
		store string
		find  api.Find
		kind  provider.Kind
		want  string
	}{
		"a name that does not parse": {version2, api.Find{Name: &api.FindName{RegExp: "("}}, provider.Invalid, "find.name.regexp"},
		"a path that leaves":         {version2, api.Find{Path: pointer("../sys")}, provider.Invalid, "find.path"},
		"tags in version 1":          {version1, api.Find{Tags: map[string]string{"a": "b"}}, provider.Unsupported, "version 2"},
		"a store without a mount":    {`"version":"v2"`, api.Find{Path: pointer("app")}, provider.Invalid, "spec.provider.vault.path"},
		"a mount that is not there":  {`"path":"none"`, api.Find{Path: pointer("app")}, provider.Invalid, "check the path and version"},
	} {
		t.Run("by "+name+" fails", func(t *testing.T) {
			_, reader := open(t, v, v.Root(), tc.store)
			_, err := reader.(provider.Finder).Find(t.Context(), &tc.find)
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, tc.kind, provider.KindOf(err))
		})
	}
}

// A stand-in, or a proxy that knows one answer, has folders in folders without an end.
func TestASearchEndsWhereFoldersDoNot(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data":{"keys":["a/"]}}`))
	}))
	t.Cleanup(server.Close)
	store := provider.Store{
		Kind: api.KindSecretStore, Namespace: "shop", Name: "vault", Consumer: "shop", Spec: json.RawMessage(`{"server":"` + server.URL + `",` + version2 + `}`),
	}
	reader, err := fast.Open(t.Context(), store, noMore{})
	require.NoError(t, err)
	_, err = reader.(provider.Finder).Find(t.Context(), &api.Find{Name: &api.FindName{RegExp: "."}})
	require.ErrorContains(t, err, "more than 100 folders deep")
	assert.Equal(t, provider.Unavailable, provider.KindOf(err), "it is no absence")
	assert.LessOrEqual(t, reader.Stats().Requests["Vault.ListKeys"], 101)
}
