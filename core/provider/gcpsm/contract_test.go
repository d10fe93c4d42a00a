package gcpsm_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/providertest"
)

const exhausted = `{"error":{"code":429,"message":"Quota exceeded for quota metric 'Access requests'.","status":"RESOURCE_EXHAUSTED"}}`

func TestContract(t *testing.T) {
	g := harness.GCP(t)
	other := harness.GCP(t)
	const parent = "projects/shop/secrets/"
	store := storeOf(`"projectID":"shop",` + withKey)
	providertest.Run(t, providertest.Backend{
		Provider: fast(t, g), StrangersProvider: fast(t, g), Store: store,
		Credentials: keyed(t, g), Strangers: keyed(t, other),
		Put: func(t *testing.T, name, value string, tags map[string]string) {
			t.Helper()
			g.Put(t, harness.GCPSecret{Name: parent + name, Value: []byte(value), Labels: tags})
		},
		PutBytes: func(t *testing.T, name string, value []byte) {
			t.Helper()
			g.Put(t, harness.GCPSecret{Name: parent + name, Value: value})
		},
		Deny:   func(t *testing.T, name string) { t.Helper(); g.Deny(t, parent+name) },
		Refuse: func(t *testing.T, times int) { t.Helper(); g.Refuse(t, times, 0) },
		RefuseFor: func(t *testing.T) {
			t.Helper()
			g.Fault(t, harness.GCPFault{Request: "secretmanager.googleapis.com GET", Status: http.StatusTooManyRequests, Body: exhausted,
				Header: map[string]string{"Retry-After": "1"}, Times: 1})
		},
		Patient: func() (provider.Provider, provider.Store) {
			patient := fast(t, g)
			patient.Backoff = 200 * time.Millisecond
			return patient, store
		},
		Requests: func(t *testing.T) int { t.Helper(); return len(g.Requests(t)) },
		Slow:     func(t *testing.T, delay time.Duration) { t.Helper(); g.Slow(t, delay) },
		Most:     func(t *testing.T) int { t.Helper(); return g.Most(t) },
		Older:    "1", Batch: 1, Login: 1,
	})
}
