package webhook

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// call is a request as the server saw it.
type call struct {
	Method, URI, Host, Body string
	Header                  http.Header
}

// backend is the server of one test: what it answers is the test's.
type backend struct {
	URL string
	// CA is what verifies it, PEM.
	CA []byte

	mu    sync.Mutex
	calls []call
}

func serve(t *testing.T, start func(*httptest.Server), answer http.HandlerFunc) *backend {
	t.Helper()
	b := &backend{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.mu.Lock()
		b.calls = append(b.calls, call{r.Method, r.RequestURI, r.Host, string(body), r.Header})
		b.mu.Unlock()
		answer(w, r)
	}))
	start(server)
	t.Cleanup(server.Close)
	b.URL = server.URL
	if server.Certificate() != nil {
		b.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	}
	return b
}

func (b *backend) seen() []call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]call(nil), b.calls...)
}

// says answers with a status and a text.
func says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// keychain holds Secrets and ConfigMaps by name and key, whatever the namespace.
type keychain struct {
	provider.Credentials

	held  map[string]map[string]string
	asked *[]provider.CredentialRef
}

func (k keychain) note(kind provider.CredentialKind, namespace, name string) {
	if k.asked != nil {
		*k.asked = append(*k.asked, provider.CredentialRef{Kind: kind, Namespace: namespace, Name: name})
	}
}

func (k keychain) WholeSecret(_ context.Context, namespace, name string) (map[string]secret.Value, error) {
	k.note(provider.CredentialSecret, namespace, name)
	held, ok := k.held[name]
	if !ok {
		return nil, errors.New("there is no Secret")
	}
	values := map[string]secret.Value{}
	for key, value := range held {
		values[key] = secret.FromString(value)
	}
	return values, nil
}

func (k keychain) Secret(_ context.Context, namespace, name, key string) (secret.Value, error) {
	k.note(provider.CredentialSecret, namespace, name)
	return secret.FromString(k.held[name][key]), nil
}

func (k keychain) ConfigMap(_ context.Context, namespace, name, key string) (string, error) {
	k.note(provider.CredentialConfigMap, namespace, name)
	return k.held[name][key], nil
}

// login is what the tests' Secret holds.
func login() keychain {
	return keychain{held: map[string]map[string]string{"login": {"token": "s3cr3t-token", "user": "ann", "a-b": "dash&x", "line": "ends\n"}}}
}

func storeOf(t *testing.T, spec api.WebhookProvider) provider.Store {
	t.Helper()
	raw, err := json.Marshal(spec)
	require.NoError(t, err)
	return provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Name: "store", Consumer: "shop", Spec: raw}
}

// withLogin is a spec whose templates know the Secret of login as .auth.
func withLogin(spec api.WebhookProvider) api.WebhookProvider {
	spec.Secrets = []api.WebhookSecret{{Name: "auth", SecretRef: api.SecretKeySelector{Name: "login"}}}
	return spec
}

// hasty does not wait long.
var hasty = Provider{Timeout: 10 * time.Second, Pause: time.Millisecond}

func open(t *testing.T, store provider.Store) provider.Reader {
	t.Helper()
	reader, err := hasty.Open(t.Context(), store, login())
	require.NoError(t, err)
	return reader
}

// read asks for the secret that a remoteRef means.
func read(t *testing.T, spec api.WebhookProvider, remote api.RemoteRef) (string, provider.Stats, error) {
	t.Helper()
	store := storeOf(t, spec)
	location, err := hasty.Locate(store)
	require.NoError(t, err)
	reader := open(t, store)
	groups := reader.Plan([]provider.Ref{location.Ref(&remote)})
	require.Len(t, groups, 1)
	answers := reader.Read(t.Context(), groups[0])
	require.Len(t, answers, 1)
	return string(answers[0].Value.Reveal()), reader.Stats(), answers[0].Err
}
