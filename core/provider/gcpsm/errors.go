package gcpsm

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// volatile is the own end of a connection in the texts of the network: it changes from request to request.
var volatile = regexp.MustCompile(`[\d.:\[\]a-f]+:\d+->`)

// tokenlike is what looks like a token of Google's or of a cluster's, which a refusal may quote.
var tokenlike = regexp.MustCompile(`ya29\.[\w.-]+|eyJ[\w-]+\.[\w-]+\.[\w-]*`)

const notGoogle = "does a proxy answer in Google's place?"

// failure is an answer other than success: the error of Google's interfaces, or that of its token endpoints.
type failure struct {
	Error       json.RawMessage `json:"error"`
	Description string          `json:"error_description"`
}

// status is the error of Google's interfaces.
type status struct {
	Code    string `json:"status"`
	Message string `json:"message"`
	Details []struct {
		Reason string `json:"reason"`
	} `json:"details"`
}

func (s status) reason() string {
	for _, detail := range s.Details {
		if detail.Reason != "" {
			return detail.Reason
		}
	}
	return ""
}

// kinds sorts the codes of google.rpc.Code and those of RFC 6749 and 8693, which the token endpoints have.
var kinds = map[string]provider.Kind{
	"NOT_FOUND": provider.NotFound, "PERMISSION_DENIED": provider.Denied, "UNAUTHENTICATED": provider.Unauthenticated,
	"RESOURCE_EXHAUSTED": provider.Throttled, "UNAVAILABLE": provider.Unavailable, "INTERNAL": provider.Unavailable, "ABORTED": provider.Unavailable,
	"DEADLINE_EXCEEDED": provider.Unavailable, "CANCELLED": provider.Unavailable, "INVALID_ARGUMENT": provider.Invalid, "OUT_OF_RANGE": provider.Invalid,
	"FAILED_PRECONDITION": provider.Invalid, "UNIMPLEMENTED": provider.Unsupported,

	"invalid_grant": provider.Unauthenticated, "invalid_client": provider.Unauthenticated, "invalid_target": provider.Unauthenticated,
	"invalid_request": provider.Unauthenticated, "invalid_scope": provider.Unauthenticated, "unauthorized_client": provider.Unauthenticated,
	"invalid_token": provider.Unauthenticated, "access_denied": provider.Denied,
}

// refusal is the error for an answer other than success.
func refusal(call call, got answer) error {
	if got.status/100 == 3 {
		return &provider.Error{Kind: provider.Unavailable, Op: call.op, Code: httpCode(got.status), Message: "Google would not send this request elsewhere", Hint: notGoogle}
	}
	var (
		failed failure
		s      status
		code   string
	)
	switch {
	case json.Unmarshal(got.content, &failed) != nil || len(failed.Error) == 0:
		return refused(call, got.status, httpCode(got.status), "the answer is none of Google's", "")
	case json.Unmarshal(failed.Error, &s) == nil && s.Code != "":
		return refused(call, got.status, s.Code, s.Message, s.reason())
	case json.Unmarshal(failed.Error, &code) == nil:
		return refused(call, got.status, code, failed.Description, "")
	default:
		return refused(call, got.status, httpCode(got.status), "", "")
	}
}

func httpCode(status int) string { return fmt.Sprintf("HTTP status %d", status) }

// refused is the error for what Google says in refusing a call.
func refused(call call, httpStatus int, code, message, reason string) error {
	e := &provider.Error{Kind: kindOf(code, httpStatus), Op: call.op, Code: code}
	if e.Kind == provider.NotFound {
		e.Kind = kindOfMissing(call.op)
	}
	e.Message = tokenlike.ReplaceAllString(strings.Join(strings.Fields(message), " "), "***")
	if call.subject != "" && !strings.Contains(e.Message, call.subject) {
		e.Message = strings.TrimSuffix(e.Message, ".") + ", of " + call.subject
	}
	e.Hint = hintOf(call, e, reason)
	return e
}

