package azurekv_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func selfSigned(t *testing.T) (*rsa.PrivateKey, []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "app"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return key, append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
}

func TestACertificateLogsIn(t *testing.T) {
	a := harness.Azure(t)
	key, text := selfSigned(t)
	a.App(t, harness.AzureApp{ClientID: clientID, Certificates: []string{string(text)}, Roles: user()})
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	_, foreign := selfSigned(t)
	block, rest := pem.Decode(text)
	leaf, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	packed, err := pkcs12.Modern.Encode(key, leaf, nil, "")
	require.NoError(t, err)
	sealed, err := pkcs12.Modern.Encode(key, leaf, nil, "canary")
	require.NoError(t, err)
	slow, err := asn1.Marshal(struct {
		Salt       []byte
		Iterations int
	}{[]byte("salt"), math.MaxInt32})
	require.NoError(t, err)
	large, err := x509.ParsePKCS1PrivateKey(harness.SlowKey(t, 12288))
	require.NoError(t, err)
	largeLeaf := &x509.Certificate{SerialNumber: big.NewInt(7), NotAfter: time.Now().Add(time.Hour)}
	largeDER, err := x509.CreateCertificate(rand.Reader, largeLeaf, leaf, &large.PublicKey, key)
	require.NoError(t, err)
	huge := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: largeDER}),
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(large)})...)
	largeLeaf, err = x509.ParseCertificate(largeDER)
	require.NoError(t, err)
	hugePacked, err := pkcs12.Modern.Encode(large, largeLeaf, nil, "")
	require.NoError(t, err)
	older := append(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), text[:len(text)-len(rest)]...)
	chained := append(append([]byte(nil), foreign[:strings.Index(string(foreign), "-----BEGIN PRIVATE")]...), text...)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	onCurve, err := x509.MarshalPKCS8PrivateKey(curve)
	require.NoError(t, err)
	const byCertificate = `"tenantId":"` + harness.AzureTenant + `","authSecretRef":{"clientId":{"name":"login","key":"id"},"clientCertificate":{"name":"login","key":"cert"}}`
	for name, tc := range map[string]struct {
		content []byte
		want    string
	}{
		"in PEM":                                 {text, ""},
		"with the key first, in its old form":    {older, ""},
		"in a chain, whatever its order":         {chained, ""},
		"in PKCS#12":                             {packed, ""},
		"not if it is another's":                 {foreign, "AADSTS700027"},
		"not in PKCS#12 with a password":         {sealed, "PKCS#12 without a password"},
		"not in PKCS#12 that takes hours":        {slow, "clientCertificate can't be opened: the file derives its key in more than 2000000 iterations"},
		"not without its key":                    {text[:len(text)-len(rest)], "does not hold a certificate and its RSA private key"},
		"not with a key too large to sign with":  {huge, "its RSA private key, unencrypted and of at most 8192 bits"},
		"not with such a key in PKCS#12":         {hugePacked, "its RSA private key of at most 8192 bits"},
		"not in PKCS#12 of the size of a Secret": {make([]byte, 1<<20), "too large for PKCS#12"},
		"not with a key on a curve":              {append(text[:len(text)-len(rest):len(text)-len(rest)], pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: onCurve})...), "does not hold"},
		"not if it is none":                      {[]byte("canary"), "neither PEM nor PKCS#12"},
		"not if it can't be read":                {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("canary")}), "can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			err := login(t, fast(t, a), storeOf(byCertificate), keychain{values: map[string]string{"shop/login/id": clientID, "shop/login/cert": string(tc.content)}})
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}
