package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// volatile is the own end of a connection in the texts of the network: it changes from request to request.
var volatile = regexp.MustCompile(`[\d.:\[\]a-f]+:\d+->`)

// refusal is the error for an answer other than success. Nothing of the answer is quoted: it may repeat what it was sent.
func refusal(status int) error {
	e := &provider.Error{Kind: provider.Unknown, Op: operation, Code: fmt.Sprintf("HTTP status %d", status), Message: http.StatusText(status)}
	switch {
	case status == http.StatusNotFound:
		e.Kind, e.Hint = provider.NotFound, "check remoteRef, and the path in "+field+".url"
	case status == http.StatusUnauthorized:
		e.Kind, e.Hint = provider.Unauthenticated, "the server does not accept what the store's headers and secrets say of the caller"
	case status == http.StatusForbidden:
		e.Kind, e.Hint = provider.Denied, "the server knows the caller, who may not read this"
	case status == http.StatusTooManyRequests:
		e.Kind, e.Hint = provider.Throttled, "retrying did not help: try again later, or have the server's limit raised"
	case status >= http.StatusInternalServerError:
		e.Kind, e.Hint = provider.Unavailable, "the server failed, and retrying did not help: its log says why"
	case status >= http.StatusBadRequest:
		e.Kind, e.Hint = provider.Invalid, "the server does not understand the request: compare method, url, headers and body with what its API wants"
	}
	return e
}

// unreached is the error for a request without an answer that could be read. The URL is not quoted, for credentials may be in it,
// nor what came in place of an answer.
func unreached(err error) error {
	var (
		ours       *provider.Error
		unverified *tls.CertificateVerificationError
		network    *net.OpError
	)
	e := &provider.Error{Kind: provider.Unavailable, Op: operation, Cause: err}
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.Is(err, context.Canceled):
		return interrupted(err)
	case isTimeout(err):
		e.Message, e.Hint = "no answer came in time", "is the server reachable from here, and "+field+".timeout long enough?"
	case errors.As(err, &unverified):
		e.Message, e.Hint = unverified.Error(), "give "+field+".caBundle or caProvider the CA of the server, and url a name that is in its certificate"
	case errors.As(err, &network):
		e.Message, e.Hint = volatile.ReplaceAllString(network.Error(), ""), "is the server of "+field+".url reachable from here?"
	default:
		e.Message, e.Hint, e.Cause = "the answer can't be read", "is "+field+".url http where the server speaks https, or the other way round?", nil
	}
	return e
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

func interrupted(cause error) error {
	return &provider.Error{Kind: provider.Unavailable, Op: operation, Message: "interrupted before an answer came", Cause: cause}
}

// isTransient tells whether the same request may well succeed in a moment. A certificate stays as it is, and to wait for an answer
// that did not come in time once more would hold up the pass.
func isTransient(err error) bool {
	var e *provider.Error
	if !errors.As(err, &e) || errors.Is(err, context.Canceled) || provider.Unverified(err) || isTimeout(err) {
		return false
	}
	return e.Kind == provider.Throttled || e.Kind == provider.Unavailable
}
