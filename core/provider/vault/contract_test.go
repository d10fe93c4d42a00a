package vault_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/vault"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/providertest"
)

// backend is what the versions of the engine have in common. data is where values are.
func backend(t *testing.T, v *harness.VaultServer, spec, data, rules string) providertest.Backend {
	t.Helper()
	v.Enable(t, "approle")
	v.Policy(t, "suite", rules)
	role, id := v.AppRole(t, "suite", "suite")
	store := storeOf(v, spec+`,"auth":{"appRole":{"roleId":"`+role+`","secretRef":{"name":"login","key":"id"}}}`)
	refuse := func(times int, header map[string]string) {
		v.ClearFaults()
		v.Fault(harness.Fault{Path: data, Status: http.StatusTooManyRequests, Body: `{"errors":["rate limit quota exceeded"]}`, Times: times, Header: header})
	}
	return providertest.Backend{
		Provider: fast, StrangersProvider: fast, Store: store,
		Credentials: noMore{keychain: keychain{"shop/login/id": id}}, Strangers: noMore{keychain: keychain{"shop/login/id": "wrong"}},
		Deny: func(t *testing.T, name string) {
			t.Helper()
			v.Policy(t, "suite", rules+` path "`+data+name+`" { capabilities = ["deny"] }`)
		},
		Refuse:    func(_ *testing.T, times int) { refuse(times, nil) },
		RefuseFor: func(*testing.T) { refuse(1, map[string]string{"Retry-After": "1"}) },
		Patient: func() (provider.Provider, provider.Store) {
			return vault.Provider{Backoff: 200 * time.Millisecond}, store
		},
		Requests: func(*testing.T) int { return len(v.Requests()) },
		Slow:     func(_ *testing.T, delay time.Duration) { v.Delay(delay) },
		Most:     func(*testing.T) int { return v.Most() },
		Batch:    1, Login: 2,
	}
}

func texts(t *testing.T, value string) map[string]any {
	t.Helper()
	var data map[string]any
	require.NoError(t, json.Unmarshal([]byte(value), &data))
	return data
}

func TestContractOfVersion2(t *testing.T) { providertest.Run(t, ofVersion2(t, harness.Vault(t))) }

func ofVersion2(t *testing.T, v *harness.VaultServer) providertest.Backend {
	t.Helper()
	b := backend(t, v, version2, "secret/data/", `path "secret/*" { capabilities = ["read", "list"] }`)
	b.Older = "1"
	b.Put = func(t *testing.T, name, value string, tags map[string]string) {
		t.Helper()
		v.Put(t, name, texts(t, value))
		v.Note(t, name, tags)
	}
	return b
}

func TestContractOfVersion1(t *testing.T) { providertest.Run(t, ofVersion1(t, harness.Vault(t))) }

func ofVersion1(t *testing.T, v *harness.VaultServer) providertest.Backend {
	t.Helper()
	b := backend(t, v, `"path":"kv","version":"v1"`, "kv/", `path "kv/*" { capabilities = ["read", "list"] }`)
	b.Lacks = providertest.Lacks{Version: true, Metadata: true, Tags: true}
	b.Put = func(t *testing.T, name, value string, _ map[string]string) {
		t.Helper()
		v.Do(t, http.MethodPost, "kv/"+name, texts(t, value))
	}
	return b
}
