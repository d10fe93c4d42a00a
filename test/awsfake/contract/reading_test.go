package contract_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"
)

type getInput = secretsmanager.GetSecretValueInput

func reading() []sentence {
	return []sentence{
		{"a secret is read by its name", func(t *testing.T, s *server) {
			n := name("a")
			arn := s.create(t, n, "1")
			out := s.get(t, getInput{SecretId: &n})
			require.Equal(t, "1", *out.SecretString)
			require.Equal(t, n, *out.Name)
			require.Equal(t, arn, *out.ARN)
			require.Regexp(t, `^arn:aws:secretsmanager:`+region+`:`+account+`:secret:`+n+`-[A-Za-z0-9]{6}$`, arn)
			require.Equal(t, []string{"AWSCURRENT"}, out.VersionStages)
			require.NotEmpty(t, out.VersionId)
			require.NotZero(t, out.CreatedDate)
			require.Nil(t, out.SecretBinary)
		}},
		{"a secret is read by its ARN", func(t *testing.T, s *server) {
			arn := s.create(t, name("a"), "1")
			require.Equal(t, "1", *s.get(t, getInput{SecretId: &arn}).SecretString)
		}},
		{"a secret is read by its ARN without the six last characters", func(t *testing.T, s *server) {
			arn := s.create(t, name("a"), "1")
			require.Equal(t, "1", *s.get(t, getInput{SecretId: aws.String(arn[:len(arn)-7])}).SecretString)
		}},
		{"an ARN with six other characters is not found", func(t *testing.T, s *server) {
			arn := s.create(t, name("a"), "1")
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: aws.String(arn[:len(arn)-6] + "zzzzzz")})
			require.Equal(t, "ResourceNotFoundException", code(t, err))
		}},
		{"a binary secret comes back byte for byte", func(t *testing.T, s *server) {
			n, bytes := name("a"), []byte{0, 1, 254, 255}
			_, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &n, SecretBinary: bytes})
			require.NoError(t, err)
			out := s.get(t, getInput{SecretId: &n})
			require.Equal(t, bytes, out.SecretBinary)
			require.Nil(t, out.SecretString)
		}},
		{"text that is not ASCII comes back as it was", func(t *testing.T, s *server) {
			n, text := name("a"), "{\"k\":\"\\u00fc \u00fc \U0001F511\"}\n"
			s.create(t, n, text)
			require.Equal(t, text, *s.get(t, getInput{SecretId: &n}).SecretString)
		}},
		{"another region has none of it", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n}, func(o *secretsmanager.Options) { o.Region = "us-west-2" })
			require.Equal(t, "ResourceNotFoundException", code(t, err))
		}},
		{"a secret that does not exist is not found", func(t *testing.T, s *server) {
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: aws.String(name("none"))})
			require.Equal(t, "ResourceNotFoundException", code(t, err))
			require.Equal(t, "Secrets Manager can't find the specified secret.", message(t, err))
		}},
		{"not found is answered with HTTP 400", func(t *testing.T, s *server) {
			require.Equal(t, http.StatusBadRequest, statusOfMissing(t, s))
		}},
		{"a secret without a value is not found", func(t *testing.T, s *server) {
			n := name("empty")
			_, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &n})
			require.NoError(t, err)
			_, err = s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Equal(t, "ResourceNotFoundException", code(t, err))
			require.Contains(t, message(t, err), "staging label: AWSCURRENT")
		}},
		{"a label that no version has is not found", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n, VersionStage: aws.String("AWSPENDING")})
			require.Equal(t, "ResourceNotFoundException", code(t, err))
		}},
		{"a version id that no version has is not found", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n, VersionId: aws.String("00000000-0000-4000-8000-000000000000")})
			require.Equal(t, "ResourceNotFoundException", code(t, err))
		}},
		{"a version id and a label that disagree are an invalid request", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			id := s.get(t, getInput{SecretId: &n}).VersionId
			s.put(t, secretsmanager.PutSecretValueInput{SecretId: &n, SecretString: aws.String("2")})
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n, VersionId: id, VersionStage: aws.String("AWSCURRENT")})
			require.Equal(t, "InvalidRequestException", code(t, err))
		}},
	}
}

func statusOfMissing(t *testing.T, s *server) int {
	_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: aws.String(name("none"))})
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.NotEmpty(t, response.ServiceRequestID())
	return response.HTTPStatusCode()
}
