package harness

import (
	"bytes"
	"context"
	"crypto/md5" // makes a name
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// AzureVault is the name of the key vault that tests read where they say no other.
	AzureVault = "shop"
	// AzureVaultURL is where it is.
	AzureVaultURL = "https://shop.vault.azure.net"
	// AzureTenant is the tenant that the key vaults are in.
	AzureTenant = "11111111-1111-1111-1111-111111111111"
)

// AzureServer is a fake of Microsoft Entra ID, key vaults and the identity of a machine that belongs to one test. It is behind a proxy: to
// who goes through that, and trusts its CA, the hosts of Azure's clouds are there under their own names.
type AzureServer struct {
	proxy *url.URL
	ca    []byte
}

// AzureApp is an application or a managed identity, with its roles by scope: a key vault such as shop, or what is below one, such as
// shop/secrets/db.
type AzureApp struct {
	ClientID     string              `json:"clientId"`
	ObjectID     string              `json:"objectId"`
	Tenant       string              `json:"tenant,omitempty"` // that of the key vaults if empty
	Secret       string              `json:"secret,omitempty"`
	Expired      bool                `json:"expired,omitempty"` // the secret
	Certificates []string            `json:"certificates,omitempty"`
	Federated    []AzureFederated    `json:"federated,omitempty"`
	Machine      bool                `json:"machine,omitempty"` // the machine has it
	Default      bool                `json:"default,omitempty"` // and takes it where nobody says which
	Roles        map[string][]string `json:"roles,omitempty"`
}

// AzureFederated trusts the tokens of an issuer, by the keys that it publishes.
type AzureFederated struct {
	Issuer   string          `json:"issuer"`
	Subject  string          `json:"subject"`
	Audience string          `json:"audience"`
	JWKS     json.RawMessage `json:"jwks"`
}

// AzureSecret is a new version of a secret of AzureVault.
type AzureSecret struct {
	Vault    string            `json:"vault"`
	Name     string            `json:"name"`
	Value    string            `json:"value"`
	Tags     map[string]string `json:"tags,omitempty"`
	Disabled bool              `json:"disabled,omitempty"`
	Expires  int64             `json:"expires,omitempty"` // seconds since 1970
	Deleted  string            `json:"deleted,omitempty"` // "yes", or "now" while that is going on
}

// AzureSettings are how AzureVault decides: by roles or, where there are any, by the policies, which are permissions such as "secrets get"
// by client id.
type AzureSettings struct {
	Name     string              `json:"name"`
	Policies map[string][]string `json:"policies,omitempty"`
	Firewall bool                `json:"firewall,omitempty"`
	PageSize int                 `json:"pageSize,omitempty"` // of lists; 25 if zero
}

// AzureFault is answered in place of what Azure would say.
type AzureFault struct {
	// Path is what host and path begin with, such as shop.vault.azure.net/secrets/. The machine's host is called machine.
	Path   string            `json:"path"`
	Status int               `json:"status"`
	Body   string            `json:"body"`
	Header map[string]string `json:"header,omitempty"`
	Times  int               `json:"times"`
}

// Azure starts a fake that knows no application, and stops when the test ends.
func Azure(t testing.TB) *AzureServer {
	t.Helper()
	Need(t)
	bin, err := shared.build(program{module: "test/azurefake", pkg: "."})
	require.NoError(t, err)
	c, line, err := startChild(t.Context(), bin, "-tenant", AzureTenant)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Errorf("stop the fake of Azure: %v", err)
		}
	})
	var ready struct{ Proxy, CA string }
	require.NoError(t, json.Unmarshal(line, &ready), "first line of %s: %s", bin, line)
	proxy, err := url.Parse(ready.Proxy)
	require.NoError(t, err)
	return &AzureServer{proxy: proxy, ca: []byte(ready.CA)}
}

// Transport carries requests to the fake, also those that are meant for the address of a machine's identity.
func (a *AzureServer) Transport(t testing.TB) *http.Transport {
	t.Helper()
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(a.ca))
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		Proxy: func(r *http.Request) (*url.URL, error) {
			if r.URL.Scheme == "https" {
				return a.proxy, nil
			}
			return nil, nil
		},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "169.254.169.254:") {
				address = a.proxy.Host
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// Env is by what a program finds the fake, and nothing else of Azure.
func (a *AzureServer) Env(t testing.TB) []string {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, a.ca, 0o600))
	return []string{"HTTPS_PROXY=" + a.proxy.String(), "SSL_CERT_FILE=" + ca}
}

