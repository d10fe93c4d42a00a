package engine_test

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

func TestJWK(t *testing.T) {
	for name, key := range map[string]crypto.Signer{
		"RSA":     newRSA(t),
		"EC":      issue(t, "x", nil, true).key,
		"Ed25519": newEd25519(t),
	} {
		t.Run("a private key of "+name+" becomes PKCS #8", func(t *testing.T) {
			der, err := x509.MarshalPKCS8PrivateKey(key)
			require.NoError(t, err)
			got, err := render("{{ jwkPrivateKeyPem .jwk }}", map[string]string{"jwk": toJWK(t, key)}, engine.Options{})
			require.NoError(t, err)
			assert.Equal(t, toPEM("PRIVATE KEY", der), got)
		})
		t.Run("a public key of "+name+" becomes PKIX", func(t *testing.T) {
			der, err := x509.MarshalPKIXPublicKey(key.Public())
			require.NoError(t, err)
			got, err := render("{{ jwkPublicKeyPem .jwk }}", map[string]string{"jwk": toJWK(t, key.Public())}, engine.Options{})
			require.NoError(t, err)
			assert.Equal(t, toPEM("PUBLIC KEY", der), got)
		})
		t.Run("a private key of "+name+" is no public key", func(t *testing.T) {
			_, err := render("{{ jwkPublicKeyPem .jwk }}", map[string]string{"jwk": toJWK(t, key)}, engine.Options{})
			require.EqualError(t, err, "line 1: jwkPublicKeyPem: the JWK is not a public key")
		})
		t.Run("a public key of "+name+" is no private key", func(t *testing.T) {
			_, err := render("{{ jwkPrivateKeyPem .jwk }}", map[string]string{"jwk": toJWK(t, key.Public())}, engine.Options{})
			require.EqualError(t, err, "line 1: jwkPrivateKeyPem: the JWK is not a private key")
		})
	}
}

// From RFC 7517, appendix A.1: written by another program than the one that reads it here.
const publishedJWK = `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"}`

func TestPublishedJWK(t *testing.T) {
	got, err := render("{{ jwkPublicKeyPem .jwk }}", map[string]string{"jwk": publishedJWK}, engine.Options{})
	require.NoError(t, err)
	assert.Equal(t, `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMKBCTNIcKUSDii11ySs3526iDZ8A
iTo7Tu6KPAqv7D7gS2XpJFbZiItSs3m9+9Ue6GnvHw/GW2ZZaVtszggXIw==
-----END PUBLIC KEY-----
`, got)
}

func TestWhatIsNoJWK(t *testing.T) {
	for name, jwk := range map[string]string{
		"nothing":               "",
		"no JSON":               "hello",
		"another kty":           `{"kty":"x"}`,
		"a point off the curve": `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render("{{ jwkPublicKeyPem .jwk }}", map[string]string{"jwk": jwk}, engine.Options{})
			require.EqualError(t, err, "line 1: jwkPublicKeyPem: the text is not a JWK: it must be a JSON object with kty RSA, EC or OKP and the parts of that key")
		})
	}
	_, err := render("{{ jwkPublicKeyPem (repeat 50000 \"x\") }}", nil, engine.Options{})
	require.EqualError(t, err, "line 1: jwkPublicKeyPem: the JWK has more than 40960 bytes")
}

func toJWK(t *testing.T, key any) string {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKey{Key: key})
	require.NoError(t, err)
	return string(text)
}
