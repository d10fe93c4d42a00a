package engine_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// identity is a certificate with its key.
type identity struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func (i identity) pem() string { return toPEM("CERTIFICATE", i.certificate.Raw) }

func (i identity) keyPEM(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	require.NoError(t, err)
	return toPEM("PRIVATE KEY", der)
}

func toPEM(blockType string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der}))
}

// issue makes a certificate, signed by issuer or, if that is nil, by itself. With ids it has key identifiers.
func issue(t *testing.T, name string, issuer *identity, ids bool) identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return issueFor(t, name, key, issuer, ids)
}

func issueFor(t *testing.T, name string, key crypto.Signer, issuer *identity, ids bool) identity {
	t.Helper()
	location, err := url.Parse("spiffe://example.com/" + name)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:   big.NewInt(time.Now().UnixNano()),
		Subject:        pkix.Name{CommonName: name},
		NotBefore:      time.Now().Add(-time.Hour),
		NotAfter:       time.Now().Add(time.Hour),
		DNSNames:       []string{name + ".example.com", "www.example.com"},
		IPAddresses:    []net.IP{net.ParseIP("192.0.2.1"), net.ParseIP("2001:db8::1")},
		EmailAddresses: []string{name + "@example.com"},
		URIs:           []*url.URL{location},
	}
	if ids {
		template.SubjectKeyId = []byte("id of " + name)
		if issuer == nil {
			template.AuthorityKeyId = template.SubjectKeyId
		}
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.certificate, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return identity{certificate: certificate, key: key}
}

// chainOf makes a root, two intermediates and a leaf.
func chainOf(t *testing.T, ids bool) (leaf, lower, upper, root identity) {
	t.Helper()
	root = issue(t, "root", nil, ids)
	upper = issue(t, "upper", &root, ids)
	lower = issue(t, "lower", &upper, ids)
	return issue(t, "leaf", &lower, ids), lower, upper, root
}

func newRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key
}

func newEd25519(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}
