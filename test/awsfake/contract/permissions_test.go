package contract_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/secrets"
)

const user = "arn:aws:iam::" + account + ":user/admin"

func (s *server) deny(t *testing.T, d identity.Denial) {
	t.Helper()
	s.control(t, "deny", d)
}

func permissions() []sentence {
	return []sentence{
		{"a denied read names caller, action and secret", func(t *testing.T, s *server) {
			n := name("a")
			arn := s.create(t, n, "1")
			s.deny(t, identity.Denial{Principal: user, Action: "secretsmanager:GetSecretValue", Resource: n})
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Equal(t, "AccessDeniedException", code(t, err))
			require.Equal(t, "User: "+user+" is not authorized to perform: secretsmanager:GetSecretValue on resource: "+arn+
				" because no identity-based policy allows the secretsmanager:GetSecretValue action", message(t, err))
		}},
		{"a denial names the sort of policy that it is for", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			for _, c := range []struct {
				denial identity.Denial
				ends   string
			}{
				{identity.Denial{Policy: "VPC endpoint policy"}, "because no VPC endpoint policy allows the secretsmanager:GetSecretValue action"},
				{identity.Denial{Policy: "service control policy", Explicit: true}, "with an explicit deny in a service control policy"},
				{identity.Denial{Explicit: true}, "with an explicit deny in an identity-based policy"},
			} {
				s.control(t, "allow", struct{}{})
				c.denial.Action = "secretsmanager:GetSecretValue"
				s.deny(t, c.denial)
				_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
				require.Equal(t, "AccessDeniedException", code(t, err))
				require.Regexp(t, " on resource: arn:.* "+c.ends+"$", message(t, err))
			}
		}},
		{"a secret whose key is denied is refused without saying which, and can be described", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.deny(t, identity.Denial{Action: "kms:Decrypt", Resource: n})
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Equal(t, "AccessDeniedException", code(t, err))
			require.Equal(t, "Access to KMS is not allowed", message(t, err))
			_, err = s.secrets().DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &n})
			require.NoError(t, err)
		}},
		{"a secret whose key is disabled can't be decrypted until it is enabled", func(t *testing.T, s *server) {
			n := name("a")
			seed := secrets.Seed{Name: n, Region: region, String: aws.String("1"), KeyDisabled: true}
			s.control(t, "secrets", []secrets.Seed{seed})
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Equal(t, "DecryptionFailure", code(t, err))
			seed.KeyDisabled = false
			s.control(t, "secrets", []secrets.Seed{seed})
			require.Equal(t, "1", *s.get(t, getInput{SecretId: &n}).SecretString)
		}},
		{"a denied read of what does not exist shows the name as it was given", func(t *testing.T, s *server) {
			s.deny(t, identity.Denial{Action: "secretsmanager:GetSecretValue", Resource: "contract/"})
			n := name("none")
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Equal(t, "AccessDeniedException", code(t, err))
			require.Contains(t, message(t, err), " on resource: "+n+" because")
		}},
		{"a denied secret is an error of its own in a batch", func(t *testing.T, s *server) {
			ids, want := s.many(t, 2)
			denied := name("denied")
			s.create(t, denied, "1")
			s.deny(t, identity.Denial{Action: "secretsmanager:GetSecretValue", Resource: denied})
			out := s.batch(t, append(ids, denied))
			require.Equal(t, want, valuesOf(out))
			require.Equal(t, map[string]string{denied: "AccessDeniedException"}, errorsOf(out))
		}},
		{"a denied batch is refused as a whole while single reads work", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.deny(t, identity.Denial{Action: "secretsmanager:BatchGetSecretValue"})
			_, err := s.secrets().BatchGetSecretValue(t.Context(), &batchInput{SecretIdList: []string{n}})
			require.Equal(t, "AccessDeniedException", code(t, err))
			require.Equal(t, "1", *s.get(t, getInput{SecretId: &n}).SecretString)
		}},
		{"a filtered batch needs the right to list", func(t *testing.T, s *server) {
			s.deny(t, identity.Denial{Action: "secretsmanager:ListSecrets"})
			_, err := s.secrets().BatchGetSecretValue(t.Context(), &batchInput{Filters: []types.Filter{by("name", "a")}})
			require.Equal(t, "AccessDeniedException", code(t, err))
			require.Contains(t, message(t, err), "secretsmanager:ListSecrets")
			_, err = s.secrets().ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
			require.Equal(t, "AccessDeniedException", code(t, err))
		}},
		{"what is denied to a role is denied to its sessions and nobody else", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.deny(t, identity.Denial{Principal: reader, Action: "secretsmanager:*"})
			c := s.assume(t, s.sts(), nil)
			_, err := s.as(c).GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Equal(t, "AccessDeniedException", code(t, err))
			require.Contains(t, message(t, err), "User: arn:aws:sts::"+account+":assumed-role/reader/session is not authorized")
			s.get(t, getInput{SecretId: &n})
		}},
		{"who has permissions may do nothing else, and others may", func(t *testing.T, s *server) {
			n, more := name("a"), name("more")
			arn := s.create(t, n, "1")
			s.create(t, more, "2")
			c := s.assume(t, s.sts(), nil)
			s.control(t, "permit", identity.Permission{Principal: reader, Action: "secretsmanager:GetSecretValue", Resource: arn[:len(arn)-6] + "??????"})
			out, err := s.as(c).GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.NoError(t, err)
			require.Equal(t, "1", *out.SecretString)
			_, err = s.as(c).GetSecretValue(t.Context(), &getInput{SecretId: &more})
			require.Equal(t, "AccessDeniedException", code(t, err), "another resource")
			_, err = s.as(c).DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &n})
			require.Equal(t, "AccessDeniedException", code(t, err), "another action")
			_, err = s.as(c).ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
			require.Equal(t, "AccessDeniedException", code(t, err), "an action on no resource")
			s.get(t, getInput{SecretId: &more})
		}},
		{"tags need a right of their own", func(t *testing.T, s *server) {
			s.role(t, identity.Role{ARN: reader})
			s.deny(t, identity.Denial{Action: "sts:TagSession"})
			require.Equal(t, "AccessDenied", s.refused(t, sts.AssumeRoleInput{RoleArn: aws.String(reader), Tags: []ststypes.Tag{tag("a", "b")}}))
			s.assume(t, s.sts(), nil)
		}},
		{"another account's secret is denied even by its ARN", func(t *testing.T, s *server) {
			s.role(t, identity.Role{ARN: other})
			arn := s.create(t, name("a"), "1")
			c := s.assume(t, s.sts(), inOther)
			_, err := s.as(c).GetSecretValue(t.Context(), &getInput{SecretId: &arn})
			require.Equal(t, "AccessDeniedException", code(t, err))
			require.Contains(t, message(t, err), "resource-based policy")
		}},
	}
}
