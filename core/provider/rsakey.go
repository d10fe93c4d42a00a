package provider

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

// KeyBits is the limit for the RSA keys that stores sign with: the work grows with the third power, and whoever writes a Secret chooses it.
const KeyBits = 8192

// keySize is how many bytes the DER of such a key has at most.
const keySize = 8 << 10

// RSAKey reads an RSA private key, PKCS #1 or #8, and tells whether it is one, of a size to sign with.
func RSAKey(der []byte) (*rsa.PrivateKey, bool) {
	if len(der) > keySize {
		return nil, false
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, Signs(key)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	key, ok := parsed.(*rsa.PrivateKey)
	return key, ok && err == nil && Signs(key)
}

// Signs tells whether a key is of a size to sign with.
func Signs(key *rsa.PrivateKey) bool { return key.N.BitLen() <= KeyBits }

var errNoKeyPair = fmt.Errorf("there is no certificate with its key, both in PEM, an RSA key of %d bits at most", KeyBits)

// KeyPair reads a certificate and its key from PEM, for connections to show. It refuses an RSA key of more than KeyBits, as RSAKey does.
// The error quotes nothing.
func KeyPair(certificate, key []byte) (tls.Certificate, error) {
	for block, rest := pem.Decode(key); block != nil; block, rest = pem.Decode(rest) {
		if strings.HasSuffix(block.Type, "PRIVATE KEY") && len(block.Bytes) > keySize {
			return tls.Certificate{}, errNoKeyPair
		}
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if private, ok := pair.PrivateKey.(*rsa.PrivateKey); err != nil || ok && !Signs(private) {
		return tls.Certificate{}, errNoKeyPair
	}
	return pair, nil
}
