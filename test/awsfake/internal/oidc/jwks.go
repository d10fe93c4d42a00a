package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
)

// JWKS is a JSON web key set, as an issuer publishes it. Keys of other kinds than RSA and EC P-256 are ignored.
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// UnmarshalJSON implements json.Unmarshaler. It ignores what it does not know even within a strict decoder, because issuers publish
// more about their keys than matters here.
func (s *JWKS) UnmarshalJSON(data []byte) error {
	var set struct {
		Keys []JWK `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return fmt.Errorf("decode the key set: %w", err)
	}
	s.Keys = set.Keys
	return nil
}

// JWK is one public key of a set.
type JWK struct {
	Kind  string `json:"kty"`
	ID    string `json:"kid"`
	N     string `json:"n,omitempty"` // RSA modulus, and
	E     string `json:"e,omitempty"` // exponent
	Curve string `json:"crv,omitempty"`
	X     string `json:"x,omitempty"`
	Y     string `json:"y,omitempty"`
}

func (s JWKS) keys() (map[string]crypto.PublicKey, error) {
	keys := map[string]crypto.PublicKey{}
	for _, k := range s.Keys {
		key, err := k.public()
		if err != nil {
			return nil, fmt.Errorf("read key %q: %w", k.ID, err)
		}
		if key != nil {
			keys[k.ID] = key
		}
	}
	return keys, nil
}

// public is the key, or nil when its kind is not known here.
func (k JWK) public() (crypto.PublicKey, error) {
	switch {
	case k.Kind == "RSA":
		n, err := base64.RawURLEncoding.DecodeString(k.N)
		if err != nil {
			return nil, fmt.Errorf("decode n: %w", err)
		}
		e, err := base64.RawURLEncoding.DecodeString(k.E)
		if err != nil {
			return nil, fmt.Errorf("decode e: %w", err)
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
	case k.Kind == "EC" && k.Curve == "P-256":
		point := []byte{4} // uncompressed
		for _, coordinate := range []string{k.X, k.Y} {
			b, err := base64.RawURLEncoding.DecodeString(coordinate)
			if err != nil {
				return nil, fmt.Errorf("decode the point: %w", err)
			}
			point = append(point, b...)
		}
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			return nil, fmt.Errorf("read the point: %w", err)
		}
		return key, nil
	}
	return nil, nil
}
