package contract_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"
)

// difference is a sentence that moto does not keep.
type difference struct {
	reason string
	// check says what moto does instead, for differences a client could run into: they must not vanish unnoticed. It is nil where
	// moto only lets pass what AWS refuses.
	check func(t *testing.T, s *server)
}

// differences are all the sentences that do not hold of moto 5.2.4 behind the gate.
func differences() map[string]difference {
	const (
		unlimited  = "moto does not check sizes and characters"
		trusting   = "moto lets everybody assume every role for as long as they like"
		unverified = "moto does not look into web identity tokens"
		permitting = "moto denies nothing here; denials are the fake's"
		tagless    = "the gate does not record session tags, and moto ignores them"
		itemless   = "the gate sees requests, not the items of a batch"
	)
	all := map[string]difference{
		"not found is answered with HTTP 400": {"moto answers 404: errors must be told apart by code, never by status", func(t *testing.T, s *server) {
			require.Equal(t, http.StatusNotFound, statusOfMissing(t, s))
		}},
		"the error of a secret pending deletion says so in AWS's words": {"moto has a text of its own under the same code", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.schedule(t, n)
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Contains(t, message(t, err), "currently marked deleted")
		}},
		"twenty-one ids are too many": {"moto takes any number", func(t *testing.T, s *server) {
			ids, want := s.many(t, 21)
			require.Equal(t, want, valuesOf(s.batch(t, ids)))
		}},
		"a secret without a value is an error of its own": {"with moto it fails the whole batch", func(t *testing.T, s *server) {
			ids, _ := s.many(t, 1)
			_, err := s.secrets().BatchGetSecretValue(t.Context(), &batchInput{SecretIdList: append(ids, s.valueless(t))})
			require.Equal(t, "ResourceNotFoundException", code(t, err))
		}},
		"an id asked for twice is answered once": {"moto answers it twice", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			require.Len(t, s.batch(t, []string{n, n}).SecretValues, 2)
		}},
		"a secret asked for by name and by ARN is answered once": {"moto answers it twice", func(t *testing.T, s *server) {
			n := name("a")
			arn := s.create(t, n, "1")
			require.Len(t, s.batch(t, []string{n, arn}).SecretValues, 2)
		}},
		"a name that is pending deletion can't be created": {"moto has another code", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.schedule(t, n)
			_, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &n, SecretString: aws.String("1")})
			require.Equal(t, "ResourceExistsException", code(t, err))
		}},
		"another account's secret is denied even by its ARN": {"moto looks for it in the caller's account only", func(t *testing.T, s *server) {
			arn := s.create(t, name("a"), "1")
			c := s.assume(t, s.sts(), inOther)
			_, err := s.as(c).GetSecretValue(t.Context(), &getInput{SecretId: &arn})
			require.Equal(t, "ResourceNotFoundException", code(t, err))
		}},
		"an answer says by which version or label it was asked for": {"moto does not say", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			got, err := s.parameter(t, n+":1")
			require.NoError(t, err)
			require.Nil(t, got.Selector)
		}},
		"descriptions come in pages of the size asked for": {"a page of moto's has ten, whatever is asked for", func(t *testing.T, s *server) {
			out, err := s.parameters().DescribeParameters(t.Context(), &ssm.DescribeParametersInput{
				ParameterFilters: []ssmtypes.ParameterStringFilter{where("Path", "Recursive", strings.TrimSuffix(s.family(t), "/"))}, MaxResults: aws.Int32(3),
			})
			require.NoError(t, err)
			require.Len(t, out.Parameters, 4)
		}},
		"a fault of one parameter is that of its batch":         {itemless, nil},
		"a batch needs ids or filters":                          {"moto answers nothing to nothing", nil},
		"the subject of a token is recorded with the session":   {unverified, nil},
		"a fault of one secret is that item's error in a batch": {itemless, nil},
	}
	lenient := map[string][]string{
		unlimited: {
			"a name with a blank is a validation error",
			"a value of more than 64 KiB is a validation error",
			"a session name with a blank is a validation error",
			"a path that does not begin with a slash is a validation error",
			"a name with slashes must begin with one",
			"a tag filter can't ask for an empty value",
		},
		trusting: {
			"a role that does not exist can't be assumed",
			"a role that wants an external id is refused with another or none",
			"a role trusts nobody but its principals",
			"a role trusts the sessions of a role it names",
			"a session can't live longer than its role allows",
			"a session opened by a session can't live longer than an hour",
		},
		tagless: {
			"transitive tags go on to the next session and others do not",
			"a transitive tag can't be set again",
		},
		unverified: {
			"a token of another audience is denied",
			"a token of another subject is denied",
			"an expired token is refused",
			"a token of an unknown issuer is refused",
			"a token signed by another key is refused",
			"what is no token is refused",
			"a token of an audience its provider does not know is refused",
			"a valid token does not help with a role that trusts no issuer",
		},
		permitting: {
			"a denied read names caller, action and secret",
			"a denial names the sort of policy that it is for",
			"a secret whose key is denied is refused without saying which, and can be described",
			"a secret whose key is disabled can't be decrypted until it is enabled",
			"a denied read of what does not exist shows the name as it was given",
			"a denied secret is an error of its own in a batch",
			"a denied batch is refused as a whole while single reads work",
			"a filtered batch needs the right to list",
			"what is denied to a role is denied to its sessions and nobody else",
			"who has permissions may do nothing else, and others may",
			"tags need a right of their own",
			"one denied parameter denies its batch, and is named",
			"a parameter whose key is denied fails with its batch, and is listed without decryption",
			"a denied path is refused whatever is below it, and one below it is not",
			"descriptions need a right of their own",
		},
	}
	for reason, sentences := range lenient {
		for _, says := range sentences {
			all[says] = difference{reason: reason}
		}
	}
	return all
}
