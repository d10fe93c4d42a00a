package pki

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
)

// ServiceAccountKey makes the private key, in PEM, that signs service account tokens. The API server verifies them with it too.
// It is RSA, as in most clusters: what verifies tokens outside of the cluster often knows RS256 only.
func ServiceAccountKey() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make the service account key: %w", err)
	}
	encoded, err := encodeKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode the service account key: %w", err)
	}
	return encoded, nil
}
