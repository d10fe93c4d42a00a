package front

import (
	"errors"
	"net/http"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/sigv4"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

const textMismatch = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// codes says how each service spells the refusal of a signature. STS answers with HTTP 403, the others with 400.
type codes struct {
	cause       error
	json, token string
	message     string // empty: the text of the error itself
}

func refusals() []codes {
	return []codes{
		{sigv4.ErrMissing, "MissingAuthenticationTokenException", "MissingAuthenticationToken", "Request is missing Authentication Token"},
		{sigv4.ErrIncomplete, "IncompleteSignatureException", "IncompleteSignature", "The request signature does not conform to AWS standards."},
		{sigv4.ErrUnknownKey, "UnrecognizedClientException", "InvalidClientTokenId", "The security token included in the request is invalid."},
		{sigv4.ErrExpired, "ExpiredTokenException", "ExpiredToken", "The security token included in the request is expired"},
		{sigv4.ErrSkewed, "InvalidSignatureException", "SignatureDoesNotMatch", ""},
		{sigv4.ErrScope, "InvalidSignatureException", "SignatureDoesNotMatch", ""},
		{sigv4.ErrMismatch, "InvalidSignatureException", "SignatureDoesNotMatch", textMismatch},
	}
}

// refusal spells an error of package sigv4 the way the called service does.
func refusal(call *wire.Call, err error) error {
	for _, r := range refusals() {
		if !errors.Is(err, r.cause) {
			continue
		}
		message := r.message
		if message == "" {
			_, message, _ = strings.Cut(err.Error(), ": ")
		}
		if call.Service == wire.STS {
			return wire.Forbidden(r.token, message)
		}
		return wire.NewError(r.json, message)
	}
	return &wire.Error{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
}
