package provider_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestRSAKey(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	newer, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	onCurve, err := x509.MarshalPKCS8PrivateKey(curve)
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		der  []byte
		want bool
	}{
		"PKCS #1":                       {x509.MarshalPKCS1PrivateKey(key), true},
		"PKCS #8":                       {newer, true},
		"a key on a curve":              {onCurve, false},
		"what is no key":                {[]byte("hello"), false},
		"nothing":                       {nil, false},
		"a key that takes some seconds": {harness.SlowKey(t, 12288), false},
		"a key that takes half an hour": {harness.SlowKey(t, 1<<17), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, ok := provider.RSAKey(tc.der)
			assert.Equal(t, tc.want, ok)
		})
	}
}

func TestKeyPair(t *testing.T) {
	issuer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	// certified is a certificate for a public key, PEM.
	certified := func(public any) []byte {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, public, issuer)
		require.NoError(t, err)
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	// ofRSA is a pair of an RSA key, PKCS #1.
	ofRSA := func(der []byte) [2][]byte {
		key, err := x509.ParsePKCS1PrivateKey(der)
		require.NoError(t, err)
		return [2][]byte{certified(&key.PublicKey), pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der})}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	onCurve, err := x509.MarshalPKCS8PrivateKey(issuer)
	require.NoError(t, err)
	curve := [2][]byte{certified(&issuer.PublicKey), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: onCurve})}
	hours := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: harness.SlowKey(t, 1<<17)})
	for name, tc := range map[string]struct {
		pair [2][]byte
		want bool
	}{
		"RSA":                              {ofRSA(x509.MarshalPKCS1PrivateKey(key)), true},
		"a curve":                          {curve, true},
		"a key that takes some seconds":    {ofRSA(harness.SlowKey(t, 12288)), false},
		"a key that takes half an hour":    {[2][]byte{curve[0], hours}, false},
		"such a key behind something else": {[2][]byte{curve[0], append(pem.EncodeToMemory(&pem.Block{Type: "X", Bytes: []byte("x")}), hours...)}, false},
		"the key of another certificate":   {[2][]byte{certified(&key.PublicKey), curve[1]}, false},
		"what is no certificate":           {[2][]byte{[]byte("canary"), curve[1]}, false},
		"what is no key":                   {[2][]byte{curve[0], []byte("canary")}, false},
		"nothing":                          {[2][]byte{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := provider.KeyPair(tc.pair[0], tc.pair[1])
			if tc.want {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "there is no certificate with its key")
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}
