package contract_test

import (
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/traffic"
)

const (
	opGet   = "secretsmanager.GetSecretValue"
	opBatch = "secretsmanager.BatchGetSecretValue"
)

// disturbances are what tests do to AWS; both servers must bear it in the same way.
func disturbances() []sentence {
	return []sentence{
		{"a planned fault happens as often as planned and then no more", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.control(t, "fault", traffic.Fault{Operation: opGet, Code: "InternalServiceError", Status: 500, Times: 2})
			for range 2 {
				_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
				require.Equal(t, "InternalServiceError", code(t, err))
			}
			require.Equal(t, "1", *s.get(t, getInput{SecretId: &n}).SecretString)
		}},
		{"a clock that is wrong refuses signatures, and the SDK learns from its answers", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			for _, ahead := range []time.Duration{time.Hour, -time.Hour} {
				s.control(t, "clock", map[string]any{"ahead": ahead.Seconds()})
				_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
				require.Equal(t, "InvalidSignatureException", code(t, err))
				config := s.config(admin())
				config.Retryer = nil
				_, err = secretsmanager.NewFromConfig(config).GetSecretValue(t.Context(), &getInput{SecretId: &n})
				require.NoError(t, err)
			}
			s.control(t, "clock", map[string]any{"ahead": 0})
			s.get(t, getInput{SecretId: &n})
		}},
		{"the SDK retries what is throttled", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.control(t, "fault", traffic.Fault{Operation: opGet, Code: "ThrottlingException", Message: "Rate exceeded"})
			config := s.config(admin())
			config.Retryer = nil
			client := secretsmanager.NewFromConfig(config)
			_, err := client.GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.NoError(t, err)
			require.Equal(t, 2, s.counts(t).Requests[opGet])
		}},
		{"a fault of one secret is that item's error in a batch", func(t *testing.T, s *server) {
			ids, _ := s.many(t, 3)
			s.control(t, "fault", traffic.Fault{Secret: ids[1], Code: "DecryptionFailure"})
			out := s.batch(t, ids)
			require.Len(t, out.SecretValues, 2)
			require.Equal(t, map[string]string{ids[1]: "DecryptionFailure"}, errorsOf(out))
		}},
		{"what comes faster than the limit is throttled", func(t *testing.T, s *server) {
			s.control(t, "throttle", map[string]any{"op": "sts.GetCallerIdentity", "rps": 2})
			var codes []string
			for range 3 {
				_, err := s.sts().GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
				if err != nil {
					codes = append(codes, code(t, err))
				}
			}
			require.Equal(t, []string{"Throttling"}, codes)
			n := name("a")
			s.create(t, n, "1")
			s.control(t, "throttle", map[string]any{"op": opGet, "rps": 0.001})
			s.get(t, getInput{SecretId: &n})
			_, err := s.secrets().GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.Equal(t, "ThrottlingException", code(t, err))
		}},
		{"latency is per request and requests wait side by side", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			s.control(t, "latency", map[string]any{"op": opGet, "ms": 100})
			client := s.secrets()
			begin := time.Now()
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					_, err := client.GetSecretValue(t.Context(), &getInput{SecretId: &n})
					if err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			took := time.Since(begin)
			require.GreaterOrEqual(t, took, 100*time.Millisecond)
			require.Less(t, took, 900*time.Millisecond, "ten requests one after the other would take a second")
			require.Greater(t, s.counts(t).Peak[opGet], 1)
		}},
		{"requests, ids, callers and refusals are counted", func(t *testing.T, s *server) {
			ids, _ := s.many(t, 3)
			s.control(t, "reset", struct{}{})
			s.batch(t, ids)
			s.batch(t, ids[:1])
			s.get(t, getInput{SecretId: &ids[0]})
			_, err := s.as(aws.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "x"}).GetSecretValue(t.Context(), &getInput{SecretId: &ids[0]})
			require.Error(t, err)

			c := s.counts(t)
			require.Equal(t, map[string]int{opGet: 2, opBatch: 2}, c.Requests)
			require.Equal(t, map[string]int{opGet: 1, opBatch: 4}, c.IDs)
			require.Equal(t, map[string]int{ids[0]: 3, ids[1]: 1, ids[2]: 1}, c.Secrets)
			require.Equal(t, map[string]map[string]int{user: {opGet: 1, opBatch: 2}}, c.Principals)
			require.Equal(t, map[string]map[string]int{opGet: {"UnrecognizedClientException": 1}}, c.Errors)
			require.Equal(t, 1, c.PeakTotal)
		}},
		{"later sessions are told of a shortened life and open ones are not", func(t *testing.T, s *server) {
			before := s.assume(t, s.sts(), nil)
			s.control(t, "expire", map[string]any{"seconds": 1})
			out, err := s.sts().AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(reader), RoleSessionName: aws.String("session")})
			require.NoError(t, err)
			require.WithinDuration(t, time.Now().Add(time.Second), *out.Credentials.Expiration, 1100*time.Millisecond)
			for _, c := range []aws.Credentials{before, credentialsOf(out.Credentials)} {
				require.Eventually(t, func() bool {
					_, err := s.stsAs(c).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
					return err != nil && code(t, err) == "ExpiredToken"
				}, 3*time.Second, 50*time.Millisecond)
			}
		}},
	}
}
