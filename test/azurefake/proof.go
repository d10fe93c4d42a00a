package main

import (
	"crypto/sha1" // names a certificate, for older clients
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// refused is why Entra ID does not let in.
type refused struct {
	status int
	code   string
	number int
	text   string
}

func isNoClient(number int, format string, args ...any) *refused {
	return &refused{status: http.StatusUnauthorized, code: "invalid_client", number: number, text: fmt.Sprintf(format, args...)}
}

func isNoMatch(number int, what, presented string) *refused {
	return &refused{http.StatusBadRequest, "invalid_request", number, fmt.Sprintf("No matching federated identity record found for presented assertion %s '%s'. "+
		"Check your federated identity credential Subject, Audience and Issuer against the presented assertion.", what, presented)}
}

// prove checks what an application proves itself by.
func (who *app) prove(form url.Values, endpoint string) *refused {
	if assertion := form.Get("client_assertion"); assertion != "" {
		if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
			return isNoClient(50027, "JWT token is invalid or malformed.")
		}
		return who.asserted(assertion, endpoint)
	}
	switch {
	case form.Get("client_secret") == "":
		return isNoClient(7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.")
	case who.Secret == "" || form.Get("client_secret") != who.Secret:
		return isNoClient(7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", who.ClientID)
	case who.Expired:
		return isNoClient(7000222, "The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app.", who.ClientID)
	default:
		return nil
	}
}

// asserted checks a token that stands for an application: signed by a certificate of its own, or by an issuer that it trusts.
func (who *app) asserted(assertion, endpoint string) *refused {
	token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256})
	if err != nil || len(token.Headers) != 1 {
		return isNoClient(50027, "JWT token is invalid or malformed.")
	}
	var claims jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return isNoClient(50027, "JWT token is invalid or malformed.")
	}
	if claims.Issuer == who.ClientID {
		return who.signed(token, claims, endpoint)
	}
	return who.trusted(token, claims)
}

// signed checks what a certificate has signed.
func (who *app) signed(token *jwt.JSONWebToken, claims jwt.Claims, endpoint string) *refused {
	thumbprint := fmt.Sprint(token.Headers[0].ExtraHeaders["x5t#S256"])
	if old, ok := token.Headers[0].ExtraHeaders["x5t"]; ok {
		thumbprint = fmt.Sprint(old)
	}
	for _, text := range who.Certificates {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue
		}
		long, short := sha256.Sum256(certificate.Raw), sha1.Sum(certificate.Raw)
		if !slices.ContainsFunc([][]byte{long[:], short[:]}, func(sum []byte) bool {
			// Azure's own library writes it in the other alphabet than the standard says, and is let in.
			return thumbprint == base64.RawURLEncoding.EncodeToString(sum) || thumbprint == base64.StdEncoding.EncodeToString(sum)
		}) {
			continue
		}
		switch {
		case token.Claims(certificate.PublicKey, &struct{}{}) != nil:
			return isNoClient(700027, "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was found, but use of the key to verify the signature failed., Thumbprint of key used by client: '%s']", thumbprint)
		case claims.Subject != who.ClientID || !claims.Audience.Contains(endpoint):
			return isNoClient(700023, "Client assertion audience claim does not match Realm issuer.")
		case claims.Expiry == nil || claims.Validate(jwt.Expected{Time: time.Now()}) != nil:
			return isNoClient(700024, "Client assertion is not within its valid time range.")
		case claims.ID == "":
			return isNoClient(50027, "JWT token is invalid or malformed.")
		}
		return nil
	}
	return isNoClient(700027, "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '%s']", thumbprint)
}

// trusted checks what another issuer has signed.
func (who *app) trusted(token *jwt.JSONWebToken, claims jwt.Claims) *refused {
	wrong := isNoMatch(700211, "issuer", claims.Issuer)
	for _, f := range who.Federated {
		switch {
		case f.Issuer != claims.Issuer:
			continue
		case f.Subject != claims.Subject:
			wrong = isNoMatch(700213, "subject", claims.Subject)
			continue
		case !claims.Audience.Contains(f.Audience):
			wrong = isNoMatch(700212, "audience", fmt.Sprint(claims.Audience))
			continue
		}
		var keys jose.JSONWebKeySet
		if json.Unmarshal(f.JWKS, &keys) != nil || token.Claims(&keys, &struct{}{}) != nil {
			return isNoClient(50013, "Assertion failed signature validation. [Reason - The key was not found.]")
		}
		if claims.Expiry == nil || claims.Validate(jwt.Expected{Time: time.Now()}) != nil {
			return isNoClient(700024, "Client assertion is not within its valid time range.")
		}
		return nil
	}
	return wrong
}
