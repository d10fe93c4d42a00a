package engine

import (
	"crypto/x509"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// jwkFunctions turn a JSON Web Key (RSA, EC or Ed25519) into PEM.
func jwkFunctions() map[string]any {
	return map[string]any{
		"jwkPublicKeyPem": func(jwk string) (string, error) {
			key, err := parseJWK(jwk)
			if err != nil {
				return "", err
			}
			der, err := x509.MarshalPKIXPublicKey(key)
			if err != nil {
				return "", problem("the JWK is not a public key")
			}
			return encodePEM(blockPublicKey, der), nil
		},
		"jwkPrivateKeyPem": func(jwk string) (string, error) {
			key, err := parseJWK(jwk)
			if err != nil {
				return "", err
			}
			der, err := x509.MarshalPKCS8PrivateKey(key)
			if err != nil {
				return "", problem("the JWK is not a private key")
			}
			return encodePEM(blockPrivateKey, der), nil
		},
	}
}

func parseJWK(text string) (any, error) {
	if len(text) > 4*maxKey {
		return nil, problem(fmt.Sprintf("the JWK has more than %d bytes", 4*maxKey))
	}
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON([]byte(text)); err != nil {
		return nil, problem("the text is not a JWK: it must be a JSON object with kty RSA, EC or OKP and the parts of that key")
	}
	return jwk.Key, nil
}
