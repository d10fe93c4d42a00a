package kubernetes

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// volatile is the own end of a connection in the texts of the network: it changes from request to request.
var volatile = regexp.MustCompile(`[\d.:\[\]a-f]+:\d+->`)

// classify turns an error of client-go into a *provider.Error. Of an answer that no API server gives nothing is quoted: it may
// hold a secret.
func (r *reader) classify(op string, err error) error {
	var (
		answered apierrors.APIStatus
		network  *url.Error
	)
	switch {
	case errors.As(err, &answered):
		return r.refusal(op, answered.Status())
	case errors.Is(err, context.Canceled):
		return &provider.Error{Kind: provider.Unavailable, Op: op, Message: "interrupted before an answer came", Cause: err}
	case errors.As(err, &network):
		return unreached(op, network)
	default:
		return unreadable(op)
	}
}

// unreadable is the error for an answer of success that is not what was asked for.
func unreadable(op string) error {
	return &provider.Error{Kind: provider.Unavailable, Op: op, Message: "the answer can't be read", Hint: notAnAPIServer}
}

const notAnAPIServer = "is the server's URL that of an API server, or does a proxy answer in its place?"

// refusal is the error for an answer other than success.
func (r *reader) refusal(op string, status metav1.Status) error {
	e := &provider.Error{Kind: kindOf(status.Code), Op: op, Code: string(status.Reason), Message: status.Message}
	switch {
	case isForeign(status):
		if e.Kind == provider.NotFound || e.Kind == provider.Unknown {
			e.Kind = provider.Unavailable // nothing was said about the Secret
		}
		e.Code, e.Message, e.Hint = "", fmt.Sprintf("the answer is no API server's (HTTP status %d)", status.Code), notAnAPIServer
	case e.Kind == provider.NotFound:
		e.Hint = fmt.Sprintf("check remoteRef.key and the store's remoteNamespace, which is %q", r.namespace)
	case e.Kind == provider.Denied && op == opList:
		e.Hint = fmt.Sprintf("find needs the right to list secrets in namespace %q of that cluster", r.namespace)
	case e.Kind == provider.Denied:
		e.Hint = fmt.Sprintf("the identity of the store needs the right to get secrets in namespace %q of that cluster", r.namespace)
	case e.Kind == provider.Unauthenticated:
		e.Hint = "the server does not accept the store's token or certificate: it may have expired, or be another cluster's"
	}
	return e
}

// isForeign recognises what client-go makes of an answer that is none of the API's, or of an API server that does not know
// Secrets.
func isForeign(status metav1.Status) bool {
	if status.Details == nil {
		return status.Code == http.StatusNotFound
	}
	for _, cause := range status.Details.Causes {
		if cause.Type == metav1.CauseTypeUnexpectedServerResponse {
			return true
		}
	}
	return status.Code == http.StatusNotFound && status.Details.Kind != "secrets"
}

func kindOf(code int32) provider.Kind {
	switch code {
	case http.StatusNotFound:
		return provider.NotFound
	case http.StatusForbidden:
		return provider.Denied
	case http.StatusUnauthorized:
		return provider.Unauthenticated
	case http.StatusTooManyRequests:
		return provider.Throttled
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return provider.Invalid
	}
	if code >= http.StatusInternalServerError {
		return provider.Unavailable
	}
	return provider.Unknown
}

// unreached is the error for a request that got no answer.
func unreached(op string, err *url.Error) error {
	e := &provider.Error{Kind: provider.Unavailable, Op: op, Message: volatile.ReplaceAllString(err.Err.Error(), ""), Cause: err,
		Hint: "is the server reachable from here?"}
	var unverified *tls.CertificateVerificationError
	switch {
	case err.Timeout():
		e.Message = "no answer came in time" // Go has more than one text for it
	case errors.As(err, &unverified):
		e.Hint = "give " + field + ".server.caBundle or caProvider the CA of the server, and url a name that is in its certificate"
	}
	return e
}
