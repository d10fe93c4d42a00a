package gcpsm_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
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

// said is an error of Google's interfaces.
func said(code, message, reason string) string {
	return `{"error":{"code":1,"message":"` + message + `","status":"` + code + `","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"` + reason + `"}]}}`
}

func TestFaults(t *testing.T) {
	g := harness.GCP(t)
	put(t, g, "db", "canary")
	const reads = "secretmanager.googleapis.com GET /v1/projects/shop/secrets/db"
	for name, tc := range map[string]struct {
		fault     harness.GCPFault
		kind      provider.Kind // empty means that it is read in the end
		attempts  int
		throttles int
		message   string
	}{
		"too many requests, twice":     {harness.GCPFault{Status: 429, Body: exhausted, Times: 2}, "", 3, 2, ""},
		"too many requests, always":    {harness.GCPFault{Status: 429, Body: exhausted, Times: 9}, provider.Throttled, 5, 5, "RESOURCE_EXHAUSTED: Quota exceeded"},
		"a service that is not there":  {harness.GCPFault{Status: 503, Body: said("UNAVAILABLE", "The service is currently unavailable.", ""), Times: 1}, "", 2, 0, ""},
		"an error of its own":          {harness.GCPFault{Status: 500, Body: said("INTERNAL", "Internal error encountered.", ""), Times: 9}, provider.Unavailable, 5, 0, "INTERNAL: Internal error"},
		"a proxy that finds nobody":    {harness.GCPFault{Status: 502, Body: `<html>canary</html>`, Times: 9}, provider.Unavailable, 5, 0, "HTTP status 502: the answer is none of Google's"},
		"a proxy that knows no such":   {harness.GCPFault{Status: 404, Body: `<html>canary</html>`, Times: 9}, provider.Unknown, 1, 0, "HTTP status 404: the answer is none of Google's"},
		"a proxy that lets nobody out": {harness.GCPFault{Status: 403, Body: `canary`, Times: 9}, provider.Unknown, 1, 0, "does a proxy answer in Google's place?"},
		"a page where JSON is due":     {harness.GCPFault{Status: 200, Body: `<html>canary</html>`, Times: 9}, provider.Unavailable, 1, 0, "the answer can't be read"},
		"an answer without a value":    {harness.GCPFault{Status: 200, Body: `{"canary":1}`, Times: 9}, provider.Unavailable, 5, 0, "the answer can't be read"},
		"an interface that is off":     {harness.GCPFault{Status: 403, Body: said("PERMISSION_DENIED", "Secret Manager API has not been used in project 1 before or it is disabled.", "SERVICE_DISABLED"), Times: 9}, provider.Denied, 1, 0, "enable the interface"},
		"a token of another scope":     {harness.GCPFault{Status: 403, Body: said("PERMISSION_DENIED", "Request had insufficient authentication scopes.", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), Times: 9}, provider.Denied, 1, 0, "give the machine that scope"},
		"a token that was revoked":     {harness.GCPFault{Status: 401, Body: said("UNAUTHENTICATED", "Request had invalid authentication credentials: ya29.canary", ""), Times: 9}, provider.Unauthenticated, 1, 0, "credentials: ***"},
		"a key of KMS that is off":     {harness.GCPFault{Status: 400, Body: said("FAILED_PRECONDITION", "KMS key is not enabled.", ""), Times: 9}, provider.Invalid, 1, 0, "KMS key is not enabled, of projects/shop/secrets/db/versions/latest"},
		"a redirect": {harness.GCPFault{Status: 307, Header: map[string]string{"Location": "https://evil.googleapis.com/"}, Times: 9},
			provider.Unavailable, 1, 0, "Google would not send this request elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			g.ClearFaults(t)
			location, reader := open(t, g, "")
			tc.fault.Request = reads
			g.Fault(t, tc.fault)
			answer := read(t, location, reader, api.RemoteRef{Key: "db"})
			stats := reader.Stats()
			assert.Equal(t, tc.attempts, stats.Requests["SecretManager.AccessSecretVersion"])
			assert.Equal(t, tc.attempts-1, stats.Retries)
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
	for _, request := range g.Requests(t) {
		assert.NotContains(t, request, "evil", "redirects are not followed")
	}
}

func TestADamagedValueIsReadAgain(t *testing.T) {
	g := harness.GCP(t)
	put(t, g, "db", "canary")
	location, reader := open(t, g, "")
	g.Refuse(t, 0, 2)
	answer := read(t, location, reader, api.RemoteRef{Key: "db"})
	require.NoError(t, answer.Err)
	assert.Equal(t, "canary", string(answer.Value.Reveal()))
	assert.Equal(t, 2, reader.Stats().Retries)
	g.Refuse(t, 0, 99)
	err := read(t, location, reader, api.RemoteRef{Key: "db"}).Err
	require.ErrorContains(t, err, "was damaged on its way: its checksum is another")
	assert.Equal(t, provider.Unavailable, provider.KindOf(err))
	assert.NotContains(t, err.Error(), "canary")
}

func TestFaultsOfALogin(t *testing.T) {
	for name, tc := range map[string]struct {
		fault    harness.GCPFault
		kind     provider.Kind // empty means that it logs in in the end
		attempts int
		message  string
	}{
		"too many, for a while":     {harness.GCPFault{Status: 429, Body: `{"error":"rate_limit_exceeded"}`, Times: 2}, "", 3, ""},
		"too many, for good":        {harness.GCPFault{Status: 429, Body: `{}`, Times: 9}, provider.Throttled, 5, "HTTP status 429"},
		"an error of its own":       {harness.GCPFault{Status: 500, Body: `{"error":"internal_failure"}`, Times: 9}, provider.Unavailable, 5, "internal_failure"},
		"an answer without a token": {harness.GCPFault{Status: 200, Body: `{"canary":1}`, Times: 9}, provider.Unavailable, 1, "the answer can't be read"},
		"a clock that is wrong":     {harness.GCPFault{Status: 400, Body: `{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token"}`, Times: 9}, provider.Unauthenticated, 1, "or a clock is wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			g := harness.GCP(t)
			tc.fault.Request = "oauth2.googleapis.com POST /token"
			g.Fault(t, tc.fault)
			_, err := fast(t, g).Open(t.Context(), storeOf(`"projectID":"shop",`+withKey), keyed(t, g))
			assert.Len(t, g.Requests(t), tc.attempts)
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

// What Google's library says of a login is sorted as all else is.
func TestFaultsOfALoginByDefaultCredentials(t *testing.T) {
	path := writeFile(t, `{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"canary"}`)
	answers := func(status int, body string) carrier {
		return func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		}
	}
	for name, tc := range map[string]struct {
		carry carrier
		kind  provider.Kind
		want  string
	}{
		"an error of its own": {answers(500, `{"error":"internal_failure","error_description":"later"}`), provider.Unavailable, "internal_failure: later"},
		"too many":            {answers(429, `{"error":"rate_limit_exceeded"}`), provider.Throttled, "rate_limit_exceeded"},
		"a login that ended":  {answers(400, `{"error":"invalid_grant","error_description":"of eyJhbGciOi.canary.canary"}`), provider.Unauthenticated, "invalid_grant: of ***"},
		"a proxy in between":  {answers(502, `<html>canary</html>`), provider.Unavailable, "HTTP status 502"},
		"a page":              {answers(200, `<html>canary</html>`), provider.Unauthenticated, "the default credentials bring no token"},
		"nobody": {func(*http.Request) (*http.Response, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "oauth2.googleapis.com"}
		}, provider.Unavailable, "no such host"},
	} {
		t.Run(name, func(t *testing.T) {
			p := fast(t, harness.GCP(t), "GOOGLE_APPLICATION_CREDENTIALS", path)
			p.Transport = tc.carry
			_, err := p.Open(t.Context(), storeOf(`"projectID":"shop"`), keychain{})
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, tc.kind, provider.KindOf(err), err)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestRetrySettings(t *testing.T) {
	g := harness.GCP(t)
	for name, tc := range map[string]struct {
		settings api.StoreRetrySettings
		attempts int
	}{
		"of no retries":            {api.StoreRetrySettings{MaxRetries: pointer(int32(0))}, 1},
		"of one, and its interval": {api.StoreRetrySettings{MaxRetries: pointer(int32(1)), RetryInterval: pointer("1ms")}, 2},
		"of an interval alone":     {api.StoreRetrySettings{RetryInterval: pointer("1ms")}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			g.ClearFaults(t)
			g.Fault(t, harness.GCPFault{Request: "secretmanager.", Status: 500, Body: `{}`, Times: 9})
			store := storeOf(`"projectID":"shop",` + withKey)
			store.Retry = &tc.settings
			location, reader := openAs(t, fast(t, g), store, keyed(t, g))
			require.Error(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
			assert.Equal(t, tc.attempts, reader.Stats().Requests["SecretManager.AccessSecretVersion"])
		})
	}
}

func TestAServerThatIsNotTrustedIsAskedOnce(t *testing.T) {
	g := harness.GCP(t)
	p := fast(t, g)
	inner := p.Transport
	p.Transport = carrier(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Host, "secretmanager.") {
			return nil, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
		}
		return inner.RoundTrip(r)
	})
	location, reader := openAs(t, p, storeOf(`"projectID":"shop",`+withKey), keyed(t, g))
	require.ErrorContains(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err, "needs its CA among those of the system")
	assert.Equal(t, 1, reader.Stats().Requests["SecretManager.AccessSecretVersion"], "its certificate stays as it is")
}

func TestNoAnswer(t *testing.T) {
	g := harness.GCP(t)
	put(t, g, "db", "v")
	once := pointer(int32(0))
	for name, tc := range map[string]struct {
		carry carrier
		want  string
	}{
		"from a host that is not known": {func(*http.Request) (*http.Response, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "secretmanager.googleapis.com"}
		}, "no such host"},
		"from a server that is not Google's": {func(*http.Request) (*http.Response, error) {
			return nil, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
		}, "needs its CA among those of the system"},
		"in time": {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, "no answer came in time"},
		"to the end": {func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: broken{}}, nil
		}, "the answer broke off"},
	} {
		t.Run(name, func(t *testing.T) {
			p := fast(t, g)
			inner := p.Transport
			store := storeOf(`"projectID":"shop",` + withKey)
			store.Retry = &api.StoreRetrySettings{MaxRetries: once}
			p.Transport = carrier(func(r *http.Request) (*http.Response, error) {
				if strings.HasPrefix(r.URL.Host, "secretmanager.") {
					return tc.carry(r)
				}
				return inner.RoundTrip(r)
			})
			p.Timeout = time.Second
			location, reader := openAs(t, p, store, keyed(t, g))
			err := read(t, location, reader, api.RemoteRef{Key: "db"}).Err
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, provider.Unavailable, provider.KindOf(err))
		})
	}
	t.Run("before the pass was told to stop is said", func(t *testing.T) {
		_, reader := open(t, g, "")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorContains(t, reader.Read(ctx, []provider.Ref{{Key: "db"}})[0].Err, "interrupted before an answer came")
		_, err := reader.(provider.Finder).Find(ctx, &api.Find{Path: pointer("a")})
		require.ErrorContains(t, err, "interrupted before an answer came")
	})
}

// broken is the body of an answer that never comes.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset by peer") }
func (broken) Close() error             { return nil }
