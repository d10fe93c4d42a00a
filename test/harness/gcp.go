package harness

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gcpReady is how long the fake of Google may take to start.
const gcpReady = 30 * time.Second

// GCPServer is a fake of Google Cloud that belongs to one test: Secret Manager, IAM and the ways of logging in. Programs reach it by
// Google's names: it is a proxy that leads nowhere else, and has certificates of an authority of its own.
type GCPServer struct {
	// URL is that of the proxy, Metadata the host of the metadata server and CA the authority's certificate, PEM.
	URL      string
	Metadata string
	CA       string
}

// GCPFault makes requests be answered in the place of whom they are for.
type GCPFault struct {
	// Request is what a request begins with, as Requests has it.
	Request string `json:"request"`
	// Status and Body are what is answered, with these headers.
	Status int               `json:"status"`
	Body   string            `json:"body"`
	Header map[string]string `json:"header,omitempty"`
	// Times is how often; then it is over.
	Times int `json:"times"`
}

// GCPSecret is a secret whose Name is projects/PROJECT[/locations/LOCATION]/secrets/NAME. Put adds Value as a new version.
type GCPSecret struct {
	Name        string            `json:"name"`
	Value       []byte            `json:"value"` // nil makes a secret without a version
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Aliases     map[string]int64  `json:"aliases"`
}

// GCPBinding is one of a policy of IAM's. Resource is a project such as projects/shop, a secret, or serviceAccounts/EMAIL.
type GCPBinding struct {
	Resource string   `json:"resource"`
	Role     string   `json:"role"`
	Members  []string `json:"members"`
	// Condition is how the names of secrets begin, in the words in which rbac prints it; empty is none.
	Condition string `json:"condition,omitempty"`
}

// GCPIssuer is an identity provider that a workload identity pool trusts. Audience is what a login names it by, Audiences are those that
// its tokens may be for.
type GCPIssuer struct {
	Audience  string          `json:"audience"`
	Issuer    string          `json:"issuer"`
	JWKS      json.RawMessage `json:"jwks"`
	Audiences []string        `json:"audiences"`
}

// GCPMachine is what the metadata server tells. Without an Account the machine has no service account.
type GCPMachine struct {
	Project  string `json:"project"`
	Cluster  string `json:"cluster"`
	Location string `json:"location"`
	Account  string `json:"account"`
}

// GCP starts a fake that has no secrets and lets nobody in. It stops when the test ends.
func GCP(t testing.TB) *GCPServer {
	t.Helper()
	Need(t)
	bin, err := shared.build(program{module: "test/gcpfake", pkg: "."})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), gcpReady)
	defer cancel()
	c, line, err := startChild(ctx, bin)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Errorf("stop the fake of Google: %v", err)
		}
	})
	g := &GCPServer{}
	require.NoError(t, json.Unmarshal(line, g), "first line of %s: %s", bin, line)
	return g
}

// Env are the variables by which a program finds it, and none of the credentials that the developer's own environment might offer. They
// are the ones that Google's own programs know.
func (g *GCPServer) Env(t testing.TB) []string {
	t.Helper()
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	require.NoError(t, os.WriteFile(ca, []byte(g.CA), 0o600))
	return []string{
		"HTTPS_PROXY=" + g.URL, "SSL_CERT_FILE=" + ca, "GCE_METADATA_HOST=" + g.Metadata, "CLOUDSDK_CONFIG=" + dir, "GOOGLE_APPLICATION_CREDENTIALS=",
	}
}

// Transport leads to it within the test's own process, which finds a proxy and its authorities only once.
func (g *GCPServer) Transport(t testing.TB) http.RoundTripper {
	t.Helper()
	proxy, err := url.Parse(g.URL)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM([]byte(g.CA)))
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// Put stores secrets. It passes by the API and its counters, as all of these methods do.
func (g *GCPServer) Put(t testing.TB, all ...GCPSecret) {
	t.Helper()
	g.control(t, "put", all, nil)
}

