package pki_test

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/pki"
)

func TestCertificatesWorkInAHandshake(t *testing.T) {
	authority := newAuthority(t)
	var user string
	var groups []string
	url := serve(t, authority, func(state *tls.ConnectionState) {
		user, groups = state.PeerCertificates[0].Subject.CommonName, state.PeerCertificates[0].Subject.Organization
	})
	tests := []struct {
		name   string
		roots  *pki.Authority // whom the client trusts
		signer *pki.Authority // who vouches for the client
		fails  string
	}{
		{name: "both sides of one authority", roots: authority, signer: authority},
		{name: "a client of another authority is turned away", roots: authority, signer: newAuthority(t), fails: "remote error"},
		{name: "a server of another authority is not trusted", roots: newAuthority(t), signer: authority, fails: "unknown authority"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			client, err := tc.signer.Client("jane", "readers", "writers")
			require.NoError(t, err)
			err = request(t, url, tc.roots, client)
			if tc.fails != "" {
				require.ErrorContains(t, err, tc.fails)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "jane", user)
			require.Equal(t, []string{"readers", "writers"}, groups)
		})
	}
}

func TestServiceAccountKeyIsRSA(t *testing.T) {
	encoded, err := pki.ServiceAccountKey()
	require.NoError(t, err)
	block, rest := pem.Decode(encoded)
	require.NotNil(t, block)
	require.Empty(t, rest)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	require.IsType(t, &rsa.PrivateKey{}, key)
}

func newAuthority(t *testing.T) *pki.Authority {
	t.Helper()
	authority, err := pki.NewAuthority("test")
	require.NoError(t, err)
	return authority
}

// serve runs a server of the authority that demands a client certificate, and returns its URL.
func serve(t *testing.T, authority *pki.Authority, seen func(*tls.ConnectionState)) string {
	t.Helper()
	pair, err := authority.Server("server", "127.0.0.1", "localhost")
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen(r.TLS) }))
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{keyPair(t, pair)},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    pool(t, authority),
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// request asks the server with the client's pair.
func request(t *testing.T, url string, roots *pki.Authority, client pki.Pair) error {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: pool(t, roots), Certificates: []tls.Certificate{keyPair(t, client)},
	}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func keyPair(t *testing.T, pair pki.Pair) tls.Certificate {
	t.Helper()
	cert, err := tls.X509KeyPair(pair.Cert, pair.Key)
	require.NoError(t, err)
	return cert
}

func pool(t *testing.T, authority *pki.Authority) *x509.CertPool {
	t.Helper()
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(authority.CertPEM))
	return roots
}
