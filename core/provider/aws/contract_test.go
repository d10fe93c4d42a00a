package aws_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

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

// backend is what the services have in common; get is the operation that reads a single one, and action what IAM calls it.
func backend(t *testing.T, e *harness.Endpoint, service api.AWSService, get, action string) providertest.Backend {
	t.Helper()
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
	store := provider.Store{
		Kind: api.KindSecretStore, Namespace: "shop", Name: "aws", Consumer: "shop",
		Retry: &api.StoreRetrySettings{MaxRetries: &attempts, RetryInterval: &wait},
		Spec: json.RawMessage(`{"service":"` + string(service) + `","region":"` + harness.AWSRegion + `","auth":{"secretRef":{
			"accessKeyIDSecretRef":{"name":"key","key":"id"},"secretAccessKeySecretRef":{"name":"key","key":"secret"}}}}`),
	}
	return providertest.Backend{
		Provider: p, StrangersProvider: p, Store: store,
		Credentials: accessKey{parts: map[string]string{"id": key.ID, "secret": key.Secret}},
		Strangers:   accessKey{parts: map[string]string{"id": key.ID, "secret": "wrong"}},
		Deny: func(t *testing.T, name string) {
			t.Helper()
			e.Deny(t, "", action, name)
		},
		Refuse: func(t *testing.T, times int) {
			t.Helper()
			e.ClearFaults(t)
			if times > 0 {
				e.Fault(t, harness.AWSFault{Op: get, Code: "ThrottlingException", Times: times})
			}
		},
		Patient: func() (provider.Provider, provider.Store) {
			patient := store
			patient.Retry = &api.StoreRetrySettings{MaxRetries: new(int32(2))}
			return p, patient
		},
		Requests: func(t *testing.T) int {
			t.Helper()
			defer e.ResetCounters(t)
			return e.Counters(t).Total()
		},
		Slow: func(t *testing.T, delay time.Duration) {
			t.Helper()
			e.Latency(t, "", delay)
		},
		Most: func(t *testing.T) int {
			t.Helper()
			defer e.ResetCounters(t)
			return e.Counters(t).PeakTotal
		},
	}
}

func TestContractOfSecretsManager(t *testing.T) {
	e := harness.AWS(t)
	b := backend(t, e, api.AWSSecretsManagerService, harness.OpGetSecretValue, "secretsmanager:GetSecretValue")
	b.Older, b.Batch = "AWSPREVIOUS", 20
	b.Put = func(t *testing.T, name, value string, tags map[string]string) {
		t.Helper()
		e.SeedAll(t, []harness.AWSSecret{{Name: name, String: &value, Tags: tags}})
	}
	b.PutBytes = func(t *testing.T, name string, value []byte) {
		t.Helper()
		e.PutBinary(t, name, value)
	}
	providertest.Run(t, b)
}

func TestContractOfParameterStore(t *testing.T) {
	e := harness.AWS(t)
	b := backend(t, e, api.AWSParameterStoreService, harness.OpGetParameter, "ssm:GetParameter")
	b.Older, b.Batch = "1", 10
	b.Put = func(t *testing.T, name, value string, tags map[string]string) {
		t.Helper()
		e.SeedParameters(t, []harness.AWSParameter{{Name: name, Value: value, Tags: tags}})
	}
	providertest.Run(t, b)
}