// State changes that of a version: ENABLED, DISABLED or DESTROYED.
func (g *GCPServer) State(t testing.TB, name string, version int, state string) {
	t.Helper()
	g.control(t, "state", map[string]any{"name": name, "version": version, "state": state}, nil)
}

// Bind lets members do what a role permits.
func (g *GCPServer) Bind(t testing.TB, resource, role string, members ...string) {
	t.Helper()
	g.BindBy(t, GCPBinding{Resource: resource, Role: role, Members: members})
}

// BindBy is Bind with all that a binding has.
func (g *GCPServer) BindBy(t testing.TB, binding GCPBinding) {
	t.Helper()
	g.control(t, "bind", binding, nil)
}

// UnbindAll takes all of that back.
func (g *GCPServer) UnbindAll(t testing.TB) {
	t.Helper()
	g.control(t, "unbind", nil, nil)
}

// Deny takes the right to read a secret's values away from everybody.
func (g *GCPServer) Deny(t testing.TB, name string) {
	t.Helper()
	g.control(t, "deny", name, nil)
}

// Refuse makes so many reads of values fail as too many, and so many come with a wrong checksum.
func (g *GCPServer) Refuse(t testing.TB, refusals, garbled int) {
	t.Helper()
	g.control(t, "refuse", map[string]int{"refusals": refusals, "garbled": garbled}, nil)
}

// Key makes a key of a service account: the JSON that Google gives out.
func (g *GCPServer) Key(t testing.TB, email string) string {
	t.Helper()
	var key json.RawMessage
	g.control(t, "key", email, &key)
	return string(key)
}

// User lets a user log in with a refresh token.
func (g *GCPServer) User(t testing.TB, email, token string) {
	t.Helper()
	g.control(t, "user", map[string]string{"email": email, "token": token}, nil)
}

// Trust makes a pool trust an identity provider.
func (g *GCPServer) Trust(t testing.TB, issuer GCPIssuer) {
	t.Helper()
	g.control(t, "issuer", issuer, nil)
}

// Machine is what the metadata server tells from now on.
func (g *GCPServer) Machine(t testing.TB, machine GCPMachine) {
	t.Helper()
	g.control(t, "machine", machine, nil)
}

// Fault disturbs the next requests; ClearFaults ends that.
func (g *GCPServer) Fault(t testing.TB, fault GCPFault) {
	t.Helper()
	g.control(t, "fault", fault, nil)
}

// ClearFaults ends all faults.
func (g *GCPServer) ClearFaults(t testing.TB) {
	t.Helper()
	g.control(t, "fault", nil, nil)
}

// Revoke ends all tokens.
func (g *GCPServer) Revoke(t testing.TB) {
	t.Helper()
	g.control(t, "revoke", nil, nil)
}

// Slow makes each request take so long.
func (g *GCPServer) Slow(t testing.TB, delay time.Duration) {
	t.Helper()
	g.control(t, "slow", delay.Seconds(), nil)
}

// Most is how many requests there were at the same time since it was asked last.
func (g *GCPServer) Most(t testing.TB) int {
	t.Helper()
	var most int
	g.control(t, "most", nil, &most)
	return most
}

// Requests are those that it got, such as "sts.googleapis.com POST /v1/token", and are forgotten with it.
func (g *GCPServer) Requests(t testing.TB) []string {
	t.Helper()
	var requests []string
	g.control(t, "requests", nil, &requests)
	return requests
}

func (g *GCPServer) control(t testing.TB, path string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, g.URL+"/_fake/"+path, bytes.NewReader(body))
	require.NoError(t, err)
	direct := &http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	response, err := direct.Do(request)
	require.NoError(t, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	require.Less(t, response.StatusCode, 300, "%s: %s", path, answer)
	if out != nil {
		require.NoError(t, json.Unmarshal(answer, out))
	}
}