// kindOf goes by the code, which says more than the status.
func kindOf(code string, httpStatus int) provider.Kind {
	if kind, ok := kinds[code]; ok {
		return kind
	}
	switch {
	case httpStatus == http.StatusTooManyRequests:
		return provider.Throttled
	case httpStatus >= http.StatusInternalServerError:
		return provider.Unavailable
	case httpStatus == http.StatusUnauthorized:
		return provider.Unauthenticated
	default: // what a proxy says in between tells nothing of a secret, whatever its status
		return provider.Unknown
	}
}

// kindOfMissing is the kind of what Google does not find. Of a secret that can be said alone by what asks for one: that a login or a project
// is gone must not pass for that its secrets are.
func kindOfMissing(op string) provider.Kind {
	switch op {
	case opAccess, opGet, opVersions:
		return provider.NotFound
	case opList:
		return provider.Invalid
	default:
		return provider.Unauthenticated
	}
}

// hintOf tells what to do about a refusal.
func hintOf(call call, e *provider.Error, reason string) string {
	switch {
	case strings.HasPrefix(e.Code, "HTTP status"):
		return notGoogle
	case reason == "SERVICE_DISABLED":
		return "enable the interface that it names in that project"
	case reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
		return "the machine's service account has no token of the scope cloud-platform: give the machine that scope, or the store an auth"
	case e.Kind == provider.Denied && call.op == opGenerate:
		return "it needs roles/iam.workloadIdentityUser on that service account"
	case e.Kind == provider.Denied:
		return hintsDenied[call.op]
	case e.Code == "NOT_FOUND" && call.op == opGenerate:
		return "is there a service account of that name? the annotation " + annotationAccount + " names it"
	case e.Code == "NOT_FOUND" && call.op == opList:
		return "check the store's projectID and location"
	case e.Kind == provider.NotFound:
		return "check remoteRef.key and version, and the store's projectID and location"
	case isUnusable(e):
		return "enable that version, add a new one, or name an older one in remoteRef.version"
	case call.op == opExchange && e.Code == "invalid_target":
		return "check the cluster, or the audience, that the store's auth names"
	case call.op == opExchange && e.Kind == provider.Unauthenticated:
		return "check that the pool trusts this cluster's issuer, and the audiences that it demands"
	case call.op == opToken && e.Kind == provider.Unauthenticated:
		return "the key, or the login, may have been deleted, disabled or replaced; or a clock is wrong"
	case e.Kind == provider.Unauthenticated:
		return "Google does not know the token: it may have been revoked"
	}
	return ""
}

// hintsDenied are the roles that the operations take.
var hintsDenied = map[string]string{
	opAccess:   "the identity of the store needs roles/secretmanager.secretAccessor on the secret",
	opGet:      "metadataPolicy Fetch needs roles/secretmanager.viewer on the secret",
	opList:     "find needs roles/secretmanager.viewer on the project",
	opVersions: "secretVersionSelectionPolicy LatestOrFetch needs roles/secretmanager.viewer on the secret",
}

// isUnusable recognises a version that is disabled or destroyed.
func isUnusable(err error) bool {
	var e *provider.Error
	return errors.As(err, &e) && e.Code == "FAILED_PRECONDITION" && (strings.Contains(e.Message, "DISABLED state") || strings.Contains(e.Message, "DESTROYED state"))
}

// unreached is the error for a request that got no answer.
func unreached(op string, err error) error {
	e := &provider.Error{Kind: provider.Unavailable, Op: op, Message: "the answer broke off", Hint: "is Google reachable from here, by this proxy if there is one?"}
	var (
		network    *url.Error
		unverified *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, context.Canceled):
		e.Message, e.Hint, e.Cause = "interrupted before an answer came", "", err
	case errors.As(err, &network):
		e.Message, e.Cause = volatile.ReplaceAllString(network.Err.Error(), ""), err
		if network.Timeout() {
			e.Message = "no answer came in time" // Go has more than one text for it
		}
		if errors.As(err, &unverified) {
			e.Hint = "a proxy that opens TLS needs its CA among those of the system, or in SSL_CERT_FILE"
		}
	}
	return e
}

// unreadable is the error for an answer of success that is not what was asked for.
func unreadable(op string) error {
	return &provider.Error{Kind: provider.Unavailable, Op: op, Message: "the answer can't be read", Hint: notGoogle}
}
