// Package sigv4 checks AWS signature version 4 on incoming requests by signing them again with the SDK's own signer and comparing.
// It knows keys only through a lookup, and neither services nor permissions.
package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	maxSkew    = 5 * time.Minute
)

// Errors a request can be refused with. The text after the sentinel's is fit to be shown to the caller.
var (
	ErrMissing    = errors.New("missing authentication token")
	ErrIncomplete = errors.New("incomplete signature")
	ErrUnknownKey = errors.New("the security token included in the request is invalid")
	ErrExpired    = errors.New("the security token included in the request is expired")
	ErrSkewed     = errors.New("signature outside of its time")
	ErrScope      = errors.New("signature of another scope")
	ErrMismatch   = errors.New("signature does not match")
)

// Credential is what a key id stands for. Token and Expires are empty for long-term keys.
type Credential struct {
	Secret  string
	Token   string
	Expires time.Time
}

// Signature is a request's claim to be signed: what its Authorization header says.
type Signature struct {
	KeyID   string
	Region  string // of the signing scope, which also says which region the caller means
	Service string // of the signing scope

	date      string // yyyymmdd of the scope
	headers   []string
	signature string
}

// Parse reads the Authorization header; it fails with ErrMissing or ErrIncomplete.
func Parse(r *http.Request) (Signature, error) {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), algorithm+" ")
	if !ok {
		return Signature{}, ErrMissing
	}
	part := map[string]string{}
	for field := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		part[key] = value
	}
	scope := strings.Split(part["Credential"], "/")
	headers := strings.Split(part["SignedHeaders"], ";")
	if len(scope) != 5 || scope[4] != "aws4_request" || part["Signature"] == "" || !slices.Contains(headers, "host") {
		return Signature{}, ErrIncomplete
	}
	return Signature{
		KeyID: scope[0], date: scope[1], Region: scope[2], Service: scope[3],
		headers: headers, signature: part["Signature"],
	}, nil
}

// Verify checks the signature over the request and its body, as of now. lookup reports false for a key id nobody has.
func (s Signature) Verify(r *http.Request, body []byte, service string, now time.Time, lookup func(keyID string) (Credential, bool)) error {
	credential, ok := lookup(s.KeyID)
	if !ok || credential.Token != r.Header.Get("X-Amz-Security-Token") {
		return ErrUnknownKey
	}
	if !credential.Expires.IsZero() && !now.Before(credential.Expires) {
		return ErrExpired
	}
	if s.Service != service {
		return fmt.Errorf("%w: Credential should be scoped to correct service: '%s'", ErrScope, service)
	}
	signed, err := time.Parse(timeFormat, r.Header.Get("X-Amz-Date"))
	if err != nil || signed.Format("20060102") != s.date {
		return ErrIncomplete
	}
	if err := checkSkew(signed, now); err != nil {
		return err
	}
	want, err := s.sign(r, body, credential, signed)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(s.signature)) != 1 {
		return ErrMismatch
	}
	return nil
}

// checkSkew words its errors as AWS does, because clients recognise a wrong clock by them.
func checkSkew(signed, now time.Time) error {
	now = now.UTC()
	stamp := func(t time.Time) string { return t.Format(timeFormat) }
	if oldest := now.Add(-maxSkew); signed.Before(oldest) {
		return fmt.Errorf("%w: Signature expired: %s is now earlier than %s (%s - 5 min.)", ErrSkewed, stamp(signed), stamp(oldest), stamp(now))
	}
	if newest := now.Add(maxSkew); signed.After(newest) {
		return fmt.Errorf("%w: Signature not yet current: %s is still later than %s (%s + 5 min.)", ErrSkewed, stamp(signed), stamp(newest), stamp(now))
	}
	return nil
}

// sign computes the signature the request should carry, over exactly the headers its sender signed.
func (s Signature) sign(r *http.Request, body []byte, credential Credential, signed time.Time) (string, error) {
	again := r.Clone(r.Context())
	again.Header = http.Header{}
	again.ContentLength = 0 // the signer signs content-length whenever it is set, and not every SDK does
	for _, name := range s.headers {
		switch key := http.CanonicalHeaderKey(name); key {
		case "Host", "X-Amz-Security-Token": // the signer adds them itself
		case "Content-Length":
			again.ContentLength = int64(len(body))
		default:
			again.Header[key] = r.Header[key]
		}
	}
	sum := sha256.Sum256(body)
	owner := aws.Credentials{AccessKeyID: s.KeyID, SecretAccessKey: credential.Secret, SessionToken: credential.Token}
	if err := v4.NewSigner().SignHTTP(r.Context(), owner, again, hex.EncodeToString(sum[:]), s.Service, s.Region, signed); err != nil {
		return "", fmt.Errorf("sign the request again: %w", err)
	}
	_, signature, _ := strings.Cut(again.Header.Get("Authorization"), "Signature=")
	return signature, nil
}
