package explain_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// at arranges that Secrets Manager is looked for at an address; STS is where it was.
func at(address func(t *testing.T, w *world) string) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		w.withEnvironment("AWS_ENDPOINT_URL_SECRETS_MANAGER=" + address(t, w))
		w.apply(t, patiently(store(), 1), reading("plain"))
	}
}

func TestAnEndpointThatCanNotBeReachedIsExplained(t *testing.T) {
	t.Parallel()
	explainAll(t, []fault{
		{
			name:    "the name of the endpoint has no address",
			arrange: at(func(*testing.T, *world) string { return "https://secretsmanager.us-east-9.invalid" }),
			step:    trace.Read, id: "NET-50", owner: diagnose.Platform, says: []string{"secretsmanager.us-east-9.invalid"},
		}, {
			name: "nothing listens at the endpoint",
			arrange: at(func(t *testing.T, _ *world) string {
				return "http://" + listen(t, func(l net.Listener) { _ = l.Close() })
			}),
			step: trace.Read, id: "NET-51", owner: diagnose.Platform, says: []string{"connection refused"},
		}, {
			name: "the endpoint takes connections and says nothing",
			arrange: at(func(t *testing.T, _ *world) string {
				return "https://" + listen(t, func(net.Listener) {})
			}),
			step: trace.Read, id: "NET-03", owner: diagnose.Platform, says: []string{"TLS handshake timeout"},
		}, {
			name: "something else answers at the endpoint",
			arrange: at(func(t *testing.T, _ *world) string {
				page := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
					_, _ = answer.Write([]byte("<html><title>Sign in to the proxy</title></html>"))
				}))
				t.Cleanup(page.Close)
				return page.URL
			}),
			step: trace.Read, id: "NET-52", owner: diagnose.Platform,
		}, {
			name: "the certificate is of an authority that is not known",
			arrange: at(func(t *testing.T, w *world) string {
				url, _ := w.encrypted(t, func(*x509.Certificate) {})
				return url
			}),
			step: trace.Read, id: "TLS-01", owner: diagnose.Platform, says: []string{"certificate signed by unknown authority"},
		}, {
			name: "the certificate has expired",
			arrange: at(func(t *testing.T, w *world) string {
				url, certificate := w.encrypted(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })
				w.withEnvironment("AWS_CA_BUNDLE=" + certificate)
				return url
			}),
			step: trace.Read, id: "TLS-03", owner: diagnose.Platform, says: []string{"certificate has expired"},
		}, {
			name: "the certificate is for another name",
			arrange: at(func(t *testing.T, w *world) string {
				url, certificate := w.encrypted(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"elsewhere.example"} })
				w.withEnvironment("AWS_CA_BUNDLE=" + certificate)
				return url
			}),
			step: trace.Read, id: "TLS-50", owner: diagnose.Platform,
		}, {
			name: "STS can't be reached for the role",
			arrange: func(t *testing.T, w *world) {
				w.federate(t)
				w.withEnvironment("AWS_ENDPOINT_URL_STS=https://sts.us-east-9.invalid")
				w.apply(t, serviceAccount(), patiently(storeOf(asApp), 1), reading("plain"))
			},
			step: trace.Identity, id: "NET-50", owner: diagnose.Platform, says: []string{"sts.us-east-9.invalid"},
			shows: map[trace.Step][]string{trace.Token: {"subject: system:serviceaccount:NAMESPACE:app"}},
		}, {
			name: "the clock differs from that of AWS",
			arrange: func(t *testing.T, w *world) {
				w.aws.Clock(t, time.Hour)
				w.apply(t, patiently(store(), 1), reading("plain"))
			},
			step: trace.Identity, id: "AWS-51", owner: diagnose.Platform, says: []string{"Signature expired"},
		},
	})
}

// listen is the address of a listener that accepts nobody, after what is done to it.
func listen(t *testing.T, then func(net.Listener)) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	then(listener)
	return listener.Addr().String()
}

// encrypted is the URL of an endpoint of the world by TLS, and the path of its certificate, which signs itself and is good but for what
// the fault makes of it.
func (w *world) encrypted(t *testing.T, spoil func(*x509.Certificate)) (url, path string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "endpoint"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	spoil(template)
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600))

	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, path
}
