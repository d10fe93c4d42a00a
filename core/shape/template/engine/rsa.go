package engine

import (
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // what was encrypted with SHA-1 can be read with SHA-1 only
	"crypto/sha256"
	"crypto/sha512"
)

// rsaFunctions decrypt.
func rsaFunctions() map[string]any {
	return map[string]any{"rsaDecrypt": rsaDecrypt}
}

// rsaDecrypt decrypts text, which is not encoded, under a scheme: None, which leaves it as it is, or RSA-OAEP with a hash
// (SHA1, SHA512, or SHA-256 for anything else) and a private key in PEM.
func rsaDecrypt(scheme, hashName, text, key string) (string, error) {
	switch scheme {
	case "None":
		return text, nil
	case "RSA-OAEP":
	default:
		return "", problem("the scheme is none of None and RSA-OAEP")
	}
	sum := sha256.New()
	switch hashName {
	case "SHA1":
		sum = sha1.New() //nolint:gosec // as above
	case "SHA512":
		sum = sha512.New()
	}
	parsed, err := privateKey(key)
	if err != nil {
		return "", err
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return "", problem("the private key is not one of RSA")
	}
	plain, err := rsa.DecryptOAEP(sum, nil, private, []byte(text), nil)
	if err != nil {
		return "", problem("the text can't be decrypted with this key and hash; encoded text needs b64dec first")
	}
	return string(plain), nil
}
