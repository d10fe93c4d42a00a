package vault_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/vault"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func pemBlock(raw []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}

func TestFaultsThatPassAreTriedAgain(t *testing.T) {
	v := harness.Vault(t)
	v.Put(t, "db", map[string]any{"a": "b"})
	for name, tc := range map[string]struct {
		fault             harness.Fault
		kind              provider.Kind // empty means that it is read in the end
		attempts, retries int
		throttles         int
		message           string
	}{
		"too many requests, twice":   {harness.Fault{Status: 429, Body: `{"errors":["request path \"secret/data/db\": rate limit quota exceeded"]}`, Times: 2}, "", 3, 2, 2, ""},
		"too many requests, always":  {harness.Fault{Status: 429, Body: `{"errors":["rate limit quota exceeded"]}`, Times: 9}, provider.Throttled, 3, 2, 3, "status code: 429"},
		"a standby that is behind":   {harness.Fault{Status: 412, Body: `{"errors":["required index state not present"]}`, Times: 1}, "", 2, 1, 0, ""},
		"a server that is sealed":    {harness.Fault{Status: 503, Body: `{"errors":["Vault is sealed"]}`, Times: 9}, provider.Unavailable, 3, 2, 0, "Vault is sealed"},
		"an error of its own":        {harness.Fault{Status: 500, Body: `{"errors":["internal error"]}`, Times: 1}, "", 2, 1, 0, ""},
		"a proxy that finds nobody":  {harness.Fault{Status: 502, Body: `<html>canary</html>`, Times: 9}, provider.Unavailable, 3, 2, 0, "the answer can't be read"},
		"a page where JSON is due":   {harness.Fault{Status: 200, Body: `<html>canary</html>`, Times: 9}, provider.Unavailable, 1, 0, 0, "the answer can't be read"},
		"another answer than wanted": {harness.Fault{Status: 200, Body: `{"data":{"canary":1}}`, Times: 9}, provider.Unavailable, 1, 0, 0, "the answer can't be read"},
		"a redirect": {harness.Fault{Status: 307, Header: map[string]string{"Location": "https://127.0.0.1:1/v1/secret/data/db"}, Times: 9},
			provider.Unavailable, 1, 0, 0, "redirects are not followed"},
		"what is not implemented": {harness.Fault{Status: 501, Body: `{"errors":["no"]}`, Times: 9}, provider.Unavailable, 1, 0, 0, "status code: 501"},
	} {
		t.Run(name, func(t *testing.T) {
			v.ClearFaults()
			location, reader := open(t, v, v.Root(), version2)
			tc.fault.Path = "secret/data/db"
			v.Fault(tc.fault)
			answer := read(t, location, reader, api.RemoteRef{Key: "db"})
			stats := reader.Stats()
			assert.Equal(t, tc.attempts, stats.Requests["Vault.ReadSecret"])
			assert.Equal(t, tc.retries, stats.Retries)
			assert.Equal(t, tc.throttles, stats.Throttles)
			if tc.kind == "" {
				require.NoError(t, answer.Err)
				return
			}
			require.ErrorContains(t, answer.Err, tc.message)
			assert.Equal(t, tc.kind, provider.KindOf(answer.Err))
			assert.NotContains(t, answer.Err.Error(), "canary")
		})
	}
}

func TestRetrySettings(t *testing.T) {
	v := harness.Vault(t)
	for name, tc := range map[string]struct {
		settings api.StoreRetrySettings
		attempts int
	}{
		"of no retries":            {api.StoreRetrySettings{MaxRetries: pointer(int32(0))}, 1},
		"of one, and its interval": {api.StoreRetrySettings{MaxRetries: pointer(int32(1)), RetryInterval: pointer("1ms")}, 2},
		"of an interval alone":     {api.StoreRetrySettings{RetryInterval: pointer("1ms")}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			v.ClearFaults()
			v.Fault(harness.Fault{Path: "secret/", Status: 500, Body: `{}`, Times: 9})
			store := storeOf(v, version2)
			store.Retry = &tc.settings
			location, err := fast.Locate(store)
			require.NoError(t, err)
			reader, err := fast.Open(t.Context(), store, noMore{})
			require.NoError(t, err)
			require.Error(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
			assert.Equal(t, tc.attempts, reader.Stats().Requests["Vault.ReadSecret"])
		})
	}
	t.Run("that are no duration are refused", func(t *testing.T) {
		store := storeOf(v, version2)
		store.Retry = &api.StoreRetrySettings{RetryInterval: pointer("soon")}
		_, err := fast.Locate(store)
		require.ErrorContains(t, err, "spec.retrySettings.retryInterval")
	})
}

func TestNoAnswer(t *testing.T) {
	silent := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-silent }))
	t.Cleanup(func() { close(silent); server.Close() })
	store := provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Consumer: "shop", Spec: json.RawMessage(`{"server":"` + server.URL + `","path":"secret"}`)}
	once := pointer(int32(0))
	store.Retry = &api.StoreRetrySettings{MaxRetries: once}
	p := vault.Provider{Timeout: 50 * time.Millisecond}
	location, err := p.Locate(store)
	require.NoError(t, err)
	reader, err := p.Open(t.Context(), store, noMore{})
	require.NoError(t, err)
	t.Run("in time is said", func(t *testing.T) {
		err := read(t, location, reader, api.RemoteRef{Key: "db"}).Err
		require.ErrorContains(t, err, "no answer came in time")
		assert.Equal(t, provider.Unavailable, provider.KindOf(err))
	})
	t.Run("before the pass was told to stop is said", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := reader.Read(ctx, []provider.Ref{{Key: "db"}})[0].Err
		require.ErrorContains(t, err, "interrupted before an answer came")
	})
}

func TestAServerThatIsNotTrustedIsAskedOnce(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	store := provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Consumer: "shop", Spec: json.RawMessage(`{"server":"` + server.URL + `","path":"secret"}`)}
	location, err := fast.Locate(store)
	require.NoError(t, err)
	reader, err := fast.Open(t.Context(), store, noMore{})
	require.NoError(t, err)
	require.ErrorContains(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err, "the CA of the server")
	assert.Equal(t, 1, reader.Stats().Requests["Vault.ReadSecret"], "its certificate stays as it is")
}

func pointer[T any](value T) *T { return &value }
