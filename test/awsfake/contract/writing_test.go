package contract_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"
)

type putInput = secretsmanager.PutSecretValueInput

func (s *server) put(t *testing.T, in putInput) *secretsmanager.PutSecretValueOutput {
	t.Helper()
	out, err := s.secrets().PutSecretValue(t.Context(), &in)
	require.NoError(t, err)
	return out
}

func writing() []sentence {
	return []sentence{
		{"a new value becomes current and the old one previous", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			first := *s.get(t, getInput{SecretId: &n}).VersionId
			second := s.put(t, putInput{SecretId: &n, SecretString: aws.String("2")})
			require.Equal(t, []string{"AWSCURRENT"}, second.VersionStages)

			require.Equal(t, "2", *s.get(t, getInput{SecretId: &n}).SecretString)
			previous := s.get(t, getInput{SecretId: &n, VersionStage: aws.String("AWSPREVIOUS")})
			require.Equal(t, "1", *previous.SecretString)
			require.Equal(t, first, *previous.VersionId)
			require.Equal(t, "1", *s.get(t, getInput{SecretId: &n, VersionId: &first}).SecretString)
		}},
		{"after three values the first has no label and is still read by its id", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			first := *s.get(t, getInput{SecretId: &n}).VersionId
			s.put(t, putInput{SecretId: &n, SecretString: aws.String("2")})
			s.put(t, putInput{SecretId: &n, SecretString: aws.String("3")})
			out := s.get(t, getInput{SecretId: &n, VersionId: &first})
			require.Equal(t, "1", *out.SecretString)
			require.Empty(t, out.VersionStages)
		}},
		{"a value put with a label of its own leaves the current one alone", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.put(t, putInput{SecretId: &n, SecretString: aws.String("2"), VersionStages: []string{"AWSPENDING"}})
			require.Equal(t, "1", *s.get(t, getInput{SecretId: &n}).SecretString)
			require.Equal(t, "2", *s.get(t, getInput{SecretId: &n, VersionStage: aws.String("AWSPENDING")}).SecretString)
		}},
		{"the same value with the same token adds no version", func(t *testing.T, s *server) {
			n, token := name("a"), "11111111-2222-4333-8444-555555555555"
			s.create(t, n, "1")
			in := putInput{SecretId: &n, SecretString: aws.String("2"), ClientRequestToken: &token}
			s.put(t, in)
			require.Equal(t, token, *s.put(t, in).VersionId)
			out, err := s.secrets().DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &n})
			require.NoError(t, err)
			require.Len(t, out.VersionIdsToStages, 2)
			require.Equal(t, []string{"AWSCURRENT"}, out.VersionIdsToStages[token])
		}},
		{"another value with the same token is refused", func(t *testing.T, s *server) {
			n, token := name("a"), "11111111-2222-4333-8444-555555555555"
			s.create(t, n, "1")
			s.put(t, putInput{SecretId: &n, SecretString: aws.String("2"), ClientRequestToken: &token})
			_, err := s.secrets().PutSecretValue(t.Context(), &putInput{SecretId: &n, SecretString: aws.String("3"), ClientRequestToken: &token})
			require.Equal(t, "ResourceExistsException", code(t, err))
		}},
		{"a name that exists can't be created", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			_, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &n})
			require.Equal(t, "ResourceExistsException", code(t, err))
		}},
		{"a name that is pending deletion can't be created", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.schedule(t, n)
			_, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &n})
			require.Equal(t, "InvalidRequestException", code(t, err))
		}},
		{"a name with a blank is a validation error", func(t *testing.T, s *server) {
			_, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String(name("a b"))})
			require.Equal(t, "ValidationException", code(t, err))
		}},
		{"a value of 64 KiB is stored", func(t *testing.T, s *server) {
			n, value := name("a"), strings.Repeat("x", 65536)
			s.create(t, n, value)
			require.Equal(t, value, *s.get(t, getInput{SecretId: &n}).SecretString)
		}},
		{"a value of more than 64 KiB is a validation error", func(t *testing.T, s *server) {
			n, value := name("a"), strings.Repeat("x", 65537)
			_, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &n, SecretString: &value})
			require.Equal(t, "ValidationException", code(t, err))
		}},
		{"a value can't be put into a secret that does not exist", func(t *testing.T, s *server) {
			_, err := s.secrets().PutSecretValue(t.Context(), &putInput{SecretId: aws.String(name("none")), SecretString: aws.String("1")})
			require.Equal(t, "ResourceNotFoundException", code(t, err))
		}},
	}
}
