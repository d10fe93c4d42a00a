package aws

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// volatile are the parts of AWS's texts that change from request to request, and those that show what a request was signed with.
var volatile = regexp.MustCompile(`(?i)[,;]?\s*\b(RequestID|HostID|Request ID): ?[^\s,;)]*|\b(Credential|Signature)=\S+|\b\d{8}T\d{6}Z\b|[\d.:\[\]a-f]+:\d+->`)

// opLogin is what obtaining credentials is called where no operation of a service failed.
const opLogin = "GetCredentials"

// classify turns an error of the SDK into a *provider.Error. op is what failed where the error does not say.
func classify(op string, err error) error {
	login := op == opLogin
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		operation = innermost(operation)
		if operation.OperationName != "" {
			op = operation.OperationName
		}
	}
	var (
		api    smithy.APIError
		unread *smithy.DeserializationError
	)
	switch {
	case errors.As(err, &api) && api.ErrorCode() != "":
		refused := refusal(op, api.ErrorCode(), api.ErrorMessage(), err)
		if login && refused.Kind == provider.Unknown {
			refused.Kind = provider.Unauthenticated
		}
		return refused
	case errors.As(err, &unread):
		// The decoder's text, and the error itself, quote the answer, which may hold a secret: neither goes on from here.
		return &provider.Error{Kind: provider.Unavailable, Op: op, Message: "the answer can't be read" + status(err),
			Hint: "is the endpoint AWS's, or does a proxy answer in its place?"}
	case errors.Is(err, context.Canceled):
		return &provider.Error{Kind: provider.Unavailable, Op: op, Message: "interrupted before an answer came", Cause: err}
	case login && (operation == nil || operation.ServiceID == "ec2imds"):
		return &provider.Error{Kind: provider.Unauthenticated, Op: opLogin, Message: stable(err), Cause: err,
			Hint: "give the store auth.secretRef or auth.jwt.serviceAccountRef, or run where AWS credentials are found"}
	default:
		return &provider.Error{Kind: provider.Unavailable, Op: op, Message: stable(err), Cause: err,
			Hint: "is the endpoint reachable from here, and does the region exist?"}
	}
}

// innermost finds the operation that failed where one wraps another: an STS call within a read, for example.
func innermost(operation *smithy.OperationError) *smithy.OperationError {
	var inner *smithy.OperationError
	if errors.As(operation.Err, &inner) {
		return innermost(inner)
	}
	return operation
}

// status is the HTTP status of the answer that err is about; empty where there was none.
func status(err error) string {
	var answered interface{ HTTPStatusCode() int }
	if errors.As(err, &answered) && answered.HTTPStatusCode() != 0 {
		return fmt.Sprintf(" (HTTP status %d)", answered.HTTPStatusCode())
	}
	return ""
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
	"ParameterNotFound":         provider.NotFound,
	"ParameterVersionNotFound":  provider.NotFound,
	"InvalidResourceId":         provider.NotFound, // of tags

	"AccessDeniedException": provider.Denied,
	"AccessDenied":          provider.Denied,
	"DecryptionFailure":     provider.Denied,
	"InvalidKeyId":          provider.Denied,

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
	"InternalServerError":           provider.Unavailable,
	"ServiceUnavailable":            provider.Unavailable,
	"ServiceUnavailableException":   provider.Unavailable,

	"UnknownOperationException": provider.Unsupported,

	"InvalidParameterException": provider.Invalid,
	"InvalidRequestException":   provider.Invalid,
	"ValidationException":       provider.Invalid,
	"InvalidFilterKey":          provider.Invalid,
	"InvalidFilterOption":       provider.Invalid,
	"InvalidFilterValue":        provider.Invalid,
}

// hints tell what to do about the codes whose own text does not.
var hints = map[string]string{
	"ResourceNotFoundException":   missing,
	"ParameterNotFound":           missing,
	"ParameterVersionNotFound":    "check remoteRef.version",
	"InvalidResourceId":           missing,
	"AccessDeniedException":       "the identity of the store needs this permission in IAM",
	"AccessDenied":                "check the role's trust policy: who may assume it, and with which external id, issuer and audience",
	"DecryptionFailure":           "the identity needs kms:Decrypt on the secret's key",
	"InvalidKeyId":                "the parameter's KMS key is disabled, deleted or unknown, or the identity needs kms:Decrypt on it",
	"UnrecognizedClientException": "the access key does not exist, or it is a temporary one without its session token",
	"InvalidClientTokenId":        "the access key does not exist, or it is a temporary one without its session token",
	"InvalidSignatureException":   "the secret access key does not belong to the access key id, or a clock is wrong",
	"SignatureDoesNotMatch":       "the secret access key does not belong to the access key id, or a clock is wrong",
	"ExpiredTokenException":       "the credentials have expired: renew them",
	"ExpiredToken":                "the credentials have expired: renew them",
	"InvalidIdentityToken":        "check the identity provider in IAM: its issuer URL and its audiences must be those of the cluster's tokens",
}

// missing is the hint of every code that means there is no such secret.
const missing = "check remoteRef.key, the store's prefix and its region"

// throttled is the hint of every code that means too many requests.
const throttled = "the request quota of the account is used up, and retrying did not help: try again later, or raise the quota"

// refusal is the error for a code and text of AWS's own. Of the text only the first line stays: what follows it is the request as
// AWS saw it, session token included.
func refusal(op, code, message string, cause error) *provider.Error {
	message, _, _ = strings.Cut(message, "\n")
	message = strings.TrimSpace(volatile.ReplaceAllString(message, ""))
	kind, known := kinds[code]
	hint := hints[code]
	switch {
	case isDeletion(code, message):
		kind, hint = provider.NotFound, "it is being deleted: restore it, or take it out of the ExternalSecret"
	case isThrottle(code):
		kind, hint = provider.Throttled, throttled
	case !known:
		kind = provider.Unknown
	}
	return &provider.Error{Kind: kind, Op: op, Code: code, Message: message, Hint: hint, Cause: cause}
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

// isDenial tells whether err says that the identity lacks the right to the operation.
func isDenial(err error) bool {
	var e *provider.Error
	return errors.As(err, &e) && strings.HasPrefix(e.Code, "AccessDenied")
}

// isTransient tells whether the same request may well succeed in a moment.
func isTransient(err error) bool {
	kind := provider.KindOf(err)
	return err != nil && (kind == provider.Throttled || kind == provider.Unavailable)
}
