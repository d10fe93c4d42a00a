package azurekv_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// said is a refusal in the words of a key vault.
func said(code, message, inner string) string {
	content, _ := json.Marshal(map[string]any{"error": map[string]any{"code": code, "message": message, "innererror": map[string]any{"code": inner}}})
	return string(content)
}

func TestFaultsThatPassAreTriedAgain(t *testing.T) {
	a := started(t)
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	for name, tc := range map[string]struct {
		fault                        harness.AzureFault
		kind                         provider.Kind // empty means that it is read in the end
		attempts, retries, throttles int
		message                      string
	}{
		"too many requests, twice":         {harness.AzureFault{Status: 429, Body: said("Throttled", "too many", ""), Times: 2}, "", 3, 2, 2, ""},
		"too many requests, always":        {harness.AzureFault{Status: 429, Body: said("Throttled", "too many", ""), Times: 9}, provider.Throttled, 4, 3, 4, "Throttled: too many"},
		"too many requests, for too long":  {harness.AzureFault{Status: 429, Body: said("Throttled", "too many", ""), Header: map[string]string{"Retry-After": "3600"}, Times: 9}, provider.Throttled, 1, 0, 1, "Throttled"},
		"a fault of its own, once":         {harness.AzureFault{Status: 503, Body: said("ServiceUnavailable", "busy", ""), Times: 1}, "", 2, 1, 0, ""},
		"a proxy that finds nobody":        {harness.AzureFault{Status: 502, Body: `<html>canary</html>`, Times: 9}, provider.Unavailable, 4, 3, 0, "status 502, in no words of a key vault"},
		"a page where JSON is due":         {harness.AzureFault{Status: 200, Body: `<html>canary</html>`, Times: 9}, provider.Unavailable, 1, 0, 0, "the answer can't be read"},
		"another answer than wanted":       {harness.AzureFault{Status: 200, Body: `{"canary":1}`, Times: 9}, provider.Unavailable, 1, 0, 0, "the answer can't be read"},
		"an answer without an end":         {harness.AzureFault{Status: 200, Body: `{"value":"canary","x":"` + strings.Repeat("x", 9<<20) + `"}`, Times: 9}, provider.Unavailable, 1, 0, 0, "the answer can't be read"},
		"a secret without a value":         {harness.AzureFault{Status: 200, Body: `{"id":"https://shop.vault.azure.net/secrets/db/1"}`, Times: 9}, provider.Unavailable, 1, 0, 0, "the answer can't be read"},
		"a value of another type":          {harness.AzureFault{Status: 200, Body: `{"value":{"canary":1}}`, Times: 9}, provider.Unavailable, 1, 0, 0, "the answer can't be read"},
		"a redirect":                       {harness.AzureFault{Status: 307, Header: map[string]string{"Location": "https://evil.vault.azure.net/"}, Times: 9}, provider.Unavailable, 1, 0, 0, "redirects are not followed"},
		"what is not implemented":          {harness.AzureFault{Status: 501, Body: said("NotImplemented", "no", ""), Times: 9}, provider.Unavailable, 1, 0, 0, "NotImplemented"},
		"a page of nothing found":          {harness.AzureFault{Status: 404, Body: `<html>canary</html>`, Times: 9}, provider.Unavailable, 1, 0, 0, "status 404, in no words"},
		"a denial that is nobody's":        {harness.AzureFault{Status: 403, Body: `<html>canary</html>`, Times: 9}, provider.Unavailable, 1, 0, 0, "status 403, in no words"},
		"a parameter that is wrong":        {harness.AzureFault{Status: 400, Body: said("BadParameter", "no", ""), Times: 9}, provider.Invalid, 1, 0, 0, "BadParameter"},
		"a token that it does not take":    {harness.AzureFault{Status: 401, Body: said("Unauthorized", "AKV10046: no key", ""), Header: map[string]string{"WWW-Authenticate": `Bearer authorization="x", resource="https://evil.example"`}, Times: 9}, provider.Unauthenticated, 1, 0, 0, "AKV10046"},
		"a key vault that is gone":         {harness.AzureFault{Status: 404, Body: said("VaultNotFound", "no such key vault", ""), Times: 9}, provider.Unknown, 1, 0, 0, "VaultNotFound: no such key vault"},
		"what can be recovered":            {harness.AzureFault{Status: 409, Body: said("Conflict", "deleted", "ObjectIsDeletedButRecoverable"), Times: 9}, provider.NotFound, 1, 0, 0, "ObjectIsDeletedButRecoverable"},
		"something that nobody knows":      {harness.AzureFault{Status: 418, Body: said("Teapot", "short\r\n  and stout", ""), Times: 9}, provider.Unknown, 1, 0, 0, "Teapot: short and stout"},
		"network rules":                    {harness.AzureFault{Status: 403, Body: said("Forbidden", "Client address is not authorized", "ForbiddenByFirewall"), Times: 9}, provider.Denied, 1, 0, 0, "network rules"},
		"a challenge that asks for claims": {harness.AzureFault{Status: 401, Body: said("Unauthorized", "more", ""), Header: map[string]string{"WWW-Authenticate": `Bearer error="insufficient_claims", claims="e30="`}, Times: 9}, provider.Unauthenticated, 1, 0, 0, "more"},
	} {
		t.Run(name, func(t *testing.T) {
			a.ClearFaults(t)
			location, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
			tc.fault.Path = "shop.vault.azure.net/secrets/db"
			a.Fault(t, tc.fault)
			answer := read(t, location, reader, api.RemoteRef{Key: "db"})
			stats := reader.Stats()
			assert.Equal(t, tc.attempts, stats.Requests["KeyVault.GetSecret"])
			assert.Equal(t, tc.retries, stats.Retries)
			assert.Equal(t, tc.throttles, stats.Throttles)
			assert.Equal(t, 1, stats.Requests["Entra.GetToken"], "a challenge brings no login")
			if tc.kind == "" {
				require.NoError(t, answer.Err)
				return
			}
			require.ErrorContains(t, answer.Err, tc.message)
			assert.Equal(t, tc.kind, provider.KindOf(answer.Err))
			assert.NotContains(t, answer.Err.Error(), "canary")
			assert.NotContains(t, answer.Err.Error(), "\n")
		})
	}
}

