package azurekv

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kdf"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// assertionFor is how long what a certificate signs is good for.
const assertionFor = 10 * time.Minute

// packedSize is how many bytes of PKCS#12 are opened: a chain with its key has less, and a key as large as a Secret takes an hour to read.
const packedSize = 64 << 10

// certificate proves to be an application.
type certificate struct {
	leaf *x509.Certificate
	key  *rsa.PrivateKey
}

// certificateOf reads a certificate and its private key: PEM, in any order, or PKCS#12 without a password. What a library says of the
// content is not passed on.
func certificateOf(content []byte) (certificate, error) {
	if block, _ := pem.Decode(content); block == nil {
		return fromPKCS12(content)
	}
	var (
		leaves []*x509.Certificate
		key    *rsa.PrivateKey
	)
	for rest := content; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch block.Type {
		case "CERTIFICATE":
			leaf, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return certificate{}, invalid("%s.authSecretRef.clientCertificate holds a certificate that can't be read", field)
			}
			leaves = append(leaves, leaf)
		case "PRIVATE KEY", "RSA PRIVATE KEY":
			if parsed, ok := provider.RSAKey(block.Bytes); ok {
				key = parsed
			}
		}
	}
	for _, leaf := range leaves { // a chain may come in any order
		if public, ok := leaf.PublicKey.(*rsa.PublicKey); ok && key != nil && key.PublicKey.Equal(public) {
			return certificate{leaf: leaf, key: key}, nil
		}
	}
	return certificate{}, invalid("%s.authSecretRef.clientCertificate does not hold a certificate and its RSA private key, unencrypted and of at most %d bits", field, provider.KeyBits)
}

func fromPKCS12(content []byte) (certificate, error) {
	if len(content) > packedSize {
		return certificate{}, invalid("%s.authSecretRef.clientCertificate is no PEM, and too large for PKCS#12: that may have %d bytes", field, packedSize)
	}
	if _, err := kdf.Iterations(content); err != nil {
		return certificate{}, invalid("%s.authSecretRef.clientCertificate can't be opened: %v", field, err)
	}
	parsed, leaf, _, err := pkcs12.DecodeChain(content, "")
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok || !provider.Signs(key) {
		return certificate{}, invalid("%s.authSecretRef.clientCertificate is neither PEM nor PKCS#12 without a password, with a certificate and its RSA private key of at most %d bits",
			field, provider.KeyBits)
	}
	return certificate{leaf: leaf, key: key}, nil
}

// assertion is what an application signs to get a token.
func (c certificate) assertion(who application, now time.Time) (string, error) {
	thumbprint := sha256.Sum256(c.leaf.Raw)
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(thumbprint[:]))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: c.key}, options)
	if err != nil {
		return "", invalid("%s.authSecretRef.clientCertificate can't sign: its key does not suit", field)
	}
	claims, err := json.Marshal(map[string]any{
		"aud": who.endpoint, "iss": who.client, "sub": who.client, "jti": uuid.NewString(),
		"nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(assertionFor).Unix(),
	})
	if err != nil {
		return "", invalid("the assertion of the certificate can't be encoded")
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", invalid("%s.authSecretRef.clientCertificate can't sign: its key does not suit", field)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		return "", invalid("the assertion of the certificate can't be encoded")
	}
	return text, nil
}
