//go:build openbao

package vault_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/vault"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/providertest"
)

// bao is the provider of spec.provider.openBao.
func bao() vault.Provider { return vault.Provider{OpenBao: true, Backoff: fast.Backoff} }

func TestContractOfOpenBaoVersion2(t *testing.T) {
	v := harness.OpenBao(t)
	b := ofVersion2(t, v)
	b.Provider, b.StrangersProvider = bao(), bao()
	providertest.Run(t, b)
}

func TestContractOfOpenBaoVersion1(t *testing.T) {
	v := harness.OpenBao(t)
	b := ofVersion1(t, v)
	b.Provider, b.StrangersProvider = bao(), bao()
	providertest.Run(t, b)
}

// TestOpenBaosNamespaces reads in a namespace below another one, with logins to each of those above it and to one beside it, and the
// policies that are computed for them.
func TestOpenBaosNamespaces(t *testing.T) {
	v := harness.OpenBao(t)
	for _, namespace := range []string{"org", "org/team", "beside"} {
		parent, name := "", namespace
		if namespace == "org/team" {
			parent, name = "org/", "team"
		}
		v.Do(t, http.MethodPost, parent+"sys/namespaces/"+name, nil)
	}
	v.Do(t, http.MethodPost, "org/team/sys/mounts/secret", map[string]any{"type": "kv", "options": map[string]string{"version": "2"}})
	v.Do(t, http.MethodPost, "org/team/secret/data/db", map[string]any{"data": map[string]string{"a": "b"}})
	keys := keychain{"shop/user/password": "pw"}
	const own = `,"auth":{"userPass":{"username":"me","secretRef":{"name":"user","key":"password"}}}`
	at := func(login string) string {
		return fmt.Sprintf(`,"auth":{"namespace":%q,"userPass":{"username":"me","secretRef":{"name":"user","key":"password"}}}`, login)
	}
	for name, tc := range map[string]struct{ namespace, login, auth string }{
		"of the store":     {"org/team", "org/team/", own},
		"above it":         {"org/team", "org/", at("org")},
		"above all":        {"org/team", "", at("")},
		"with slashes":     {"/org/team/", "org/", at("org/")},
		"beside the store": {"org/team", "beside/", at("beside")},
	} {
		t.Run(name, func(t *testing.T) {
			store := storeOf(v, version2+`,"namespace":"`+tc.namespace+`"`+tc.auth)
			grants, problems, err := vault.Grants([]provider.Wanted{{Provider: "openBao", Store: store, Names: []string{"s"}, Refs: []provider.Ref{{Key: "db"}}}})
			require.NoError(t, err)
			require.Len(t, grants, 1)
			policy, err := json.Marshal(grants[0].Policy)
			require.NoError(t, err)
			if code, _ := v.Ask(t, v.Root(), http.MethodGet, tc.login+"sys/auth/userpass", nil); code >= http.StatusBadRequest {
				v.Do(t, http.MethodPost, tc.login+"sys/auth/userpass", map[string]any{"type": "userpass"})
			}
			v.Do(t, http.MethodPost, tc.login+"auth/userpass/users/me", map[string]any{"password": "pw", "token_policies": "computed"})
			if len(grants[0].Policy.Path) > 0 {
				v.Do(t, http.MethodPost, tc.login+"sys/policies/acl/computed", map[string]any{"policy": string(policy)})
			}
			location, err := bao().Locate(store)
			require.NoError(t, err)
			reader, err := bao().Open(t.Context(), store, noMore{keychain: keys})
			require.NoError(t, err)
			answer := read(t, location, reader, api.RemoteRef{Key: "db"})
			if name == "beside the store" {
				assert.NotEmpty(t, problems)
				assert.Equal(t, provider.Denied, provider.KindOf(answer.Err), answer.Err)
				return
			}
			assert.Empty(t, problems)
			require.NoError(t, answer.Err)
			assert.JSONEq(t, `{"a":"b"}`, string(answer.Value.Reveal()))
			require.NoError(t, reader.(provider.Closer).Close(t.Context()), "the token is given back in the namespace of the store")
		})
	}
}
