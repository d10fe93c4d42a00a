package azurekv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// What the requests are called in errors.
const (
	opLogin          = "Login"
	opGetSecret      = "GetSecret"
	opGetKey         = "GetKey"
	opGetCertificate = "GetCertificate"
	opGetSecrets     = "GetSecrets"
)

const notAzure = "does a proxy answer in Azure's place?"

// refusal is what the SDK's error says of an answer, or of there being none.
func refusal(op string, err error) error {
	var response *azcore.ResponseError
	if !errors.As(err, &response) {
		return unreached(op, err)
	}
	code, inner, message := saidBy(response)
	e := &provider.Error{Kind: kindOf(response.StatusCode, code, inner), Op: op, Code: code, Message: message}
	if inner != "" {
		e.Code += " (" + inner + ")"
	}
	if code == "" {
		e.Message = fmt.Sprintf("status %d, in no words of a key vault", response.StatusCode)
		e.Hint = notAzure
	}
	switch {
	case response.StatusCode/100 == 3:
		e.Message, e.Hint = fmt.Sprintf("the key vault sends elsewhere, status %d", response.StatusCode), "redirects are not followed: check "+field+".vaultUrl"
	case e.Kind == provider.NotFound && code == conflict:
		e.Hint = "it is being deleted, or was: recover it, or wait"
	case e.Kind == provider.NotFound:
		e.Hint = "check remoteRef.key and version: a key or a certificate needs key/ or cert/ before its name"
	case strings.HasSuffix(inner, "Disabled"):
		e.Hint = "enable that version, or name another one in remoteRef.version"
	case inner == "ForbiddenByFirewall", inner == "ForbiddenByConnection":
		e.Hint = "the key vault's network rules do not let this address in"
	case e.Kind == provider.Denied:
		e.Hint = rightFor(op)
	case e.Kind == provider.Throttled:
		e.Hint = "each key vault answers so many requests in ten seconds"
	case response.StatusCode >= http.StatusInternalServerError && code != "":
		e.Hint = "the key vault had the request, and failed"
	case e.Kind == provider.Unauthenticated:
		e.Hint = "the key vault does not take the token: is it in the tenant and the cloud that the store says?"
	}
	return e
}

// rightFor tells which right an operation takes.
func rightFor(op string) string {
	switch op {
	case opGetSecret:
		return `the identity needs role "Key Vault Secrets User" on the secret or the key vault, or "get" on secrets in its access policies`
	case opGetSecrets:
		return `find needs role "Key Vault Secrets User" on the key vault, or "list" on secrets in its access policies`
	case opGetKey:
		return `the identity needs role "Key Vault Reader" on the key or the key vault, or "get" on keys in its access policies`
	default:
		return `the identity needs role "Key Vault Reader" on the certificate or the key vault, or "get" on certificates in its access policies`
	}
}

// conflict is the code of a key vault for what is being deleted, or was and can be recovered.
const conflict = "Conflict"

func kindOf(status int, code, inner string) provider.Kind {
	switch {
	case status == http.StatusTooManyRequests:
		return provider.Throttled
	case status == http.StatusUnauthorized:
		return provider.Unauthenticated
	case status == http.StatusForbidden && code != "":
		return provider.Denied
	case status == http.StatusNotFound && slices.Contains([]string{"SecretNotFound", "KeyNotFound", "CertificateNotFound"}, code):
		return provider.NotFound // of anything else, such as the key vault, it says nothing about the object
	case status == http.StatusConflict && code == conflict && strings.HasPrefix(inner, "ObjectIs"):
		return provider.NotFound
	case status == http.StatusBadRequest && code != "":
		return provider.Invalid
	case status >= http.StatusInternalServerError, status == http.StatusRequestTimeout, status/100 == 3, code == "":
		return provider.Unavailable
	default:
		return provider.Unknown
	}
}

// saidBy is what a key vault says of a refusal.
func saidBy(response *azcore.ResponseError) (code, inner, message string) {
	var answer struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Inner   struct {
				Code string `json:"code"`
			} `json:"innererror"`
		} `json:"error"`
	}
	content, err := runtime.Payload(response.RawResponse)
	if err != nil || json.Unmarshal(content, &answer) != nil {
		return "", "", ""
	}
	message = oneLine(answer.Error.Message)
	if _, token, ok := strings.Cut(response.RawResponse.Request.Header.Get("Authorization"), " "); ok {
		message = strings.ReplaceAll(message, token, secret.Redacted)
	}
	return answer.Error.Code, answer.Error.Inner.Code, message
}

