package aws_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/aws"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/providertest"
)

// accessKey gives the parts of an access key by the keys of a Secret.
type accessKey struct {
	provider.Credentials
	parts map[string]string
}

func (a accessKey) Secret(_ context.Context, _, _, key string) (secret.Value, error) {
	return secret.FromString(a.parts[key]), nil
}

func TestContract(t *testing.T) {
	e := harness.AWS(t)
	values := map[string]string{}
	for _, variable := range e.EnvWithoutKey() {
		name, value, _ := strings.Cut(variable, "=")
		values[name] = value
		t.Setenv(name, value)
	}
	key := harness.AWSKey{ID: "AKIASUITE00000000001", Secret: "key-of-the-suite"}
	e.Key(t, key)
	attempts, wait := int32(3), "1ms"
	p := aws.Provider{Getenv: func(name string) string { return values[name] }}
	providertest.Run(t, providertest.Backend{
		Provider: p, StrangersProvider: p,
		Store: provider.Store{
			Kind: api.KindSecretStore, Namespace: "shop", Name: "aws", Consumer: "shop",
			Retry: &api.StoreRetrySettings{MaxRetries: &attempts, RetryInterval: &wait},
			Spec: json.RawMessage(`{"service":"SecretsManager","region":"` + harness.AWSRegion + `","auth":{"secretRef":{
				"accessKeyIDSecretRef":{"name":"key","key":"id"},"secretAccessKeySecretRef":{"name":"key","key":"secret"}}}}`),
		},
		Credentials: accessKey{parts: map[string]string{"id": key.ID, "secret": key.Secret}},
		Strangers:   accessKey{parts: map[string]string{"id": key.ID, "secret": "wrong"}},
		Put: func(t *testing.T, name, value string, tags map[string]string) {
			t.Helper()
			e.SeedAll(t, []harness.AWSSecret{{Name: name, String: &value, Tags: tags}})
		},
		Deny: func(t *testing.T, name string) {
			t.Helper()
			e.Deny(t, "", "secretsmanager:GetSecretValue", name)
		},
		Refuse: func(t *testing.T, times int) {
			t.Helper()
			if times > 0 { // no more than one read is tried
				e.Fault(t, harness.AWSFault{Op: harness.OpGetSecretValue, Code: "ThrottlingException", Times: min(times, int(attempts))})
			}
		},
		Requests: func(t *testing.T) int {
			t.Helper()
			defer e.ResetCounters(t)
			return e.Counters(t).Total()
		},
		Older: "AWSPREVIOUS", Batch: 20,
	})
}