func TestFaultsOfALogin(t *testing.T) {
	a := started(t)
	for name, tc := range map[string]struct {
		fault    harness.AzureFault
		kind     provider.Kind // empty means that it logs in in the end
		requests int
		message  string
	}{
		"too many requests, once":    {harness.AzureFault{Status: 429, Body: `{"error":"temporarily_unavailable"}`, Times: 1}, "", 2, ""},
		"too many requests, always":  {harness.AzureFault{Status: 429, Body: `{"error":"temporarily_unavailable","error_description":"AADSTS90055: slow"}`, Times: 9}, provider.Throttled, 4, "AADSTS90055"},
		"a fault of its own":         {harness.AzureFault{Status: 503, Body: `canary`, Times: 9}, provider.Unavailable, 4, "status 503"},
		"a proxy that asks for more": {harness.AzureFault{Status: 403, Body: `<html>canary</html>`, Times: 9}, provider.Unavailable, 1, "does a proxy answer in Azure's place?"},
		"a redirect":                 {harness.AzureFault{Status: 302, Header: map[string]string{"Location": "https://login.corp.example/"}, Times: 9}, provider.Unavailable, 1, "redirects are not followed"},
		"a page where JSON is due":   {harness.AzureFault{Status: 200, Body: `<html>canary</html>`, Times: 9}, provider.Unavailable, 1, "the answer can't be read"},
		"an answer without a token":  {harness.AzureFault{Status: 200, Body: `{"canary":"x"}`, Times: 9}, provider.Unavailable, 1, "the answer can't be read"},
		"an echo of what was sent":   {harness.AzureFault{Status: 401, Body: `{"error":"invalid_client","error_description":"no: ` + password + `"}`, Times: 9}, provider.Unauthenticated, 1, "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			a.ClearFaults(t)
			a.Requests(t)
			tc.fault.Path = "login.microsoftonline.com/"
			a.Fault(t, tc.fault)
			_, err := fast(t, a).Open(t.Context(), storeOf(bySecret), ofLogin())
			assert.Len(t, a.Requests(t), tc.requests)
			if tc.kind == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.message)
			assert.Equal(t, tc.kind, provider.KindOf(err))
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestATokenThatIsEchoedIsNotShown(t *testing.T) {
	a := started(t)
	a.Fault(t, harness.AzureFault{Path: "login.microsoftonline.com/", Status: 200, Body: `{"access_token":"bearer-canary","expires_in":3600}`, Times: 1})
	location, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	a.Fault(t, harness.AzureFault{Path: "shop.vault", Status: 400, Body: said("BadParameter", "what is bearer-canary?", ""), Times: 1})
	err := read(t, location, reader, api.RemoteRef{Key: "db"}).Err
	require.ErrorContains(t, err, "what is ")
	assert.NotContains(t, err.Error(), "canary")
}

func TestRetrySettings(t *testing.T) {
	a := started(t)
	for name, tc := range map[string]struct {
		settings api.StoreRetrySettings
		attempts int
	}{
		"of one attempt":          {api.StoreRetrySettings{MaxRetries: pointer(int32(1))}, 1},
		"of two, and their waits": {api.StoreRetrySettings{MaxRetries: pointer(int32(2)), RetryInterval: pointer("1ms")}, 2},
		"of waits alone":          {api.StoreRetrySettings{RetryInterval: pointer("1ms")}, 4},
		"that mean the defaults":  {api.StoreRetrySettings{MaxRetries: pointer(int32(0))}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			a.ClearFaults(t)
			store := storeOf(bySecret)
			store.Retry = &tc.settings
			location, reader := opened(t, fast(t, a), store, ofLogin())
			a.Fault(t, harness.AzureFault{Path: "shop.vault", Status: 500, Body: `{}`, Times: 9})
			require.Error(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
			assert.Equal(t, tc.attempts, reader.Stats().Requests["KeyVault.GetSecret"])
		})
	}
	t.Run("that are no duration are refused", func(t *testing.T) {
		store := storeOf(bySecret)
		store.Retry = &api.StoreRetrySettings{RetryInterval: pointer("soon")}
		_, err := fast(t, a).Locate(store)
		require.ErrorContains(t, err, "spec.retrySettings.retryInterval")
	})
}

func TestAServerThatAsksForAWaitGetsIt(t *testing.T) {
	a := started(t)
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	location, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	a.Fault(t, harness.AzureFault{Path: "shop.vault", Status: 429, Header: map[string]string{"Retry-After": "1"}, Times: 1})
	began := time.Now()
	require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
	assert.GreaterOrEqual(t, time.Since(began), time.Second)
}

func TestNoAnswer(t *testing.T) {
	a := started(t)
	p := fast(t, a)
	p.Timeout = 50 * time.Millisecond
	store := storeOf(bySecret)
	store.Retry = &api.StoreRetrySettings{MaxRetries: pointer(int32(1))}
	location, reader := opened(t, p, store, ofLogin())
	a.Delay(t, time.Second)
	t.Run("in time is said", func(t *testing.T) {
		err := read(t, location, reader, api.RemoteRef{Key: "db"}).Err
		require.ErrorContains(t, err, "no answer came in time")
		assert.Equal(t, provider.Unavailable, provider.KindOf(err))
	})
	t.Run("before the pass was told to stop is said", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		before := reader.Stats().Requests["KeyVault.GetSecret"]
		err := reader.Read(ctx, []provider.Ref{{Key: "db"}})[0].Err
		require.ErrorContains(t, err, "interrupted before an answer came")
		assert.Equal(t, before, reader.Stats().Requests["KeyVault.GetSecret"], "what did not leave does not count")
	})
}

func TestAServerIsVerified(t *testing.T) {
	a := started(t)
	p := fast(t, a)
	transport := a.Transport(t)
	transport.TLSClientConfig.RootCAs = nil
	p.Transport = transport
	_, err := p.Open(t.Context(), storeOf(bySecret), ofLogin())
	require.ErrorContains(t, err, "the CAs of the system do not know the server")
	require.ErrorContains(t, err, "https://login.microsoftonline.com/")
	assert.Equal(t, provider.Unavailable, provider.KindOf(err))
	assert.NotContains(t, err.Error(), "canary")
	assert.Empty(t, a.Requests(t), "nothing is sent to a server that is not verified")
}

func TestAHostThatIsNotThere(t *testing.T) {
	a := started(t)
	p := fast(t, a)
	p.Transport = nowhere{a.Transport(t)}
	location, reader := opened(t, p, storeOf(bySecret), ofLogin())
	err := read(t, location, reader, api.RemoteRef{Key: "db"}).Err
	require.ErrorContains(t, err, "is the server reachable from here?")
	assert.Equal(t, provider.Unavailable, provider.KindOf(err))
}

// A connection of one's own has another port each time.
func TestABrokenConnectionReadsTheSameTwice(t *testing.T) {
	a := started(t)
	p := fast(t, a)
	broken := &breaking{Transport: a.Transport(t)}
	p.Transport = broken
	location, reader := opened(t, p, storeOf(bySecret), ofLogin())
	broken.from = 40000
	first := read(t, location, reader, api.RemoteRef{Key: "db"}).Err
	require.ErrorContains(t, first, `Get "https://shop.vault.azure.net/secrets/db/": read tcp 192.0.2.7:443: connection reset by peer`)
	assert.Equal(t, first.Error(), read(t, location, reader, api.RemoteRef{Key: "db"}).Err.Error())
	assert.Equal(t, provider.Unavailable, provider.KindOf(first))
}

// breaking breaks each connection once from is set, to the port that each is from.
type breaking struct {
	*http.Transport
	from int
}

func (b *breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.from == 0 {
		return b.Transport.RoundTrip(r)
	}
	b.from++
	return nil, fmt.Errorf("read tcp 192.0.2.1:%d->192.0.2.7:443: connection reset by peer", b.from)
}

// nowhere carries what is meant for key vaults to a port that nobody listens on.
type nowhere struct{ *http.Transport }

func (n nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Host, ".vault.") {
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = "http", "127.0.0.1:1"
	}
	return n.Transport.RoundTrip(r)
}
