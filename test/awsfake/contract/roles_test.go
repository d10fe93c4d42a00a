package contract_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
)

const (
	reader = "arn:aws:iam::" + account + ":role/reader"
	other  = "arn:aws:iam::210987654321:role/other"
)

// assume assumes the role reader, which is made if need be, and returns its credentials. change may adapt the request.
func (s *server) assume(t *testing.T, client *sts.Client, change func(*sts.AssumeRoleInput)) aws.Credentials {
	t.Helper()
	s.role(t, identity.Role{ARN: reader})
	in := &sts.AssumeRoleInput{RoleArn: aws.String(reader), RoleSessionName: aws.String("session")}
	if change != nil {
		change(in)
	}
	out, err := client.AssumeRole(t.Context(), in)
	require.NoError(t, err)
	return credentialsOf(out.Credentials)
}

// inOther changes a request to assume the role of another account.
func inOther(in *sts.AssumeRoleInput) { in.RoleArn = aws.String(other) }

func credentialsOf(c *types.Credentials) aws.Credentials {
	return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}
}

func tag(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }

// refused assumes a role and returns the code it is refused with.
func (s *server) refused(t *testing.T, in sts.AssumeRoleInput) string {
	t.Helper()
	if in.RoleSessionName == nil {
		in.RoleSessionName = aws.String("session")
	}
	_, err := s.sts().AssumeRole(t.Context(), &in)
	return code(t, err)
}

