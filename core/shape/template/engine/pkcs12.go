package engine

import (
	"crypto"
	"crypto/sha3"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kdf"
)

// pkcs12Functions read PKCS #12 files, which are DER, and make them, as base64.
func pkcs12Functions(b *budget) map[string]any {
	readKey := func(password, file string) (string, error) { return pkcs12Key(b, password, file) }
	readCertificates := func(password, file string) (string, error) { return pkcs12Certificates(b, password, file) }
	leafOnly := func(password, certificate, key string) (string, error) {
		return makePKCS12(password, certificate, key, false)
	}
	withChain := func(password, certificate, key string) (string, error) {
		return makePKCS12(password, certificate, key, true)
	}
	return map[string]any{
		"pkcs12key":                 func(file string) (string, error) { return readKey("", file) },
		"pkcs12keyPass":             readKey,
		"pkcs12cert":                func(file string) (string, error) { return readCertificates("", file) },
		"pkcs12certPass":            readCertificates,
		"pemToPkcs12":               func(certificate, key string) (string, error) { return leafOnly("", certificate, key) },
		"pemToPkcs12Pass":           func(certificate, key, password string) (string, error) { return leafOnly(password, certificate, key) },
		"fullPemToPkcs12":           func(chain, key string) (string, error) { return withChain("", chain, key) },
		"fullPemToPkcs12Pass":       func(chain, key, password string) (string, error) { return withChain(password, chain, key) },
		"pemTruststoreToPKCS12":     func(text string) (string, error) { return makeTrustStore("", text) },
		"pemTruststoreToPKCS12Pass": func(text, password string) (string, error) { return makeTrustStore(password, text) },
	}
}

// pkcs12Key gives the private key of a file as PKCS #8 in PEM.
func pkcs12Key(b *budget, password, file string) (string, error) {
	key, _, err := openPKCS12(b, password, file)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", problem("the private key is of a type that PKCS #8 does not have")
	}
	return encodePEM(blockPrivateKey, der), nil
}

// pkcs12Certificates gives the certificates of a file in PEM: the leaf first where they are one chain, else as in the file.
func pkcs12Certificates(b *budget, password, file string) (string, error) {
	_, all, err := openPKCS12(b, password, file)
	if err != nil {
		return "", err
	}
	if chain, err := order(all); err == nil {
		all = chain
	}
	return encodeChain(all), nil
}

func openPKCS12(b *budget, password, file string) (crypto.PrivateKey, []*x509.Certificate, error) {
	n, err := kdf.Iterations([]byte(file))
	if err != nil {
		return nil, nil, problem(err.Error())
	}
	if err := b.spend(n); err != nil {
		return nil, nil, err
	}
	key, certificate, others, err := pkcs12.DecodeChain([]byte(file), password)
	if err != nil {
		return nil, nil, problem(err.Error()) // about the format and the password: it quotes neither
	}
	return key, append([]*x509.Certificate{certificate}, others...), nil
}

// makePKCS12 makes a file of a certificate and its key, and of what follows the certificate if asked to.
func makePKCS12(password, certificate, key string, chain bool) (string, error) {
	leaf, err := firstCertificate(certificate)
	if err != nil {
		return "", err
	}
	var others []*x509.Certificate
	if chain {
		all, err := certificates(certificate)
		if err != nil {
			return "", err
		}
		others = all[1:]
	}
	private, err := privateKey(key)
	if err != nil {
		return "", err
	}
	encoder := pkcs12.Modern.WithRand(stream(key, certificate, password))
	return encodePKCS12(encoder.Encode(private, leaf, others, password))
}

// makeTrustStore makes a file of certificates that Java trusts.
func makeTrustStore(password, text string) (string, error) {
	trusted, err := certificates(text)
	if err != nil {
		return "", err
	}
	// Not of the password: salts are public, and ones made of it would be a faster way to guess it than the file is.
	encoder := pkcs12.Modern.WithRand(stream(text))
	return encodePKCS12(encoder.EncodeTrustStore(trusted, password))
}

func encodePKCS12(der []byte, err error) (string, error) {
	if err != nil {
		return "", problem(err.Error()) // about the types of keys and the characters of the password: it quotes neither
	}
	return base64.StdEncoding.EncodeToString(der), nil
}

// stream gives the salts of a file: the same for the same content and others for another, so that a Secret is not written
// anew at each refresh. With a private key in it nobody can tell it from random.
func stream(content ...string) io.Reader {
	hash := sha3.NewSHAKE256()
	for _, part := range content {
		_, _ = fmt.Fprintf(hash, "%d:%s", len(part), part) // a hash does not fail
	}
	return hash
}
