package harness_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// awsConfig is what a program started with env would have.
func awsConfig(t *testing.T, env []string) aws.Config {
	t.Helper()
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	c, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	c.RetryMaxAttempts = 1
	return c
}

func TestAWSIsReadWithNothingButItsEnvironment(t *testing.T) {
	e := harness.AWS(t)
	e.Seed(t, map[string]string{"my-app/a": "1", "my-app/b": "2"})
	e.PutBinary(t, "my-app/c", []byte{0, 1, 255})
	client := secretsmanager.NewFromConfig(awsConfig(t, e.Env()))

	one, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("my-app/c")})
	require.NoError(t, err)
	require.Equal(t, []byte{0, 1, 255}, one.SecretBinary)
	many, err := client.BatchGetSecretValue(t.Context(), &secretsmanager.BatchGetSecretValueInput{SecretIdList: []string{"my-app/a", "my-app/b", "nope"}})
	require.NoError(t, err)
	require.Len(t, many.SecretValues, 2)
	require.Len(t, many.Errors, 1)

	counters := e.Counters(t)
	require.Equal(t, 1, counters.Count(harness.OpGetSecretValue))
	require.Equal(t, 1, counters.Count(harness.OpBatchGetSecretValue))
	require.Equal(t, 2, counters.Total())
	require.Equal(t, 3, counters.IDs[harness.OpBatchGetSecretValue])
	require.Equal(t, 1, counters.Secrets["my-app/a"])
	e.ResetCounters(t)
	require.Zero(t, e.Counters(t).Total())
}

func TestAWSHasParameters(t *testing.T) {
	e := harness.AWS(t)
	e.PutParameter(t, "/my-app/a", "old")
	e.SeedParameters(t, []harness.AWSParameter{{Name: "/my-app/a", Value: "new", Labels: []string{"live"}, Tags: map[string]string{"k": "v"}}})
	e.PutParameter(t, "/my-app/b", "2")
	e.DeleteParameter(t, "/my-app/b")
	client := ssm.NewFromConfig(awsConfig(t, e.Env()))

	out, err := client.GetParameters(t.Context(), &ssm.GetParametersInput{
		Names: []string{"/my-app/a:live", "/my-app/b"}, WithDecryption: aws.Bool(true),
	})
	require.NoError(t, err)
	require.Equal(t, []string{"/my-app/b"}, out.InvalidParameters)
	require.Len(t, out.Parameters, 1)
	require.Equal(t, "new", *out.Parameters[0].Value)
	tags, err := client.ListTagsForResource(t.Context(), &ssm.ListTagsForResourceInput{
		ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: aws.String("/my-app/a"),
	})
	require.NoError(t, err)
	require.Equal(t, "v", *tags.TagList[0].Value)
	require.Equal(t, 2, e.Counters(t).IDs[harness.OpGetParameters])
}

func TestAWSCanBeDisturbed(t *testing.T) {
	e := harness.AWS(t)
	e.Put(t, "a", "1")
	client := secretsmanager.NewFromConfig(awsConfig(t, e.Env()))
	read := func() string {
		_, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("a")})
		var refused smithy.APIError
		if err == nil {
			return ""
		}
		require.ErrorAs(t, err, &refused)
		return refused.ErrorCode()
	}
	require.Empty(t, read())

	e.Fault(t, harness.AWSFault{Op: harness.OpGetSecretValue, Code: "InternalServiceError", Status: 500})
	require.Equal(t, "InternalServiceError", read())
	require.Empty(t, read(), "a fault happens as often as asked for")

	e.Deny(t, "", "secretsmanager:Get*", "a")
	require.Equal(t, "AccessDeniedException", read())
	e.AllowAll(t)
	require.Empty(t, read())

	e.Throttle(t, harness.OpGetSecretValue, 0.001)
	require.Empty(t, read(), "the first request of a limit passes")
	require.Equal(t, "ThrottlingException", read())
	e.Throttle(t, harness.OpGetSecretValue, 0)

	e.Latency(t, harness.OpGetSecretValue, 50*time.Millisecond)
	begin := time.Now()
	require.Empty(t, read())
	require.GreaterOrEqual(t, time.Since(begin), 50*time.Millisecond)

	e.Delete(t, "a")
	require.Equal(t, "ResourceNotFoundException", read())
	require.Equal(t, map[string]int{
		"InternalServiceError": 1, "AccessDeniedException": 1, "ThrottlingException": 1, "ResourceNotFoundException": 1,
	}, e.Counters(t).Errors[harness.OpGetSecretValue])
}

func TestAWSRecordsHowARoleWasAssumed(t *testing.T) {
	e := harness.AWS(t)
	role := "arn:aws:iam::123456789012:role/reader"
	e.Role(t, harness.AWSRole{ARN: role, ExternalID: "x-1"})
	client := sts.NewFromConfig(awsConfig(t, e.Env()))
	_, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("me"), ExternalId: aws.String("x-1")})
	require.NoError(t, err)

	sessions := e.Sessions(t)
	require.Len(t, sessions, 1)
	require.Equal(t, "me", sessions[0].Name)
	require.Equal(t, "x-1", sessions[0].ExternalID)
	require.Equal(t, "arn:aws:iam::123456789012:user/admin", sessions[0].Source)
	require.WithinDuration(t, time.Now().Add(time.Hour), sessions[0].Expires, time.Minute)
}

func TestMotoIsReadWithNothingButItsEnvironment(t *testing.T) {
	m := harness.Moto(t)
	m.Put(t, "my-app/a", "old")
	m.Put(t, "my-app/a", "new")
	client := secretsmanager.NewFromConfig(awsConfig(t, m.Env()))
	m.ResetCounters(t)
	out, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("my-app/a")})
	require.NoError(t, err)
	require.Equal(t, "new", *out.SecretString)
	require.Equal(t, 1, m.Counters(t).Total())

	m.Fault(t, harness.AWSFault{Code: "AccessDeniedException"})
	_, err = client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("my-app/a")})
	require.ErrorContains(t, err, "AccessDeniedException")
}