func roles() []sentence {
	return []sentence{
		{"a key knows who it belongs to", func(t *testing.T, s *server) {
			out, err := s.sts().GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
			require.NoError(t, err)
			require.Equal(t, account, *out.Account)
		}},
		{"a role is assumed and reads a secret", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			c := s.assume(t, s.sts(), nil)
			require.Regexp(t, "^ASIA", c.AccessKeyID)
			out, err := s.as(c).GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.NoError(t, err)
			require.Equal(t, "1", *out.SecretString)
			who, err := s.stsAs(c).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
			require.NoError(t, err)
			require.Equal(t, "arn:aws:sts::"+account+":assumed-role/reader/session", *who.Arn)
		}},
		{"a session lives as long as it was asked to", func(t *testing.T, s *server) {
			s.role(t, identity.Role{ARN: reader})
			out, err := s.sts().AssumeRole(t.Context(), &sts.AssumeRoleInput{
				RoleArn: aws.String(reader), RoleSessionName: aws.String("session"), DurationSeconds: aws.Int32(900),
			})
			require.NoError(t, err)
			require.WithinDuration(t, time.Now().Add(15*time.Minute), *out.Credentials.Expiration, 5*time.Second)
		}},
		{"a session assumes a role of another account and sees that account's secrets", func(t *testing.T, s *server) {
			s.role(t, identity.Role{ARN: other})
			n := name("a")
			s.create(t, n, "1")
			first := s.assume(t, s.sts(), nil)
			second := s.assume(t, s.stsAs(first), inOther)
			_, err := s.as(second).GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Equal(t, "ResourceNotFoundException", code(t, err))
		}},
		{"the session's source and external id are recorded", func(t *testing.T, s *server) {
			s.assume(t, s.sts(), func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("x-1") })
			session := s.sessions(t)[0]
			require.Equal(t, "x-1", session.ExternalID)
			require.Equal(t, "arn:aws:iam::"+account+":user/admin", session.Source)
			require.Equal(t, "arn:aws:sts::"+account+":assumed-role/reader/session", session.ARN)
		}},
		{"a role that does not exist can't be assumed", func(t *testing.T, s *server) {
			require.Equal(t, "AccessDenied", s.refused(t, sts.AssumeRoleInput{RoleArn: aws.String(reader + "-none")}))
		}},
		{"a role that wants an external id is refused with another or none", func(t *testing.T, s *server) {
			s.role(t, identity.Role{ARN: reader, ExternalID: "right"})
			require.Equal(t, "AccessDenied", s.refused(t, sts.AssumeRoleInput{RoleArn: aws.String(reader)}))
			require.Equal(t, "AccessDenied", s.refused(t, sts.AssumeRoleInput{RoleArn: aws.String(reader), ExternalId: aws.String("wrong")}))
			_, err := s.sts().AssumeRole(t.Context(), &sts.AssumeRoleInput{
				RoleArn: aws.String(reader), RoleSessionName: aws.String("session"), ExternalId: aws.String("right"),
			})
			require.NoError(t, err)
		}},
		{"a role trusts nobody but its principals", func(t *testing.T, s *server) {
			s.role(t, identity.Role{ARN: reader, Principals: []string{other}})
			_, err := s.sts().AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(reader), RoleSessionName: aws.String("session")})
			require.Equal(t, "AccessDenied", code(t, err))
			require.Equal(t, "User: arn:aws:iam::"+account+":user/admin is not authorized to perform: sts:AssumeRole on resource: "+reader, message(t, err))
		}},
		{"a role trusts the sessions of a role it names", func(t *testing.T, s *server) {
			s.role(t, identity.Role{ARN: other, Principals: []string{reader}})
			first := s.assume(t, s.sts(), nil)
			s.assume(t, s.stsAs(first), inOther)
			require.Equal(t, "AccessDenied", s.refused(t, sts.AssumeRoleInput{RoleArn: aws.String(other)}))
		}},
		{"a session can't live longer than its role allows", func(t *testing.T, s *server) {
			s.role(t, identity.Role{ARN: reader, MaxSeconds: 3600})
			require.Equal(t, "ValidationError", s.refused(t, sts.AssumeRoleInput{RoleArn: aws.String(reader), DurationSeconds: aws.Int32(7200)}))
		}},
		{"a session opened by a session can't live longer than an hour", func(t *testing.T, s *server) {
			s.role(t, identity.Role{ARN: other, MaxSeconds: 43200})
			first := s.assume(t, s.sts(), nil)
			_, err := s.stsAs(first).AssumeRole(t.Context(), &sts.AssumeRoleInput{
				RoleArn: aws.String(other), RoleSessionName: aws.String("session"), DurationSeconds: aws.Int32(7200),
			})
			require.Equal(t, "ValidationError", code(t, err))
		}},
		{"a session name with a blank is a validation error", func(t *testing.T, s *server) {
			require.Equal(t, "ValidationError", s.refused(t, sts.AssumeRoleInput{RoleArn: aws.String(reader), RoleSessionName: aws.String("a b")}))
		}},
		{"transitive tags go on to the next session and others do not", func(t *testing.T, s *server) {
			s.role(t, identity.Role{ARN: other})
			first := s.assume(t, s.sts(), func(in *sts.AssumeRoleInput) {
				in.Tags, in.TransitiveTagKeys = []types.Tag{tag("team", "red"), tag("stage", "one")}, []string{"team"}
			})
			s.assume(t, s.stsAs(first), func(in *sts.AssumeRoleInput) {
				in.RoleArn, in.Tags = aws.String(other), []types.Tag{tag("stage", "two")}
			})
			sessions := s.sessions(t)
			require.Len(t, sessions, 2)
			require.Equal(t, map[string]string{"team": "red", "stage": "one"}, sessions[0].Tags)
			require.Equal(t, map[string]string{"team": "red", "stage": "two"}, sessions[1].Tags)
			require.Equal(t, []string{"team"}, sessions[1].Transitive)
		}},
		{"a transitive tag can't be set again", func(t *testing.T, s *server) {
			s.role(t, identity.Role{ARN: other})
			first := s.assume(t, s.sts(), func(in *sts.AssumeRoleInput) {
				in.Tags, in.TransitiveTagKeys = []types.Tag{tag("team", "red")}, []string{"team"}
			})
			_, err := s.stsAs(first).AssumeRole(t.Context(), &sts.AssumeRoleInput{
				RoleArn: aws.String(other), RoleSessionName: aws.String("session"), Tags: []types.Tag{tag("team", "blue")},
			})
			require.Equal(t, "InvalidParameterValue", code(t, err))
		}},
	}
}
