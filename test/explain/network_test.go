package explain_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"io"
	"log"
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
				return w.encrypted(t, false, func(*x509.Certificate) {})
			}),
			step: trace.Read, id: "TLS-01", owner: diagnose.Platform, says: []string{"certificate signed by unknown authority"},
		}, {
			name: "the certificate has expired",
			arrange: at(func(t *testing.T, w *world) string {
				return w.encrypted(t, true, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })
			}),
			step: trace.Read, id: "TLS-03", owner: diagnose.Platform, says: []string{"certificate has expired"},
		}, {
			name: "the certificate is for another name",
			arrange: at(func(t *testing.T, w *world) string {
				return w.encrypted(t, true, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"elsewhere.example"} })
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

// serveTLS serves by TLS, with a certificate that signs itself and is good but for what the fault makes of it.
func serveTLS(t *testing.T, handler http.Handler, spoil func(*x509.Certificate)) (url string, certificate []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "endpoint"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	spoil(template)
	signed, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)

	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{signed}, PrivateKey: key}}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // that its certificate is refused is what it is there for
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})
}

// encrypted is the URL of an endpoint with such a certificate, which the plugin trusts if it is told to.
func (w *world) encrypted(t *testing.T, trusted bool, spoil func(*x509.Certificate)) string {
	t.Helper()
	url, certificate := serveTLS(t, http.NotFoundHandler(), spoil)
	if trusted {
		path := filepath.Join(t.TempDir(), "ca.pem")
		require.NoError(t, os.WriteFile(path, certificate, 0o600))
		w.withEnvironment("AWS_CA_BUNDLE=" + path)
	}
	return url
}

// certificateInBase64 is a certificate in PEM and base64, of nobody who serves anything.
func certificateInBase64(t *testing.T) string {
	t.Helper()
	_, certificate := serveTLS(t, http.NotFoundHandler(), func(*x509.Certificate) {})
	return base64.StdEncoding.EncodeToString(certificate)
}
