package azurekv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// What is said of a failure must be recognised as what it is.
func TestFailuresAreDiagnosed(t *testing.T) {
	a := started(t)
	cluster := newIssuer(t)
	a.App(t, harness.AzureApp{ClientID: "late", Secret: password, Expired: true})
	a.App(t, harness.AzureApp{ClientID: "workload", Federated: []harness.AzureFederated{{Issuer: cluster.url, Subject: "system:serviceaccount:shop:other",
		Audience: "api://AzureADTokenExchange", JWKS: cluster.jwks(t)}}})
	a.App(t, harness.AzureApp{ClientID: "foreign", Secret: password, Tenant: "elsewhere.example"})
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	a.Put(t, harness.AzureSecret{Name: "off", Value: "v", Disabled: true})
	a.Put(t, harness.AzureSecret{Name: "hidden", Value: "v"})
	a.Put(t, harness.AzureSecret{Name: "going", Value: "v", Deleted: "now"})
	a.Deny(t, "secrets/hidden")
	const byMachine = `"authType":"ManagedIdentity"`
	const byAccount = `"authType":"WorkloadIdentity","serviceAccountRef":{"name":"app"}`
	logsIn := func(rest string, credentials provider.Credentials) func(t *testing.T) error {
		return func(t *testing.T) error {
			t.Helper()
			return login(t, fast(t, a), storeOf(rest), credentials)
		}
	}
	as := func(changes ...string) keychain {
		credentials := ofLogin()
		return keychain{values: with(credentials.values, changes...), mint: cluster.mint}
	}
	reads := func(key string) func(t *testing.T) error {
		return func(t *testing.T) error {
			t.Helper()
			location, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
			return read(t, location, reader, api.RemoteRef{Key: key}).Err
		}
	}
	answers := func(path string, status int, body, rest string) func(t *testing.T) error {
		return func(t *testing.T) error {
			t.Helper()
			a.Fault(t, harness.AzureFault{Path: path, Status: status, Body: body, Times: 9})
			return logsIn(rest, ofLogin())(t)
		}
	}
	settled := func(settings harness.AzureSettings) func(t *testing.T) error {
		return func(t *testing.T) error {
			t.Helper()
			a.Settle(t, settings)
			t.Cleanup(func() { a.Settle(t, harness.AzureSettings{}) })
			return reads("db")(t)
		}
	}
	for name, tc := range map[string]struct {
		fail func(t *testing.T) error
		id   string
	}{
		"a firewall":                         {settled(harness.AzureSettings{Firewall: true}), "AZR-03"},
		"a secret that is disabled":          {reads("off"), "AZR-04"},
		"a secret that is not there":         {reads("none"), "AZR-05"},
		"a key that is not there":            {reads("key/none"), "AZR-51"},
		"a secret that is being deleted":     {reads("going"), "AZR-05"},
		"a service account that is another":  {logsIn(byAccount, as("shop/app/"+clientOf, "workload", "shop/app/"+tenantOf, harness.AzureTenant)), "AZR-06"},
		"an application that is not there":   {logsIn(bySecret, as("shop/login/id", "nobody")), "AZR-07"},
		"a wrong client secret":              {logsIn(bySecret, as("shop/login/secret", "wrong")), "AZR-50"},
		"a client secret that has expired":   {logsIn(bySecret, as("shop/login/id", "late")), "AZR-50"},
		"an identity that the machine lacks": {logsIn(byMachine+`,"identityId":"none"`, keychain{}), "AZR-09"},
		"no identity of a machine":           {answers("machine/", 404, "", byMachine), "AZR-11"},
		"no role":                            {reads("hidden"), "AZR-51"},
		"no right to search": {func(t *testing.T) error {
			t.Helper()
			a.App(t, harness.AzureApp{ClientID: "narrow", Secret: password})
			_, reader := opened(t, fast(t, a), storeOf(bySecret), as("shop/login/id", "narrow"))
			_, err := reader.(provider.Finder).Find(t.Context(), &api.Find{})
			return err
		}, "AZR-51"},
		"no access policy":                    {settled(harness.AzureSettings{Policies: map[string][]string{"x": {}}}), "AZR-51"},
		"a token of another tenant":           {logsIn(`"tenantId":"elsewhere.example",`+bySecret[len(`"tenantId":"`+harness.AzureTenant+`",`):], as("shop/login/id", "foreign")), "AZR-52"},
		"too many requests":                   {answers("shop.vault", 429, said("Throttled", "Request was not processed because too many requests were received.", ""), bySecret), "THR-05"},
		"a fault of the key vault":            {answers("shop.vault", 503, said("ServiceUnavailable", "busy", ""), bySecret), "NET-54"},
		"a proxy that answers in its place":   {answers("shop.vault", 502, "<html>", bySecret), "NET-52"},
		"a proxy in place of the login":       {answers("login.microsoftonline.com/", 200, "<html>", bySecret), "NET-52"},
		"no client id":                        {logsIn(byAccount, as()), "AZR-53"},
		"a store and an account that quarrel": {logsIn(byAccount+`,"tenantId":"x"`, as("shop/app/"+clientOf, "c", "shop/app/"+tenantOf, "y")), "AZR-53"},
		"a key vault that is none": {func(*testing.T) error {
			store := storeOf(bySecret)
			store.Spec = []byte(`{"vaultUrl":"https://shop.example",` + bySecret + `}`)
			_, err := fast(t, a).Locate(store)
			return err
		}, "STO-55"},
	} {
		t.Run(name, func(t *testing.T) {
			a.ClearFaults(t)
			err := tc.fail(t)
			require.Error(t, err)
			assert.Equal(t, tc.id, diagnose.Error(err, nil).ID, err)
		})
	}
}
