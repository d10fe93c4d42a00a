package vault_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// What is said of a failure must be recognised as what it is.
func TestFailuresAreDiagnosed(t *testing.T) {
	v, keys := withLogins(t)
	v.Policy(t, "default", `path "auth/token/lookup-self" { capabilities = ["read"] }`)
	v.Put(t, "gone", map[string]any{"a": "b"})
	v.Do(t, http.MethodDelete, "secret/data/gone", nil)
	reads := func(token, rest, key string) func(t *testing.T) error {
		return func(t *testing.T) error {
			location, reader := open(t, v, token, rest)
			return read(t, location, reader, api.RemoteRef{Key: key}).Err
		}
	}
	logsIn := func(auth string) func(t *testing.T) error {
		return func(t *testing.T) error {
			_, err := fast.Open(t.Context(), storeOf(v, version2+`,"auth":`+auth), noMore{keychain: keys})
			return err
		}
	}
	answers := func(status int, body string) func(t *testing.T) error {
		return func(t *testing.T) error {
			v.Fault(harness.Fault{Path: "secret/data/db", Status: status, Body: body, Times: 3})
			return reads(v.Root(), version2, "db")(t)
		}
	}
	for name, tc := range map[string]struct {
		fail func(t *testing.T) error
		id   string
	}{
		"a sealed server":                   {answers(503, `{"errors":["Vault is sealed"]}`), "VLT-01"},
		"a quota of requests":               {answers(429, `{"errors":["request path \"secret/data/db\": rate limit quota exceeded"]}`), "VLT-50"},
		"a quota of leases":                 {answers(429, `{"errors":["request path \"auth/approle/login\": lease count quota exceeded"]}`), "VLT-11"},
		"a wrong secret id":                 {logsIn(`{"appRole":{"roleId":"` + keys["shop/role/id"] + `","secretRef":{"name":"wrong","key":"id"}}}`), "VLT-05"},
		"a login at a mount that is none":   {logsIn(`{"userPass":{"path":"none","username":"me","secretRef":{"name":"user","key":"password"}}}`), "VLT-03"},
		"a policy that does not permit":     {reads(v.Token(t, "reader"), version2, "other"), "VLT-06"},
		"a token that is none":              {reads("hvs.none", version2, "db"), "VLT-51"},
		"a mount that is not there":         {reads(v.Root(), `"path":"none"`, "db"), "VLT-52"},
		"the other version of the engine":   {reads(v.Root(), `"path":"secret","version":"v1"`, "db"), "VLT-52"},
		"a secret that is not there":        {reads(v.Root(), version2, "none"), "DAT-08"},
		"a secret that was deleted":         {reads(v.Root(), version2, "gone"), "DAT-08"},
		"a redirect to the active server":   {answers(307, ``), "VLT-53"},
		"a proxy that answers in its place": {answers(200, `<html>`), "NET-52"},
	} {
		t.Run(name, func(t *testing.T) {
			v.ClearFaults()
			err := tc.fail(t)
			require.Error(t, err)
			assert.Equal(t, tc.id, diagnose.Error(err, nil).ID, err)
		})
	}
}
