package oidc

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
)

// Token is the part of a JSON web token's claims that matters here.
type Token struct {
	Issuer   string
	Subject  string
	Audience []string
	Expires  int64 // seconds since 1970

	algorithm, keyID string
	signed           []byte // header and claims as they were signed
	signature        []byte
}

func parse(raw string) (Token, error) {
	part := strings.Split(raw, ".")
	if len(part) != 3 {
		return Token{}, ErrMalformed
	}
	var header struct{ Alg, Kid string }
	var claims struct {
		Iss, Sub string
		Aud      audience
		Exp      float64 // the standard allows fractions
	}
	signature, err := base64.RawURLEncoding.DecodeString(part[2])
	if err != nil || !decodePart(part[0], &header) || !decodePart(part[1], &claims) || claims.Iss == "" || claims.Exp == 0 {
		return Token{}, ErrMalformed
	}
	return Token{
		Issuer: claims.Iss, Subject: claims.Sub, Audience: claims.Aud, Expires: int64(claims.Exp),
		algorithm: header.Alg, keyID: header.Kid,
		signed: []byte(part[0] + "." + part[1]), signature: signature,
	}, nil
}

func decodePart(part string, into any) bool {
	data, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(data, into) == nil
}

// audience is the aud claim, which may be one string or a list.
type audience []string

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(data, []byte("[")) {
		*a = make([]string, 1)
		return json.Unmarshal(data, &(*a)[0])
	}
	return json.Unmarshal(data, (*[]string)(a))
}

// verify checks the signature against the key the token names, or against all when it names none.
func (t Token) verify(set JWKS) error {
	keys, err := set.keys()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	for id, key := range keys {
		if (t.keyID == "" || t.keyID == id) && t.signedBy(key) {
			return nil
		}
	}
	return ErrSignature
}

// signedBy reports whether the key made the signature, by the one algorithm that this kind of key has here.
func (t Token) signedBy(key crypto.PublicKey) bool {
	digest := sha256.Sum256(t.signed)
	switch key := key.(type) {
	case *rsa.PublicKey:
		return t.algorithm == "RS256" && rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], t.signature) == nil
	case *ecdsa.PublicKey:
		if t.algorithm != "ES256" || len(t.signature) != 64 {
			return false
		}
		return ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(t.signature[:32]), new(big.Int).SetBytes(t.signature[32:]))
	}
	return false
}
