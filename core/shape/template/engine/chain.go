package engine

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"strings"
)

// filterCertChain puts the certificates of one chain in order and keeps the leaf, the intermediates or the root. What the
// chain does not have is empty text; a certificate that issued itself is a root and no leaf.
func filterCertChain(kind, text string) (string, error) {
	all, err := certificates(text)
	if err != nil {
		return "", err
	}
	chain, err := order(all)
	if err != nil {
		return "", err
	}
	leaf, last := chain[0], chain[len(chain)-1]
	switch kind {
	case "leaf":
		if !isRoot(leaf) {
			return encodeChain(chain[:1]), nil
		}
	case "intermediate":
		above := chain[1:]
		if len(above) > 0 && isRoot(last) {
			above = above[:len(above)-1]
		}
		return encodeChain(above), nil
	case "root":
		if isRoot(last) {
			return encodeChain([]*x509.Certificate{last}), nil
		}
	default:
		return "", problem("the kind is none of leaf, intermediate and root")
	}
	return "", nil
}

// maxChain is the limit for the certificates of a chain.
const maxChain = 100

// order puts the certificates of one chain in order, the leaf first.
func order(all []*x509.Certificate) ([]*x509.Certificate, error) {
	if len(all) > maxChain {
		return nil, problem(fmt.Sprintf("a chain has at most %d certificates", maxChain))
	}
	issuers := make([]int, len(all)) // of each certificate the index of its issuer, -1 for none
	issuing := make([]bool, len(all))
	for i := range all {
		issuers[i] = -1
		for j := range all {
			if i != j && issued(all[j], all[i]) {
				issuers[i], issuing[j] = j, true
				break
			}
		}
	}
	leaf := -1
	for i := range all {
		switch {
		case issuing[i]:
		case leaf >= 0:
			return nil, problem("the certificates are not one chain: more than one of them issued none of the others")
		default:
			leaf = i
		}
	}
	if leaf < 0 {
		return nil, problem("the certificates are not a chain: each of them issued another")
	}
	var chain []*x509.Certificate
	for next := leaf; next >= 0; next = issuers[next] {
		if len(chain) == len(all) {
			return nil, problem("the certificates are not a chain: they issued each other")
		}
		chain = append(chain, all[next])
	}
	return chain, nil
}

// issued goes by the key identifiers, and by the names where there are none. It checks no signature.
func issued(issuer, certificate *x509.Certificate) bool {
	if len(certificate.AuthorityKeyId) > 0 && len(issuer.SubjectKeyId) > 0 {
		return bytes.Equal(certificate.AuthorityKeyId, issuer.SubjectKeyId)
	}
	return bytes.Equal(certificate.RawIssuer, issuer.RawSubject)
}

// isRoot tells whether a certificate issued itself.
func isRoot(certificate *x509.Certificate) bool { return issued(certificate, certificate) }

func encodeChain(chain []*x509.Certificate) string {
	var text strings.Builder
	for _, certificate := range chain {
		text.WriteString(encodePEM(blockCertificate, certificate.Raw))
	}
	return text.String()
}
