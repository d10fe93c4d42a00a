package aws

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func TestRefusal(t *testing.T) {
	for name, tc := range map[string]struct {
		code, message string
		kind          provider.Kind
		text          string
	}{
		"a secret that does not exist": {
			"ResourceNotFoundException", "Secrets Manager can't find the specified secret.", provider.NotFound,
			"GetSecretValue: ResourceNotFoundException: Secrets Manager can't find the specified secret. (check remoteRef.key, the store's prefix and its region)",
		},
		"a parameter that does not exist, of which AWS says nothing": {
			"ParameterNotFound", "", provider.NotFound, "GetSecretValue: ParameterNotFound (check remoteRef.key, the store's prefix and its region)",
		},
		"a version of a parameter that does not exist": {"ParameterVersionNotFound", "no version 9", provider.NotFound, ""},
		"tags of a parameter that does not exist":      {"InvalidResourceId", "not valid", provider.NotFound, ""},
		"a key that can't be used":                     {"InvalidKeyId", "disabled", provider.Denied, ""},
		"a fault of the service of parameters":         {"InternalServerError", "oops", provider.Unavailable, ""},
		"a secret that waits for its deletion, in AWS's words": {
			"InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.", provider.NotFound, "",
		},
		"a secret that waits for its deletion, in other words": {
			"InvalidRequestException", "An error occurred: the secret is currently marked deleted.", provider.NotFound, "",
		},
		"a secret that waits for its deletion, under the older code": {
			"InvalidParameterException", "the secret was marked for deletion", provider.NotFound, "",
		},
		"a request that is wrong for another reason": {
			"InvalidRequestException", "You must provide a version.", provider.Invalid, "",
		},
		"another code that talks of deletion":    {"ValidationException", "marked for deletion", provider.Invalid, ""},
		"no permission":                          {"AccessDeniedException", "not authorized", provider.Denied, ""},
		"no permission for the key":              {"DecryptionFailure", "no key", provider.Denied, ""},
		"a role that may not be assumed":         {"AccessDenied", "not authorized to perform sts:AssumeRole", provider.Denied, ""},
		"keys that do not exist":                 {"UnrecognizedClientException", "the security token is invalid", provider.Unauthenticated, ""},
		"keys that do not exist, as STS has it":  {"InvalidClientTokenId", "the security token is invalid", provider.Unauthenticated, ""},
		"a wrong secret key":                     {"InvalidSignatureException", "does not match", provider.Unauthenticated, ""},
		"credentials that have expired":          {"ExpiredTokenException", "expired", provider.Unauthenticated, ""},
		"an identity token that is not accepted": {"InvalidIdentityToken", "no provider", provider.Unauthenticated, ""},
		"too many requests":                      {"ThrottlingException", "Rate exceeded", provider.Throttled, ""},
		"too many requests, in STS's code":       {"Throttling", "Rate exceeded", provider.Throttled, ""},
		"too many requests, in a third code":     {"TooManyRequestsException", "Rate exceeded", provider.Throttled, ""},
		"a fault of the service":                 {"InternalServiceError", "oops", provider.Unavailable, ""},
		"an action the service does not know":    {"UnknownOperationException", "", provider.Unsupported, "GetSecretValue: UnknownOperationException"},
		"a code that is not known here":          {"TeapotException", "short and stout", provider.Unknown, "GetSecretValue: TeapotException: short and stout"},
		"what changes from request to request goes": {
			"TeapotException", "Denied (Service: AWSKMS; Status Code: 400; Error Code: X; Request ID: 1-2-3; Proxy: null)", provider.Unknown,
			"GetSecretValue: TeapotException: Denied (Service: AWSKMS; Status Code: 400; Error Code: X; Proxy: null)",
		},
		"the request as AWS saw it goes, with its session token": {
			"TeapotException", "The signature does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:FwoGZXIvYXdzE'", provider.Unknown,
			"GetSecretValue: TeapotException: The signature does not match.",
		},
		"what the request was signed with goes": {
			"TeapotException", "bad header: Credential=AKIAX/20260101/eu, Signature=abcdef", provider.Unknown, "GetSecretValue: TeapotException: bad header:",
		},
		"the time of a signature goes": {
			"TeapotException", "Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z", provider.Unknown,
			"GetSecretValue: TeapotException: Signature expired:  is now earlier than",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := refusal("GetSecretValue", tc.code, tc.message, nil)
			assert.Equal(t, tc.kind, provider.KindOf(err))
			if tc.text != "" {
				require.EqualError(t, err, tc.text)
			}
			for code := range hints {
				_, known := kinds[code]
				assert.True(t, known, "a hint for %s, which has no kind", code)
			}
		})
	}
}

func TestClassify(t *testing.T) {
	operation := func(service, name string, err error) error {
		return &smithy.OperationError{ServiceID: service, OperationName: name, Err: err}
	}
	apiError := &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}
	for name, tc := range map[string]struct {
		op   string
		err  error
		kind provider.Kind
		text string
	}{
		"a refusal is named after the operation that was refused": {
			"GetSecretValue", operation("Secrets Manager", "GetSecretValue", operation("STS", "AssumeRole", apiError)), provider.Denied, "AssumeRole: AccessDenied: no",
		},
		"an unknown refusal of a login is one of credentials": {
			opLogin, &smithy.GenericAPIError{Code: "TeapotException", Message: "no"}, provider.Unauthenticated, "GetCredentials: TeapotException: no",
		},
		"no credentials anywhere": {
			opLogin, errors.New("no providers in chain"), provider.Unauthenticated, "auth.secretRef",
		},
		"no metadata service to ask for credentials": {
			opLogin, operation("ec2imds", "GetMetadata", errors.New("timeout")), provider.Unauthenticated, "GetCredentials: ",
		},
		"a login service that can't be reached is not a matter of credentials": {
			opLogin, operation("STS", "AssumeRole", errors.New("connection refused")), provider.Unavailable, "AssumeRole: operation error STS: AssumeRole, connection refused (is the endpoint reachable",
		},
		"an interruption": {
			"GetSecretValue", operation("Secrets Manager", "GetSecretValue", context.Canceled), provider.Unavailable, "GetSecretValue: interrupted before an answer came",
		},
		"the port of this side goes": {
			"GetSecretValue", errors.New("read tcp 10.0.0.1:54321->10.0.0.2:443: connection reset"), provider.Unavailable, "read tcp 10.0.0.2:443: connection reset",
		},
		"a request id goes": {
			"GetSecretValue", errors.New("https response error StatusCode: 0, RequestID: 1-2, request send failed"), provider.Unavailable, "StatusCode: 0, request send failed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := classify(tc.op, tc.err)
			assert.Equal(t, tc.kind, provider.KindOf(err))
			require.ErrorContains(t, err, tc.text)
		})
	}
	t.Run("an answer that can't be read is quoted nowhere", func(t *testing.T) {
		err := classify("GetSecretValue", operation("Secrets Manager", "GetSecretValue",
			&smithy.DeserializationError{Err: errors.New("expected string, got 1234567890"), Snapshot: []byte("1234567890")}))
		assert.Equal(t, provider.Unavailable, provider.KindOf(err))
		for ; err != nil; err = errors.Unwrap(err) {
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "1234567890")
		}
	})
}
