package azurekv_test

import (
	"testing"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/providertest"
)

func TestContract(t *testing.T) {
	a := started(t)
	p := fast(t, a)
	strangers := ofLogin()
	strangers.values["shop/login/secret"] = "wrong"
	refuse := func(t *testing.T, times int, header map[string]string) {
		t.Helper()
		a.ClearFaults(t)
		a.Fault(t, harness.AzureFault{
			Path: "shop.vault.azure.net/secrets/", Status: 429, Body: `{"error":{"code":"Throttled","message":"too many requests"}}`, Times: times, Header: header,
		})
	}
	providertest.Run(t, providertest.Backend{
		Provider: p, StrangersProvider: p, Store: storeOf(bySecret), Credentials: ofLogin(), Strangers: strangers,
		Put: func(t *testing.T, name, value string, tags map[string]string) {
			t.Helper()
			a.Put(t, harness.AzureSecret{Name: name, Value: value, Tags: tags})
		},
		Deny: func(t *testing.T, name string) {
			t.Helper()
			a.Deny(t, "secrets/"+name)
		},
		Refuse: func(t *testing.T, times int) {
			t.Helper()
			refuse(t, times, nil)
		},
		Requests: func(t *testing.T) int {
			t.Helper()
			return len(a.Requests(t))
		},
		RefuseFor: func(t *testing.T) {
			t.Helper()
			refuse(t, 1, map[string]string{"Retry-After": "1"})
		},
		Patient: func() (provider.Provider, provider.Store) {
			patient := p
			patient.Backoff = 200 * time.Millisecond
			return patient, storeOf(bySecret)
		},
		Slow: func(t *testing.T, delay time.Duration) {
			t.Helper()
			a.Delay(t, delay)
		},
		Most: func(t *testing.T) int {
			t.Helper()
			return a.Most(t)
		},
		Older: harness.AzureVersion("suite-db", 1), Batch: 1, Login: 1,
	})
}
