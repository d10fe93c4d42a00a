package provider

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// Unverified tells whether a request failed since the server could not prove that it is the one: its certificate is of an authority
// that is not trusted, for another name or expired. It stays as it is, so that to try again never helps.
func Unverified(err error) bool {
	var (
		unverified *tls.CertificateVerificationError
		authority  x509.UnknownAuthorityError
		name       x509.HostnameError
		other      x509.CertificateInvalidError
	)
	return errors.As(err, &unverified) || errors.As(err, &authority) || errors.As(err, &name) || errors.As(err, &other)
}
