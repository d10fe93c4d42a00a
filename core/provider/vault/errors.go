package vault

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// errForeign stands for an answer that is not Vault's.
var errForeign = errors.New("the answer is none of Vault's")

// volatile is the own end of a connection in the texts of the network: it changes from request to request.
var volatile = regexp.MustCompile(`[\d.:\[\]a-f]+:\d+->`)

const notVault = "is the server's URL that of Vault, or does a proxy answer in its place?"

// refusal is the error for an answer other than success. Texts differ between versions, so that status and shape decide wherever
// they can.
func (c *client) refusal(call call, got answer) error {
	said := strings.Join(append(got.Errors, got.Warnings...), " * ")
	said = strings.Join(strings.Fields(said), " ")
	e := &provider.Error{Kind: kindOf(call.op, got, said), Op: call.op}
	e.Message = fmt.Sprintf("Vault refuses %s /v1/%s, status code: %d", call.method, call.path, got.status)
	if said != "" {
		e.Message += ", errors: * " + c.masked(said)
	}
	switch {
	case got.status/100 == 3:
		e.Message = fmt.Sprintf("Vault sends %s /v1/%s elsewhere, status code: %d", call.method, call.path, got.status)
		e.Hint = "redirects are not followed: give " + c.field + ".server the address of the active server, or of what balances between them"
	case e.Kind == provider.NotFound:
		e.Hint = "check remoteRef.key, and the store's path and version"
	case e.Kind == provider.Invalid && got.status == http.StatusNotFound:
		e.Hint = "check the path and version of " + c.field
	case e.Kind == provider.Unauthenticated && call.op == opLogin:
		e.Hint = "check the role and mount of " + c.field + ".auth, and whom the role lets in"
	case e.Kind == provider.Unauthenticated:
		e.Hint = "Vault does not know the token: it may have ended, or be another server's"
	case e.Kind == provider.Denied && call.op == opList:
		e.Hint = fmt.Sprintf("find needs a policy with path %q { capabilities = [\"list\", \"read\"] }", call.path+"*")
	case e.Kind == provider.Denied:
		e.Hint = fmt.Sprintf("no policy of the token permits it: one needs path %q { capabilities = [\"read\"] }", call.path)
	}
	return e
}

func kindOf(op string, got answer, said string) provider.Kind {
	switch {
	case got.status == http.StatusTooManyRequests:
		return provider.Throttled
	case got.status >= http.StatusInternalServerError || got.status == http.StatusPreconditionFailed || got.status/100 == 3:
		return provider.Unavailable
	case op == opLogin && got.status >= http.StatusBadRequest:
		return provider.Unauthenticated // whichever of them it is: 400 is a wrong secret id, 403 a wrong token
	case got.status == http.StatusForbidden && isTokenUnknown(said), got.status == http.StatusUnauthorized:
		return provider.Unauthenticated
	case got.status == http.StatusForbidden:
		return provider.Denied
	case got.status == http.StatusNotFound && said != "":
		return provider.Invalid // there is no such mount, or it is another engine: nothing was said about the secret
	case got.status == http.StatusNotFound:
		return provider.NotFound
	case got.status == http.StatusBadRequest, got.status == http.StatusMethodNotAllowed:
		return provider.Invalid
	default:
		return provider.Unknown
	}
}

// isTokenUnknown recognises a token that is none, which has the status of a denial. Newer servers say so; older ones have these two words
// alone for it, and a list of one error for what a policy denies.
func isTokenUnknown(said string) bool {
	return said == "permission denied" || strings.Contains(said, "invalid token")
}

// masked is a text of the server's without the token.
func (c *client) masked(text string) string {
	if token := c.headers.Get(tokenHeader); token != "" {
		text = strings.ReplaceAll(text, token, secret.Redacted)
	}
	return text
}

// unreached is the error for a request that got no answer, or one that is not Vault's.
func (c *client) unreached(call call, err error) error {
	e := &provider.Error{Kind: provider.Unavailable, Op: call.op}
	var (
		network    *url.Error
		unverified *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, errForeign):
		e.Message, e.Hint = "the answer can't be read", notVault
	case errors.Is(err, context.Canceled):
		return interrupted(call.op, err)
	case errors.As(err, &network):
		e.Message, e.Cause = volatile.ReplaceAllString(network.Err.Error(), ""), err
		e.Hint = "is the server reachable from here?"
		if network.Timeout() {
			e.Message = "no answer came in time" // Go has more than one text for it
		}
		if errors.As(err, &unverified) {
			e.Hint = "give " + c.field + ".caBundle or caProvider the CA of the server, and server a name that is in its certificate"
		}
	default:
		e.Message, e.Hint = "the answer broke off", "is the server reachable from here?"
	}
	return e
}

// interrupted is the error for a request that nobody waits for any more.
func interrupted(op string, err error) error {
	return &provider.Error{Kind: provider.Unavailable, Op: op, Message: "interrupted before an answer came", Cause: err}
}

// unreadable is the error for an answer of success that is not what was asked for.
func unreadable(op string) error {
	return &provider.Error{Kind: provider.Unavailable, Op: op, Message: "the answer can't be read", Hint: notVault}
}
