package engine_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"hash"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

func TestRSADecrypt(t *testing.T) {
	key := newRSA(t)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	encrypted := func(sum hash.Hash) string {
		text, err := rsa.EncryptOAEP(sum, rand.Reader, &key.PublicKey, []byte("plain"), nil)
		require.NoError(t, err)
		return string(text)
	}
	values := map[string]string{
		"sha1": encrypted(sha1.New()), "sha256": encrypted(sha256.New()), "sha512": encrypted(sha512.New()),
		"base64": base64.StdEncoding.EncodeToString([]byte(encrypted(sha256.New()))),
		"pkcs8":  toPEM("PRIVATE KEY", pkcs8), "pkcs1": toPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)),
		"ec": issue(t, "x", nil, true).keyPEM(t),
	}
	for name, tc := range map[string]struct{ template, want string }{
		"SHA-1":                               {`{{ rsaDecrypt "RSA-OAEP" "SHA1" .sha1 .pkcs8 }}`, "plain"},
		"SHA-256":                             {`{{ rsaDecrypt "RSA-OAEP" "SHA256" .sha256 .pkcs8 }}`, "plain"},
		"SHA-512":                             {`{{ rsaDecrypt "RSA-OAEP" "SHA512" .sha512 .pkcs8 }}`, "plain"},
		"None as a hash is SHA-256":           {`{{ rsaDecrypt "RSA-OAEP" "None" .sha256 .pkcs8 }}`, "plain"},
		"a hash that is not known is SHA-256": {`{{ rsaDecrypt "RSA-OAEP" "" .sha256 .pkcs8 }}`, "plain"},
		"a key as PKCS #1":                    {`{{ rsaDecrypt "RSA-OAEP" "SHA256" .sha256 .pkcs1 }}`, "plain"},
		"text in base64":                      {`{{ rsaDecrypt "RSA-OAEP" "SHA256" (.base64 | b64dec) .pkcs8 }}`, "plain"},
		"None leaves the text as it is":       {`{{ rsaDecrypt "None" "None" "text" "" }}`, "text"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := render(tc.template, values, engine.Options{})
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
	for name, tc := range map[string]struct{ template, want string }{
		"another scheme":     {`{{ rsaDecrypt "RSA" "SHA1" .sha1 .pkcs8 }}`, "the scheme is none of None and RSA-OAEP"},
		"another hash":       {`{{ rsaDecrypt "RSA-OAEP" "SHA1" .sha256 .pkcs8 }}`, "the text can't be decrypted with this key and hash; encoded text needs b64dec first"},
		"no key":             {`{{ rsaDecrypt "RSA-OAEP" "SHA1" .sha1 "" }}`, "the text has no private key in PEM"},
		"a key of EC":        {`{{ rsaDecrypt "RSA-OAEP" "SHA1" .sha1 .ec }}`, "the private key is not one of RSA"},
		"text still encoded": {`{{ rsaDecrypt "RSA-OAEP" "SHA256" .base64 .pkcs8 }}`, "the text can't be decrypted with this key and hash; encoded text needs b64dec first"},
	} {
		t.Run(name+" is an error", func(t *testing.T) {
			_, err := render(tc.template, values, engine.Options{})
			require.EqualError(t, err, "line 1: rsaDecrypt: "+tc.want)
		})
	}
}
