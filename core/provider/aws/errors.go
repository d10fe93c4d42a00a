package aws

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// volatile are the parts of the SDK's texts that change with every request.
var volatile = regexp.MustCompile(`(?i),?\s*(RequestID|HostID|Request ID): ?[^\s,]*,?`)

// classify turns an error of the SDK into a *provider.Error.
func classify(op string, err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		var operation *smithy.OperationError
		if errors.As(err, &operation) {
			op = innermost(operation).OperationName
		}
		return refusal(op, api.ErrorCode(), api.ErrorMessage(), err)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &provider.Error{Kind: provider.Unavailable, Op: op, Message: "interrupted before an answer came", Cause: err}
	}
	kind, hint := provider.Unavailable, "is the endpoint reachable from here, and does the region exist?"
	if op == "GetCredentials" {
		kind, hint = provider.Unauthenticated, "give the store auth.secretRef or auth.jwt.serviceAccountRef, or run where AWS credentials are found"
	}
	return &provider.Error{Kind: kind, Op: op, Message: stable(err), Hint: hint, Cause: err}
}

// innermost finds the operation that failed where one wraps another: an STS call within a read, for example.
func innermost(operation *smithy.OperationError) *smithy.OperationError {
	var inner *smithy.OperationError
	if errors.As(operation.Err, &inner) {
		return innermost(inner)
	}
	return operation
}

// stable is the SDK's text for an error that no service answered, without its volatile parts.
func stable(err error) string {
	var attempts *retry.MaxAttemptsError
	if errors.As(err, &attempts) && attempts.Err != nil {
		err = attempts.Err
	}
	return strings.TrimSpace(volatile.ReplaceAllString(err.Error(), ""))
}

// kinds sorts AWS's error codes. HTTP status says too little: not found is 400 with one implementation and 404 with another.
var kinds = map[string]provider.Kind{
	"ResourceNotFoundException": provider.NotFound,

	"AccessDeniedException": provider.Denied,
	"AccessDenied":          provider.Denied,
	"DecryptionFailure":     provider.Denied,

	"UnrecognizedClientException":         provider.Unauthenticated,
	"InvalidClientTokenId":                provider.Unauthenticated,
	"InvalidSignatureException":           provider.Unauthenticated,
	"SignatureDoesNotMatch":               provider.Unauthenticated,
	"IncompleteSignature":                 provider.Unauthenticated,
	"IncompleteSignatureException":        provider.Unauthenticated,
	"MissingAuthenticationToken":          provider.Unauthenticated,
	"MissingAuthenticationTokenException": provider.Unauthenticated,
	"ExpiredToken":                        provider.Unauthenticated,
	"ExpiredTokenException":               provider.Unauthenticated,
	"InvalidIdentityToken":                provider.Unauthenticated,
	"IDPRejectedClaim":                    provider.Unauthenticated,

	"InternalServiceError":          provider.Unavailable,
	"InternalServiceErrorException": provider.Unavailable,
	"InternalFailure":               provider.Unavailable,
	"ServiceUnavailable":            provider.Unavailable,
	"ServiceUnavailableException":   provider.Unavailable,

	"UnknownOperationException": provider.Unsupported,

	"InvalidParameterException": provider.Invalid,
	"InvalidRequestException":   provider.Invalid,
	"ValidationException":       provider.Invalid,
}

// hints tell what to do about the codes whose own text does not.
var hints = map[string]string{
	"ResourceNotFoundException":   "check remoteRef.key, the store's prefix and its region",
	"AccessDeniedException":       "the identity of the store needs this permission in IAM",
	"AccessDenied":                "check the role's trust policy: who may assume it, and with which external id, issuer and audience",
	"DecryptionFailure":           "the identity needs kms:Decrypt on the secret's key",
	"UnrecognizedClientException": "the access key does not exist, or it is a temporary one without its session token",
	"InvalidSignatureException":   "the secret access key does not belong to the access key id, or a clock is wrong",
	"ExpiredTokenException":       "the credentials have expired: renew them",
}

// refusal is the error for a code and text of AWS's own.
func refusal(op, code, message string, cause error) error {
	kind, known := kinds[code]
	switch {
	case isDeletion(code, message):
		kind = provider.NotFound
	case isThrottle(code):
		kind = provider.Throttled
	case !known:
		kind = provider.Unknown
	}
	return &provider.Error{Kind: kind, Op: op, Code: code, Message: message, Hint: hints[code], Cause: cause}
}

// isDeletion recognises a secret that waits for its deletion, which is as good as gone. AWS says so with
// InvalidRequestException or, in older services, InvalidParameterException, and in more than one wording.
func isDeletion(code, message string) bool {
	return (code == "InvalidRequestException" || code == "InvalidParameterException") &&
		strings.Contains(message, "marked") && strings.Contains(message, "delet")
}

func isThrottle(code string) bool {
	_, ok := retry.DefaultThrottleErrorCodes[code]
	return ok
}
