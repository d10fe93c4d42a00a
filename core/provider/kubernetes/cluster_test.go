package kubernetes

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// call is a request that the cluster got.
type call struct {
	Path  string
	Query url.Values
	Token string
	// Peer is the common name in the client's certificate; empty where it showed none.
	Peer string
	// User is the one to impersonate.
	User string
}

// reply is the cluster's answer: a body that is encoded as JSON, or text that is sent as it is.
type reply struct {
	Status int
	Header http.Header
	Body   any
	Text   string
}

// refuse is an answer of the API other than success.
func refuse(code int32, reason metav1.StatusReason, message string, details *metav1.StatusDetails) reply {
	return reply{Status: int(code), Body: metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Code: code, Reason: reason, Message: message, Details: details,
	}}
}

func missing(name string) reply {
	return refuse(http.StatusNotFound, metav1.StatusReasonNotFound, fmt.Sprintf("secrets %q not found", name), &metav1.StatusDetails{Kind: "secrets", Name: name})
}

func secretOf(name string, data map[string][]byte) corev1.Secret {
	return corev1.Secret{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: metav1.ObjectMeta{Name: name}, Data: data}
}

// cluster is an API server for one test, as far as the wire goes: what it answers is the test's.
type cluster struct {
	URL string
	// CA is what verifies it, PEM.
	CA []byte

	mu    sync.Mutex
	calls []call
}

func serve(t *testing.T, answer func(call) reply) *cluster {
	t.Helper()
	c := &cluster{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		made := call{
			Path: r.URL.Path, Query: r.URL.Query(), Token: strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "),
			User: r.Header.Get("Impersonate-User"),
		}
		if len(r.TLS.PeerCertificates) > 0 {
			made.Peer = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		c.mu.Lock()
		c.calls = append(c.calls, made)
		c.mu.Unlock()
		write(t, w, answer(made))
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	c.URL = server.URL
	c.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return c
}

func write(t *testing.T, w http.ResponseWriter, answer reply) {
	text, kind := []byte(answer.Text), "text/html"
	if answer.Body != nil {
		var err error
		if text, err = json.Marshal(answer.Body); !assert.NoError(t, err) {
			return
		}
		kind = "application/json"
	}
	w.Header().Set("Content-Type", kind)
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	if answer.Status != 0 {
		w.WriteHeader(answer.Status)
	}
	_, _ = w.Write(text) // the client may be gone: a test of time limits
}

// made returns the calls so far.
func (c *cluster) made() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]call(nil), c.calls...)
}

// spec is a store of the cluster's namespace "vault" with a token.
func (c *cluster) spec() api.KubernetesProvider {
	return api.KubernetesProvider{
		Server:          api.KubernetesServer{URL: c.URL, CABundle: c.CA},
		Auth:            &api.KubernetesAuth{Token: &api.KubernetesTokenAuth{BearerToken: selector("login", "token")}},
		RemoteNamespace: "vault",
	}
}

func (c *cluster) open(t *testing.T) *reader {
	t.Helper()
	opened, err := Provider{}.Open(t.Context(), storeOf(t, c.spec()), keychain{})
	require.NoError(t, err)
	return opened.(*reader)
}

func selector(name, key string) api.SecretKeySelector {
	return api.SecretKeySelector{Name: name, Key: key}
}

func storeOf(t *testing.T, spec api.KubernetesProvider) provider.Store {
	t.Helper()
	raw, err := json.Marshal(spec)
	require.NoError(t, err)
	return provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Name: "kubernetes", Consumer: "shop", Spec: raw}
}

// keychain is what a store logs in with: every Secret has every key, under the value NAMESPACE-NAME-KEY unless Secrets has
// another.
type keychain struct {
	Secrets map[string][]byte
	Own     *rest.Config
}

func (k keychain) Secret(_ context.Context, namespace, name, key string) (secret.Value, error) {
	if name == "missing" {
		return secret.Value{}, errors.New("there is no Secret")
	}
	if value, ok := k.Secrets[name+"/"+key]; ok {
		return secret.New(value), nil
	}
	return secret.FromString(namespace + "-" + name + "-" + key), nil
}

func (k keychain) Token(_ context.Context, namespace, name string, audiences []string) (secret.Value, time.Time, error) {
	if name == "missing" {
		return secret.Value{}, time.Time{}, errors.New("there is no ServiceAccount")
	}
	return secret.FromString(strings.Join(append([]string{"token-of", namespace, name}, audiences...), "-")), time.Now().Add(time.Hour), nil
}

func (k keychain) ServiceAccount(context.Context, string, string) (map[string]string, error) {
	return nil, errors.New("nobody needs the annotations")
}

func (k keychain) ConfigMap(_ context.Context, _, name, key string) (string, error) {
	if value, ok := k.Secrets[name+"/"+key]; ok {
		return string(value), nil
	}
	return "", errors.New("there is no ConfigMap")
}

func (k keychain) APIServer() *rest.Config { return rest.CopyConfig(k.Own) }

func refs(keys ...string) []provider.Ref {
	var all []provider.Ref
	for _, key := range keys {
		all = append(all, provider.Ref{Key: key})
	}
	return all
}

// clientCertificate makes a certificate for a common name, and its key, both PEM.
func clientCertificate(t *testing.T, name string) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	template.Subject.CommonName = name
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	rawKey, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: rawKey})
}
