package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// patient is a SecretStore like awsStore with retrySettings, in YAML's flow style.
func patient(name, settings string) string {
	return fmt.Sprintf(`
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: %s}
spec: {retrySettings: {%s}, provider: {aws: {service: SecretsManager, region: us-east-1}}}`, name, settings)
}

func TestThrottlingIsWaitedFor(t *testing.T) {
	t.Parallel()
	quickly := patient("store", "maxRetries: 5, retryInterval: 10ms")
	for name, test := range map[string]struct {
		store string
		fault harness.AWSFault
	}{
		"of a single read":                               {quickly, harness.AWSFault{Op: harness.OpGetSecretValue, Code: "ThrottlingException", Message: "Rate exceeded", Times: 4}},
		"of a batch":                                     {quickly, harness.AWSFault{Op: harness.OpBatchGetSecretValue, Code: "ThrottlingException", Message: "Rate exceeded", Times: 4}},
		"by a store that says nothing about it":          {awsStore, harness.AWSFault{Op: harness.OpGetSecretValue, Code: "ThrottlingException", Times: 1}},
		"and so are failures that are the service's own": {quickly, harness.AWSFault{Op: harness.OpGetSecretValue, Code: "InternalServiceError", Status: 500, Times: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "a", "1")
			w.aws.Put(t, "b", "2")
			w.apply(t, test.store, externalSecret("app", dataOf("a")))
			if test.fault.Op == harness.OpBatchGetSecretValue {
				w.apply(t, externalSecret("app2", dataOf("b")))
			}
			w.aws.Fault(t, test.fault)
			p := w.pass(t).synced(t)
			assert.Equal(t, "created", p.of(t, "app").Outcome)
			assert.Equal(t, test.fault.Times+1, w.aws.Counters(t).Total())
			assert.Equal(t, map[string]int{strings.Replace(test.fault.Op, "secretsmanager", "SecretsManager", 1): test.fault.Times + 1},
				p.Report.Requests, "attempts count")
		})
	}
}

func TestAStoreThatStaysThrottledFailsAndItsNeighbourDoesNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Seed(t, map[string]string{"a": "1", "b": "2", "c": "3"})
	w.apply(t, awsStore, patient("impatient", "maxRetries: 3, retryInterval: 10ms"),
		strings.Replace(externalSecret("slow", dataOf("a")), "name: store", "name: impatient", 1),
		externalSecret("healthy", "data: [{secretKey: b, remoteRef: {key: b}}, {secretKey: c, remoteRef: {key: c}}]"))
	w.aws.Throttle(t, harness.OpGetSecretValue, 0.0001)
	exhaust := w.another(t)
	exhaust.apply(t, awsStore, externalSecret("first", dataOf("b")))
	exhaust.pass(t).synced(t) // the one request that the limit lets pass

	began := time.Now()
	p := w.pass(t)
	assert.Less(t, time.Since(began), 20*time.Second)
	require.Equal(t, map[string]int{"created": 1, "failed": 1}, p.Report.Outcomes, "%s", p.Stdout)
	failed := p.of(t, "slow")
	assert.Equal(t, "ProviderError", failed.Reason)
	assert.Contains(t, failed.Message, "ThrottlingException")
	assert.Contains(t, failed.Message, `"a"`)
	assert.Equal(t, 1+3, w.aws.Counters(t).Count(harness.OpGetSecretValue), "the other namespace's, then as many as the store allows")
}

func TestWhereBatchesAreForbiddenSecretsAreReadOneByOneAndItIsSaidOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(t, 45, 45)
	w.aws.Deny(t, "", "secretsmanager:BatchGetSecretValue", "")
	p := w.pass(t).synced(t)
	assert.Equal(t, map[string]int{"created": 45}, p.Report.Outcomes)
	require.Len(t, p.Report.Notes, 1)
	for _, says := range []string{`SecretStore "store"`, "one by one", "BatchGetSecretValue", "AccessDeniedException"} {
		assert.Contains(t, p.Report.Notes[0], says)
	}
	assert.Equal(t, 45, w.aws.Counters(t).Count(harness.OpGetSecretValue))
	assert.LessOrEqual(t, w.aws.Counters(t).Count(harness.OpBatchGetSecretValue), 3)
}

func TestOneForbiddenSecretOfABatchFailsWhoAsksForItOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(t, 40, 40)
	w.aws.Deny(t, "", "secretsmanager:GetSecretValue", "bulk/0007")
	p := w.pass(t)
	require.Equal(t, map[string]int{"created": 39, "failed": 1}, p.Report.Outcomes)
	failed := p.of(t, "es-0007")
	assert.Equal(t, "ProviderError", failed.Reason)
	for _, says := range []string{`"bulk/0007"`, "AccessDeniedException", "permission in IAM"} {
		assert.Contains(t, failed.Message, says)
	}
	assert.Equal(t, 2, w.aws.Counters(t).Total(), "no read is repeated")
}

func TestAnEndpointThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, patient("store", "maxRetries: 2, retryInterval: 10ms"), externalSecret("app", dataOf("a")))
	p := w.passIn(t, append(w.environment(), "AWS_ENDPOINT_URL=http://127.0.0.1:1"))
	assert.Equal(t, 1, p.Code)
	failed := p.of(t, "app")
	assert.Equal(t, "ProviderError", failed.Reason)
	for _, says := range []string{`"a"`, "127.0.0.1:1", "connection refused", "reachable"} {
		assert.Contains(t, failed.Message, says)
	}
	again := w.passIn(t, append(w.environment(), "AWS_ENDPOINT_URL=http://127.0.0.1:1"))
	assert.Equal(t, failed.Message, again.of(t, "app").Message, "in the same words each time")
}
