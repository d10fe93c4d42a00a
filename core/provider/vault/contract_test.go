package vault_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/providertest"
)

func TestContract(t *testing.T) {
	v := harness.Vault(t)
	v.Enable(t, "approle")
	const rules = `path "secret/*" { capabilities = ["read", "list"] }`
	v.Policy(t, "suite", rules)
	role, id := v.AppRole(t, "suite", "suite")
	providertest.Run(t, providertest.Backend{
		Provider: fast, StrangersProvider: fast,
		Store:       storeOf(v, version2+`,"auth":{"appRole":{"roleId":"`+role+`","secretRef":{"name":"login","key":"id"}}}`),
		Credentials: noMore{keychain: keychain{"shop/login/id": id}}, Strangers: noMore{keychain: keychain{"shop/login/id": "wrong"}},
		Put: func(t *testing.T, name, value string, tags map[string]string) {
			t.Helper()
			var data map[string]any
			require.NoError(t, json.Unmarshal([]byte(value), &data))
			v.Put(t, name, data)
			v.Note(t, name, tags)
		},
		Deny: func(t *testing.T, name string) {
			t.Helper()
			v.Policy(t, "suite", rules+` path "secret/data/`+name+`" { capabilities = ["deny"] }`)
		},
		Refuse: func(_ *testing.T, times int) {
			v.ClearFaults()
			v.Fault(harness.VaultFault{Path: "secret/data/", Status: 429, Body: `{"errors":["rate limit quota exceeded"]}`, Times: times})
		},
		Requests: func(*testing.T) int { return len(v.Requests()) },
		Older:    "1", Batch: 1, Login: 2,
	})
}
