package webhook

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func TestWhatAStatusMeans(t *testing.T) {
	for status, want := range map[int]struct {
		kind     provider.Kind
		requests int
	}{
		http.StatusNotModified:         {provider.Unknown, 1},
		http.StatusBadRequest:          {provider.Invalid, 1},
		http.StatusUnauthorized:        {provider.Unauthenticated, 1},
		http.StatusForbidden:           {provider.Denied, 1},
		http.StatusNotFound:            {provider.NotFound, 1},
		http.StatusMethodNotAllowed:    {provider.Invalid, 1},
		http.StatusTooManyRequests:     {provider.Throttled, 4},
		http.StatusInternalServerError: {provider.Unavailable, 4},
		http.StatusServiceUnavailable:  {provider.Unavailable, 4},
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			b := serve(t, (*httptest.Server).Start, says(status, "Canary!"))
			_, stats, err := read(t, withLogin(api.WebhookProvider{URL: b.URL + "/{{ .auth.token }}"}), api.RemoteRef{Key: "k"})
			require.ErrorContains(t, err, fmt.Sprintf("Request: HTTP status %d", status))
			assert.Equal(t, want.kind, provider.KindOf(err))
			assert.NotContains(t, err.Error(), "s3cr3t")
			assert.NotContains(t, err.Error(), "Canary!")
			assert.Len(t, b.seen(), want.requests)
			assert.Equal(t, want.requests, stats.Requests["Webhook.Request"])
			assert.Equal(t, want.requests-1, stats.Retries)
			if status == http.StatusTooManyRequests {
				assert.Equal(t, want.requests, stats.Throttles)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	failing := func(times int32) (http.HandlerFunc, *atomic.Int32) {
		var made atomic.Int32
		return func(w http.ResponseWriter, r *http.Request) {
			if made.Add(1) <= times {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			says(http.StatusOK, "value")(w, r)
		}, &made
	}
	zero, number, pause, soon := int32(0), int32(2), "1ms", "soon"
	for name, tc := range map[string]struct {
		fails    int32
		settings *api.StoreRetrySettings
		requests int
		err      string
	}{
		"help":                               {2, nil, 3, ""},
		"are as many as the store wishes":    {2, &api.StoreRetrySettings{MaxRetries: &number, RetryInterval: &pause}, 2, "HTTP status 503"},
		"are as many as without it for zero": {9, &api.StoreRetrySettings{MaxRetries: &zero}, 4, "HTTP status 503"},
		"an interval that can't be, refused": {0, &api.StoreRetrySettings{RetryInterval: &soon}, 0, `spec.retrySettings.retryInterval "soon" is not a duration`},
	} {
		t.Run(name, func(t *testing.T) {
			answer, _ := failing(tc.fails)
			b := serve(t, (*httptest.Server).Start, answer)
			store := storeOf(t, api.WebhookProvider{Method: "POST", URL: b.URL, Body: "again"})
			store.Retry = tc.settings
			reader, err := hasty.Open(t.Context(), store, login())
			if err == nil {
				err = reader.Read(t.Context(), []provider.Ref{{Key: "k"}})[0].Err
			}
			if tc.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tc.err)
			}
			assert.Len(t, b.seen(), tc.requests)
			for _, made := range b.seen() {
				assert.Equal(t, "again", made.Body, "the whole request is made again")
			}
		})
	}
}

func TestWhereNoAnswerComes(t *testing.T) {
	t.Run("nothing listens", func(t *testing.T) {
		_, stats, err := read(t, withLogin(api.WebhookProvider{URL: "http://127.0.0.1:1/{{ .auth.token }}"}), api.RemoteRef{Key: "k"})
		require.ErrorContains(t, err, "connection refused")
		assert.NotContains(t, err.Error(), "s3cr3t")
		assert.Equal(t, provider.Unavailable, provider.KindOf(err))
		assert.Equal(t, 4, stats.Requests["Webhook.Request"])
	})
	t.Run("in time", func(t *testing.T) {
		b := serve(t, (*httptest.Server).Start, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		_, _, err := read(t, api.WebhookProvider{URL: b.URL, Timeout: durationOf(50 * time.Millisecond)}, api.RemoteRef{Key: "k"})
		require.ErrorContains(t, err, "no answer came in time")
		assert.Equal(t, provider.Unavailable, provider.KindOf(err))
		assert.Len(t, b.seen(), 1, "to wait once more would hold up the pass")
	})
	t.Run("the pass is interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := serve(t, (*httptest.Server).Start, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		err := open(t, storeOf(t, api.WebhookProvider{URL: b.URL})).Read(ctx, []provider.Ref{{Key: "k"}})[0].Err
		require.ErrorContains(t, err, "interrupted before an answer came")
		assert.Len(t, b.seen(), 1)
	})
	t.Run("the pass is interrupted in a pause", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := serve(t, (*httptest.Server).Start, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			time.AfterFunc(50*time.Millisecond, cancel)
		})
		reader, err := Provider{Pause: time.Hour}.Open(t.Context(), storeOf(t, api.WebhookProvider{URL: b.URL}), login())
		require.NoError(t, err)
		require.ErrorContains(t, reader.Read(ctx, []provider.Ref{{Key: "k"}})[0].Err, "interrupted before an answer came")
		assert.Len(t, b.seen(), 1)
	})
	t.Run("but something that is no HTTP, which is not quoted", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				connection, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(connection, "Canary!\r\n\r\n")
				_ = connection.Close()
			}
		}()
		_, _, err = read(t, api.WebhookProvider{URL: "http://" + listener.Addr().String()}, api.RemoteRef{Key: "k"})
		require.ErrorContains(t, err, "the answer can't be read")
		assert.NotContains(t, err.Error(), "Canary!")
	})
}

func TestAServerIsVerified(t *testing.T) {
	b := serve(t, (*httptest.Server).StartTLS, says(http.StatusOK, "value"))
	ca := login()
	ca.held["ca"] = map[string]string{"crt": string(b.CA)}
	for name, tc := range map[string]struct {
		spec api.WebhookProvider
		want string
	}{
		"by its bundle":      {api.WebhookProvider{CABundle: b.CA}, ""},
		"by a ConfigMap":     {api.WebhookProvider{CAProvider: &api.CAProvider{Type: api.CAProviderConfigMap, Name: "ca", Key: "crt"}}, ""},
		"by a Secret":        {api.WebhookProvider{CAProvider: &api.CAProvider{Type: api.CAProviderSecret, Name: "ca", Key: "crt"}}, ""},
		"and refused else":   {api.WebhookProvider{}, "certificate signed by unknown authority (give spec.provider.webhook.caBundle or caProvider"},
		"never by its looks": {api.WebhookProvider{CABundle: []byte("x")}, "spec.provider.webhook.caBundle does not hold PEM certificates"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.spec.URL = b.URL
			reader, err := hasty.Open(t.Context(), storeOf(t, tc.spec), ca)
			if err == nil {
				err = reader.Read(t.Context(), []provider.Ref{{Key: "k"}})[0].Err
				assert.Equal(t, 1, reader.Stats().Requests["Webhook.Request"], "a certificate stays as it is")
			}
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
		})
	}
}
