package azurekv_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func namesOf(found []provider.Found) []string {
	var names []string
	for _, f := range found {
		names = append(names, f.Key)
	}
	return names
}

func TestFind(t *testing.T) {
	a := started(t)
	for i := range 30 {
		a.Put(t, harness.AzureSecret{Name: fmt.Sprintf("app-%02d", i), Value: "v", Tags: map[string]string{"even": fmt.Sprint(i%2 == 0), "team": "shop"}, Disabled: i == 4})
	}
	a.Put(t, harness.AzureSecret{Name: "gone", Value: "v", Deleted: "yes"})
	_, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	finder := reader.(provider.Finder)
	for name, tc := range map[string]struct {
		find  api.Find
		want  []string
		count int
	}{
		"everything but what is disabled or deleted": {find: api.Find{}, count: 29},
		"by name, in order":                          {find: api.Find{Name: &api.FindName{RegExp: "^app-0[13579]$"}}, want: []string{"app-01", "app-03", "app-05", "app-07", "app-09"}},
		"by part of a name":                          {find: api.Find{Name: &api.FindName{RegExp: "p-2"}}, count: 10},
		"by tags":                                    {find: api.Find{Tags: map[string]string{"even": "true", "team": "shop"}}, count: 14},
		"by both":                                    {find: api.Find{Name: &api.FindName{RegExp: "-1"}, Tags: map[string]string{"even": "false"}}, count: 5},
		"by a tag of another value":                  {find: api.Find{Tags: map[string]string{"team": "post"}}},
	} {
		t.Run(name, func(t *testing.T) {
			a.Requests(t)
			found, err := finder.Find(t.Context(), &tc.find)
			require.NoError(t, err)
			if tc.want != nil {
				assert.Equal(t, tc.want, namesOf(found))
			} else {
				assert.Len(t, found, tc.count)
			}
			assert.Equal(t, []string{"GET shop.vault.azure.net/secrets", "GET shop.vault.azure.net/secrets"}, a.Requests(t), "two pages, and no value")
		})
	}
	for name, tc := range map[string]struct {
		find api.Find
		want string
		kind provider.Kind
	}{
		"a pattern that is none": {api.Find{Name: &api.FindName{RegExp: "("}}, "find.name.regexp can't be read", provider.Invalid},
		"a folder":               {api.Find{Path: pointer("app")}, "a key vault has no folders", provider.Unsupported},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			a.Requests(t)
			_, err := finder.Find(t.Context(), &tc.find)
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, tc.kind, provider.KindOf(err))
			assert.Empty(t, a.Requests(t))
		})
	}
}

func TestASearchThatMayNotBe(t *testing.T) {
	a := harness.Azure(t)
	a.App(t, harness.AzureApp{ClientID: clientID, Secret: password, Roles: map[string][]string{"shop/secrets/db": {"Key Vault Secrets User"}}})
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	location, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
	_, err := reader.(provider.Finder).Find(t.Context(), &api.Find{})
	require.ErrorContains(t, err, `find needs role "Key Vault Secrets User" on the key vault`)
	assert.Equal(t, provider.Denied, provider.KindOf(err))
}

func TestAListThatDoesNotEnd(t *testing.T) {
	a := started(t)
	a.Settle(t, harness.AzureSettings{PageSize: 1})
	for _, name := range []string{"one", "three", "two"} {
		a.Put(t, harness.AzureSecret{Name: name, Value: "v"})
	}
	_, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	a.Astray(t, "https://shop.vault.azure.net/secrets?api-version=2026-04-01&$skiptoken=1&maxresults=1")
	_, err := reader.(provider.Finder).Find(t.Context(), &api.Find{})
	require.ErrorContains(t, err, "the same page of a list again and again")
	assert.Equal(t, provider.Unavailable, provider.KindOf(err))
	assert.Equal(t, 3, reader.Stats().Requests["KeyVault.GetSecrets"])
}

func TestAListDoesNotLeadTheTokenAstray(t *testing.T) {
	a := started(t)
	a.Settle(t, harness.AzureSettings{PageSize: 1})
	a.Put(t, harness.AzureSecret{Name: "one", Value: "v"})
	a.Put(t, harness.AzureSecret{Name: "two", Value: "v"})
	_, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	for _, to := range []string{"https://evil.vault.azure.net/secrets?x=1", "http://shop.vault.azure.net/secrets?x=1", "https://login.corp.example/secrets"} {
		a.Astray(t, to)
		a.Requests(t)
		_, err := reader.(provider.Finder).Find(t.Context(), &api.Find{})
		require.ErrorContains(t, err, "the answer leads to another host than the key vault's")
		assert.Equal(t, provider.Unavailable, provider.KindOf(err))
		assert.Equal(t, []string{"GET shop.vault.azure.net/secrets"}, a.Requests(t))
	}
}

func pointer[T any](value T) *T { return &value }