// IdentityEnv is by what a program finds the identity of the host that it runs on.
func (a *AzureServer) IdentityEnv() []string {
	return []string{"IDENTITY_ENDPOINT=" + a.proxy.String() + "/msi/token", "IDENTITY_HEADER=header-of-the-host"}
}

// App makes or changes an application.
func (a *AzureServer) App(t testing.TB, app AzureApp) {
	t.Helper()
	a.post(t, "app", app)
}

// Put adds a version to a secret of AzureVault, past the API.
func (a *AzureServer) Put(t testing.TB, secret AzureSecret) {
	t.Helper()
	if secret.Vault == "" {
		secret.Vault = AzureVault
	}
	a.post(t, "secret", secret)
}

// AzureVersion is what the fake calls a version of a secret, the first of which is 1.
func AzureVersion(name string, number int) string {
	sum := md5.Sum([]byte("secrets/" + name + "#" + strconv.Itoa(number)))
	return hex.EncodeToString(sum[:])
}

// Settle changes how AzureVault decides.
func (a *AzureServer) Settle(t testing.TB, settings AzureSettings) {
	t.Helper()
	settings.Name = AzureVault
	a.post(t, "vault", settings)
}

// Deny takes every right to an object of AzureVault away, such as to secrets/db.
func (a *AzureServer) Deny(t testing.TB, path string) {
	t.Helper()
	a.post(t, "deny", map[string]string{"vault": AzureVault, "path": path})
}

// Fault makes the fake refuse the next requests.
func (a *AzureServer) Fault(t testing.TB, fault AzureFault) {
	t.Helper()
	a.post(t, "fault", fault)
}

// ClearFaults ends all faults.
func (a *AzureServer) ClearFaults(t testing.TB) {
	t.Helper()
	a.do(t, http.MethodDelete, "faults", nil)
}

// Lifetime changes how many seconds tokens are good for.
func (a *AzureServer) Lifetime(t testing.TB, seconds int) {
	t.Helper()
	a.post(t, "lifetime", seconds)
}

// Delay holds each request up.
func (a *AzureServer) Delay(t testing.TB, delay time.Duration) {
	t.Helper()
	a.post(t, "delay", delay.Milliseconds())
}

// Most tells how many requests there were at the same time since it was asked last.
func (a *AzureServer) Most(t testing.TB) int {
	t.Helper()
	var most int
	require.NoError(t, json.Unmarshal(a.do(t, http.MethodPost, "most", nil), &most))
	return most
}

// Astray makes lists say that they go on elsewhere.
func (a *AzureServer) Astray(t testing.TB, to string) {
	t.Helper()
	a.post(t, "astray", to)
}

// Requests are those since the last time, such as "GET shop.vault.azure.net/secrets/db/".
func (a *AzureServer) Requests(t testing.TB) []string {
	t.Helper()
	var requests []string
	require.NoError(t, json.Unmarshal(a.do(t, http.MethodPost, "requests", nil), &requests))
	return requests
}

func (a *AzureServer) post(t testing.TB, what string, body any) {
	t.Helper()
	a.do(t, http.MethodPost, what, body)
}

func (a *AzureServer) do(t testing.TB, method, what string, body any) []byte {
	t.Helper()
	content, err := json.Marshal(body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, a.proxy.JoinPath("control", what).String(), bytes.NewReader(content))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", answer)
	return answer
}

// Key makes a key of AzureVault, of type RSA or EC.
func (a *AzureServer) Key(t testing.TB, name, kind string) {
	t.Helper()
	a.post(t, "key", map[string]string{"vault": AzureVault, "name": name, "kty": kind})
}

// Import makes a certificate of AzureVault of PEM with its private key.
func (a *AzureServer) Import(t testing.TB, name, content string) {
	t.Helper()
	a.post(t, "certificate", map[string]string{"vault": AzureVault, "name": name, "value": content})
}
