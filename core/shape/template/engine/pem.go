package engine

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

const (
	blockCertificate = "CERTIFICATE"
	blockPrivateKey  = "PRIVATE KEY"
	blockPublicKey   = "PUBLIC KEY"
	// maxKey is the limit for a private key, in bytes of DER: that of RSA with 16,384 bits is shorter. To check a key takes
	// time that grows with the cube of its length.
	maxKey = 10 << 10
)

// pemFunctions pick from PEM.
func pemFunctions() map[string]any {
	return map[string]any{
		"filterPEM":       filterPEM,
		"filterCertChain": filterCertChain,
		"certSANs":        certSANs,
	}
}

// filterPEM keeps the blocks of a type, whose case does not matter. Text without any block is an error.
func filterPEM(blockType, text string) (string, error) {
	var kept bytes.Buffer
	blocks, rest := decodePEM(text)
	for _, block := range blocks {
		if strings.EqualFold(block.Type, blockType) {
			if err := pem.Encode(&kept, block); err != nil {
				return "", problem("a PEM block has headers that can't be written")
			}
		}
	}
	if kept.Len() == 0 && rest != "" {
		return "", problem("the text is not PEM throughout, and has no block of the type")
	}
	return kept.String(), nil
}

// certSANs lists the subject alternative names of the first certificate: DNS names, IP addresses, e-mail addresses, URIs.
func certSANs(text string) ([]string, error) {
	certificate, err := firstCertificate(text)
	if err != nil {
		return nil, err
	}
	names := append([]string{}, certificate.DNSNames...)
	for _, ip := range certificate.IPAddresses {
		names = append(names, ip.String())
	}
	names = append(names, certificate.EmailAddresses...)
	for _, uri := range certificate.URIs {
		names = append(names, uri.String())
	}
	return names, nil
}

// decodePEM splits text into PEM blocks and what follows the last one. What is before the first one is skipped.
func decodePEM(text string) (blocks []*pem.Block, rest string) {
	if begin := strings.Index(text, "-----BEGIN"); begin > 0 {
		text = text[begin:]
	}
	for data := []byte(text); ; {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return blocks, string(data)
		}
		blocks = append(blocks, block)
	}
}

func encodePEM(blockType string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der}))
}

// certificates parses each block of text, in order.
func certificates(text string) ([]*x509.Certificate, error) {
	blocks, _ := decodePEM(text)
	return parseCertificates(blocks)
}

// firstCertificate parses the first block of text and ignores what follows.
func firstCertificate(text string) (*x509.Certificate, error) {
	blocks, _ := decodePEM(text)
	parsed, err := parseCertificates(blocks[:min(len(blocks), 1)])
	if err != nil {
		return nil, err
	}
	return parsed[0], nil
}

func parseCertificates(blocks []*pem.Block) ([]*x509.Certificate, error) {
	if len(blocks) == 0 {
		return nil, problem("the text has no certificate in PEM")
	}
	parsed := make([]*x509.Certificate, len(blocks))
	for i, block := range blocks {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, problem(fmt.Sprintf(`PEM block %d is not a certificate that can be read; filterPEM "CERTIFICATE" keeps the certificates`, i+1))
		}
		parsed[i] = certificate
	}
	return parsed, nil
}

// privateKey parses the first private key of text: PKCS #8, PKCS #1 or SEC 1, not encrypted.
func privateKey(text string) (crypto.PrivateKey, error) {
	blocks, _ := decodePEM(text)
	for _, block := range blocks {
		switch {
		case !strings.HasSuffix(block.Type, blockPrivateKey):
			continue // such as EC PARAMETERS
		case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
			return nil, problem("the private key is encrypted: store it without a passphrase")
		case len(block.Bytes) > maxKey:
			return nil, problem(fmt.Sprintf("the private key has more than %d bytes", maxKey))
		}
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			return key, nil
		}
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return key, nil
		}
		if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
			return key, nil
		}
		return nil, problem("the private key can't be read: it must be PKCS #8, PKCS #1 or SEC 1")
	}
	return nil, problem("the text has no private key in PEM")
}
