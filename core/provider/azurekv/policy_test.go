package azurekv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/azurekv"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// wantedOf is what is read of a store.
func wantedOf(name, rest string, keys []string, finds ...*api.Find) provider.Wanted {
	var refs []provider.Ref
	for _, key := range keys {
		refs = append(refs, provider.Ref{Key: key})
	}
	return provider.Wanted{Provider: "azurekv", Names: []string{name}, Store: storeOf(rest), Refs: refs, Finds: finds}
}

func TestGrants(t *testing.T) {
	const users, reader = "Key Vault Secrets User", "Key Vault Reader"
	for name, tc := range map[string]struct {
		keys   []string
		finds  []*api.Find
		want   []azurekv.Assignment
		policy azurekv.AccessPolicy
	}{
		"secrets, each by itself": {[]string{"b", "a", "a"}, nil, []azurekv.Assignment{{Role: users, Below: "/secrets/a"}, {Role: users, Below: "/secrets/b"}}, azurekv.AccessPolicy{Secrets: []string{"get"}}},
		"a key":                   {[]string{"key/a"}, nil, []azurekv.Assignment{{Role: reader, Below: "/keys/a"}}, azurekv.AccessPolicy{Keys: []string{"get"}}},
		"a certificate":           {[]string{"cert/a"}, nil, []azurekv.Assignment{{Role: reader, Below: "/certificates/a"}}, azurekv.AccessPolicy{Certificates: []string{"get"}}},
		"a search, which may come upon anything": {[]string{"a", "key/a"}, []*api.Find{{}}, []azurekv.Assignment{{Role: users}, {Role: reader, Below: "/keys/a"}},
			azurekv.AccessPolicy{Secrets: []string{"get", "list"}, Keys: []string{"get"}}},
		"what is refused before it is asked for": {[]string{"a/b", "../c"}, []*api.Find{{Path: pointer("x")}}, []azurekv.Assignment{}, azurekv.AccessPolicy{}},
	} {
		t.Run(name, func(t *testing.T) {
			grants, err := azurekv.Grants([]provider.Wanted{wantedOf("store", bySecret, tc.keys, tc.finds...)})
			require.NoError(t, err)
			require.Len(t, grants, 1)
			assert.Equal(t, tc.want, grants[0].Assignments)
			assert.Equal(t, tc.policy, grants[0].AccessPolicy)
			assert.Equal(t, harness.AzureVaultURL, grants[0].KeyVault)
			assert.Equal(t, "application with the client secret in Secret login, of namespace shop", grants[0].As)
		})
	}
	t.Run("stores of one identity and key vault are one", func(t *testing.T) {
		grants, err := azurekv.Grants([]provider.Wanted{
			wantedOf("one", bySecret, []string{"a"}), wantedOf("two", `"useAzureSDK":true,`+bySecret, []string{"b"}), wantedOf("three", `"authType":"ManagedIdentity"`, []string{"a"}),
		})
		require.NoError(t, err)
		require.Len(t, grants, 2)
		assert.Equal(t, []string{"one", "two"}, grants[0].Stores)
		assert.Equal(t, "managed identity of the machine", grants[1].As)
	})
}

// What is granted is what reading takes: with each of it everything is read, and without any one of it something is not.
func TestTheLeastRolesSuffice(t *testing.T) {
	a := harness.Azure(t)
	_, certificate := selfSigned(t)
	a.Import(t, "tls", string(certificate))
	a.Key(t, "sign", "EC")
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	a.Put(t, harness.AzureSecret{Name: "other", Value: "v"})
	keys := []string{"db", "key/sign", "cert/tls"}
	for name, finds := range map[string][]*api.Find{"by name": nil, "and a search": {{}}} {
		t.Run(name, func(t *testing.T) {
			grants, err := azurekv.Grants([]provider.Wanted{wantedOf("store", bySecret, keys, finds...)})
			require.NoError(t, err)
			refused := func(assignments []azurekv.Assignment) (kinds []provider.Kind) {
				roles := map[string][]string{}
				for _, assigned := range assignments {
					roles[harness.AzureVault+assigned.Below] = append(roles[harness.AzureVault+assigned.Below], assigned.Role)
				}
				a.App(t, harness.AzureApp{ClientID: clientID, Secret: password, Roles: roles})
				location, r := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
				for _, key := range keys {
					if err := read(t, location, r, api.RemoteRef{Key: key}).Err; err != nil {
						kinds = append(kinds, provider.KindOf(err))
					}
				}
				for _, find := range finds {
					if _, err := r.(provider.Finder).Find(t.Context(), find); err != nil {
						kinds = append(kinds, provider.KindOf(err))
					}
				}
				return kinds
			}
			all := grants[0].Assignments
			assert.Empty(t, refused(all))
			for i := range all {
				less := append(append([]azurekv.Assignment(nil), all[:i]...), all[i+1:]...)
				for _, kind := range refused(less) {
					assert.Equal(t, provider.Denied, kind)
				}
				assert.NotEmpty(t, refused(less), "nothing needs %v", all[i])
			}
			if finds == nil {
				location, r := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
				assert.Error(t, read(t, location, r, api.RemoteRef{Key: "other"}).Err)
			}
		})
	}
}
