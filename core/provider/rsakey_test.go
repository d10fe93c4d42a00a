package provider_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"testing"

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