// notLetIn is the error for an answer other than a token.
func notLetIn(endpoint *url.URL, status int, content []byte, secrets []string) error {
	var answer struct {
		Code    string `json:"error"`
		Message string `json:"error_description"`
	}
	known := json.Unmarshal(content, &answer) == nil && answer.Code != ""
	at := endpoint.Scheme + "://" + endpoint.Host + endpoint.Path
	e := &provider.Error{Kind: provider.Unauthenticated, Op: opLogin, Code: answer.Code, Message: untraced(oneLine(answer.Message))}
	for _, value := range secrets {
		if value != "" {
			e.Message = strings.ReplaceAll(e.Message, value, secret.Redacted)
		}
	}
	machine := endpoint.Query().Has("resource")
	switch {
	case status == http.StatusTooManyRequests:
		e.Kind = provider.Throttled
	case status >= http.StatusInternalServerError, status == http.StatusRequestTimeout:
		e.Kind = provider.Unavailable
	case status/100 == 3:
		e.Kind, e.Message, e.Hint = provider.Unavailable, fmt.Sprintf("%s sends elsewhere, status %d", at, status), "redirects are not followed: what logs in is for one host alone"
		return e
	case !known && machine:
		e.Hint = "no managed identity is to be had here"
	case !known:
		e.Kind, e.Hint = provider.Unavailable, notAzure
	case machine:
		e.Hint = "check " + field + ".identityId, and that the machine has the identity"
	default:
		e.Hint = "check the tenant id, the client id and what proves it"
	}
	if machine {
		at = "managed identity: " + at
	}
	e.Message = fmt.Sprintf("%s: status %d", at, status) + prefixed(": ", e.Message)
	return e
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// untraced is a text of Microsoft Entra ID without its end, which changes from request to request.
func untraced(text string) string {
	for _, mark := range []string{" Trace ID:", " Correlation ID:", " Timestamp:"} {
		text, _, _ = strings.Cut(text, mark)
	}
	return text
}

// lasting is a text of the network without the own end of a connection, which changes from request to request.
func lasting(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		if _, there, ok := strings.Cut(word, "->"); ok {
			words[i] = there
		}
	}
	return strings.Join(words, " ")
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// unreached is the error for a request that got no answer, or one that can't be read.
func unreached(op string, err error) error {
	var (
		stopped final
		network *url.Error
	)
	switch {
	case errors.Is(err, errElsewhere):
		return &provider.Error{Kind: provider.Unavailable, Op: op, Message: errElsewhere.Error(), Hint: "the token is for the key vault alone; " + notAzure}
	case errors.As(err, &stopped):
		return stopped.error // of the login that an operation needed
	case errors.Is(err, context.Canceled):
		return &provider.Error{Kind: provider.Unavailable, Op: op, Message: "interrupted before an answer came", Cause: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &provider.Error{Kind: provider.Unavailable, Op: op, Message: "no answer came in time", Cause: err, Hint: "is the server reachable from here?"}
	case errors.As(err, &network):
		// The query has nothing that a person needs.
		where, _, _ := strings.Cut(network.URL, "?")
		e := &provider.Error{Kind: provider.Unavailable, Op: op, Cause: err, Hint: "is the server reachable from here?"}
		e.Message = fmt.Sprintf("%s %q: %s", network.Op, where, lasting(network.Err.Error()))
		if network.Timeout() {
			e.Message = fmt.Sprintf("%s %q: no answer came in time", network.Op, where) // Go has more than one text for it
		}
		if provider.Unverified(err) {
			e.Hint = "the CAs of the system do not know the server: does a proxy answer in its place?"
		}
		return e
	default:
		return unreadable(op) // what a decoder says quotes the content
	}
}

// unreadable is the error for an answer of success that is not what was asked for.
func unreadable(op string) error {
	return &provider.Error{Kind: provider.Unavailable, Op: op, Message: "the answer can't be read", Hint: notAzure}
}
