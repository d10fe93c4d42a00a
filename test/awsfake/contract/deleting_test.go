package contract_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"
)

type deleteInput = secretsmanager.DeleteSecretInput

// schedule deletes a secret after a recovery window.
func (s *server) schedule(t *testing.T, name string) {
	t.Helper()
	out, err := s.secrets().DeleteSecret(t.Context(), &deleteInput{SecretId: &name, RecoveryWindowInDays: aws.Int64(7)})
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().AddDate(0, 0, 7), *out.DeletionDate, 2*time.Hour)
}

func deleting() []sentence {
	return []sentence{
		{"a secret pending deletion can't be read", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.schedule(t, n)
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Equal(t, "InvalidRequestException", code(t, err))
		}},
		{"the error of a secret pending deletion says so in AWS's words", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.schedule(t, n)
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Equal(t, "You can't perform this operation on the secret because it was marked for deletion.", message(t, err))
		}},
		{"a secret pending deletion is described with its date", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.schedule(t, n)
			out, err := s.secrets().DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &n})
			require.NoError(t, err)
			require.NotNil(t, out.DeletedDate)
		}},
		{"a restored secret is as it was", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.schedule(t, n)
			_, err := s.secrets().RestoreSecret(t.Context(), &secretsmanager.RestoreSecretInput{SecretId: &n})
			require.NoError(t, err)
			require.Equal(t, "1", *s.get(t, getInput{SecretId: &n}).SecretString)
		}},
		{"a secret deleted without recovery is gone", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			_, err := s.secrets().DeleteSecret(t.Context(), &deleteInput{SecretId: &n, ForceDeleteWithoutRecovery: aws.Bool(true)})
			require.NoError(t, err)
			_, err = s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Equal(t, "ResourceNotFoundException", code(t, err))
			s.create(t, n, "2")
		}},
		{"a secret pending deletion can be deleted without recovery", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.schedule(t, n)
			_, err := s.secrets().DeleteSecret(t.Context(), &deleteInput{SecretId: &n, ForceDeleteWithoutRecovery: aws.Bool(true)})
			require.NoError(t, err)
			s.create(t, n, "2")
		}},
		{"what does not exist can be deleted without recovery", func(t *testing.T, s *server) {
			_, err := s.secrets().DeleteSecret(t.Context(), &deleteInput{SecretId: aws.String(name("none")), ForceDeleteWithoutRecovery: aws.Bool(true)})
			require.NoError(t, err)
		}},
		{"a recovery window is seven days at least", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			_, err := s.secrets().DeleteSecret(t.Context(), &deleteInput{SecretId: &n, RecoveryWindowInDays: aws.Int64(6)})
			require.Equal(t, "InvalidParameterException", code(t, err))
		}},
		{"a recovery window and no recovery contradict each other", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			_, err := s.secrets().DeleteSecret(t.Context(), &deleteInput{
				SecretId: &n, RecoveryWindowInDays: aws.Int64(7), ForceDeleteWithoutRecovery: aws.Bool(true),
			})
			require.Equal(t, "InvalidParameterException", code(t, err))
		}},
		{"what does not exist can't be scheduled for deletion", func(t *testing.T, s *server) {
			_, err := s.secrets().DeleteSecret(t.Context(), &deleteInput{SecretId: aws.String(name("none"))})
			require.Equal(t, "ResourceNotFoundException", code(t, err))
		}},
	}
}
