package explain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// remote arranges a remote secret, and what reads it.
func remote(secret harness.AWSSecret) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		w.aws.SeedAll(t, []harness.AWSSecret{secret})
		w.apply(t, store(), reading(secret.Name))
	}
}

// denied arranges that "plain" is read and AWS denies it.
func denied(denial harness.AWSDenial) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		w.aws.DenyBy(t, denial)
		w.apply(t, store(), reading("plain"))
	}
}

func TestWhatSecretsManagerRefusesIsExplained(t *testing.T) {
	t.Parallel()
	asked := func(key string) map[trace.Step][]string {
		return map[trace.Step][]string{
			trace.Store: {"region: us-east-1"}, trace.Identity: {"arn:aws:iam::123456789012:user/admin"}, trace.Read: {"spec.data[0]: " + key},
		}
	}
	explainAll(t, []fault{
		{
			name:    "there is no such secret",
			arrange: applying(store(), reading("prod/db")),
			step:    trace.Read, id: "AWS-32", owner: diagnose.App, shows: asked("prod/db"), says: []string{"prod/db", "ResourceNotFoundException"},
		}, {
			name:    "the secret is in another region",
			arrange: remote(harness.AWSSecret{Name: "far", String: text(canary), Region: "eu-central-1"}),
			step:    trace.Read, id: "AWS-32", owner: diagnose.App, shows: asked("far"),
		}, {
			name:    "the secret waits for its deletion",
			arrange: remote(harness.AWSSecret{Name: "doomed", String: text(canary), Pending: true}),
			step:    trace.Read, id: "AWS-30", owner: diagnose.App, shows: asked("doomed"), says: []string{"marked for deletion"},
		}, {
			name:    "the secret has no value yet",
			arrange: remote(harness.AWSSecret{Name: "fresh"}),
			step:    trace.Read, id: "AWS-54", owner: diagnose.App, shows: asked("fresh"),
		}, {
			name:    "the secret has no such version",
			arrange: applying(store(), reading("plain, version: AWSPREVIOUS")),
			step:    trace.Read, id: "AWS-54", owner: diagnose.App, shows: asked("plain"),
		}, {
			name:    "no policy allows to read the secret",
			arrange: denied(harness.AWSDenial{Action: "secretsmanager:GetSecretValue"}),
			step:    trace.Read, id: "AWS-27", owner: diagnose.Cloud, shows: asked("plain"), says: []string{"no identity-based policy allows"},
		}, {
			name:    "a service control policy forbids to read the secret",
			arrange: denied(harness.AWSDenial{Action: "secretsmanager:GetSecretValue", Policy: "service control policy", Explicit: true}),
			step:    trace.Read, id: "AWS-25", owner: diagnose.Cloud, shows: asked("plain"), says: []string{"explicit deny"},
		}, {
			name:    "the VPC endpoint does not admit the action",
			arrange: denied(harness.AWSDenial{Action: "secretsmanager:GetSecretValue", Policy: "VPC endpoint policy"}),
			step:    trace.Read, id: "AWS-26", owner: diagnose.Cloud, shows: asked("plain"),
		}, {
			name: "the secret of another account does not admit the caller",
			arrange: func(t *testing.T, w *world) {
				w.aws.SeedAll(t, []harness.AWSSecret{{Name: "theirs", String: text(canary), Account: "999988887777"}})
				w.apply(t, store(), reading(`"arn:aws:secretsmanager:us-east-1:999988887777:secret:theirs"`))
			},
			step: trace.Read, id: "AWS-26", owner: diagnose.Cloud, shows: asked("arn:aws:secretsmanager:us-east-1:999988887777:secret:theirs"),
		}, {
			name:    "the KMS key may not be used",
			arrange: denied(harness.AWSDenial{Action: "kms:Decrypt"}),
			step:    trace.Read, id: "AWS-50", owner: diagnose.Cloud, shows: asked("plain"), says: []string{"Access to KMS is not allowed"},
		}, {
			name:    "the KMS key is disabled",
			arrange: remote(harness.AWSSecret{Name: "locked", String: text(canary), KeyDisabled: true}),
			step:    trace.Read, id: "AWS-22", owner: diagnose.Cloud, shows: asked("locked"), says: []string{"DecryptionFailure"},
		}, {
			name: "a search may not list",
			arrange: func(t *testing.T, w *world) {
				w.aws.Deny(t, "", "secretsmanager:ListSecrets", "")
				w.apply(t, store(), externalSecret("dataFrom: [{find: {name: {regexp: '^pl'}}}]"))
			},
			step: trace.Read, id: "AWS-24", owner: diagnose.Cloud, says: []string{"spec.dataFrom[0]", "secretsmanager:ListSecrets"},
		}, {
			name:    "a search finds nothing",
			arrange: applying(store(), externalSecret("dataFrom: [{find: {name: {regexp: '^nothing-is-called-so'}}}]")),
			step:    trace.Read, id: "DAT-55", owner: diagnose.App, says: []string{"spec.dataFrom[0]"},
		}, {
			name:    "a search has an expression that can't be read",
			arrange: applying(store(), externalSecret("dataFrom: [{find: {name: {regexp: '[a-'}}}]")),
			step:    trace.Read, id: "DAT-56", owner: diagnose.App, says: []string{"spec.dataFrom[0]"},
		}, {
			name: "requests are throttled for longer than they are tried",
			arrange: func(t *testing.T, w *world) {
				w.aws.Fault(t, harness.AWSFault{Secret: "plain", Code: "ThrottlingException", Message: "Rate exceeded", Times: 1000})
				w.apply(t, patiently(store(), 3), reading("plain"))
			},
			step: trace.Read, id: "THR-01", owner: diagnose.Platform, shows: asked("plain"), says: []string{"ThrottlingException"},
		}, {
			name: "AWS fails on its own side",
			arrange: func(t *testing.T, w *world) {
				w.aws.Fault(t, harness.AWSFault{Secret: "plain", Code: "InternalServiceError", Message: "An error occurred on the server side.", Status: 500, Times: 1000})
				w.apply(t, patiently(store(), 2), reading("plain"))
			},
			step: trace.Read, id: "AWS-55", owner: diagnose.Cloud, shows: asked("plain"),
		}, {
			name: "one of several secrets is missing",
			arrange: applying(store(), externalSecret("data: [{secretKey: a, remoteRef: {key: plain}}, {secretKey: b, remoteRef: {key: prod/db}}, "+
				"{secretKey: c, remoteRef: {key: json}}]")),
			step: trace.Read, id: "AWS-32", owner: diagnose.App, says: []string{"spec.data[1]", "prod/db"},
			shows: map[trace.Step][]string{trace.Read: {"spec.data[0]: plain: read", "spec.data[1]: prod/db: not read", "spec.data[2]: json: read"}},
		},
	})
}

// patiently makes a store try a request so many times, one soon after the other.
func patiently(store string, times int) string {
	return strings.Replace(store, "spec: {", fmt.Sprintf("spec: {retrySettings: {maxRetries: %d, retryInterval: 10ms}, ", times), 1)
}

func TestWhatParameterStoreRefusesIsExplained(t *testing.T) {
	t.Parallel()
	asked := map[trace.Step][]string{trace.Store: {"ParameterStore"}, trace.Read: {"spec.data[0]: /app/db: not read"}}
	there := func(then func(t *testing.T, w *world), key string) func(t *testing.T, w *world) {
		return func(t *testing.T, w *world) {
			t.Helper()
			w.aws.PutParameter(t, "/app/db", canary)
			then(t, w)
			w.apply(t, parameterStore(), reading(key))
		}
	}
	nothing := func(*testing.T, *world) {}
	explainAll(t, []fault{
		{
			name:    "there is no such parameter",
			arrange: applying(parameterStore(), reading("/app/db")),
			step:    trace.Read, id: "AWS-33", owner: diagnose.App, shows: asked, says: []string{"ParameterNotFound"},
		}, {
			name:    "the parameter has no such version",
			arrange: there(nothing, `/app/db, version: "7"`),
			step:    trace.Read, id: "AWS-33", owner: diagnose.App, shows: asked,
		}, {
			name:    "no policy allows to read the parameter",
			arrange: there(func(t *testing.T, w *world) { w.aws.Deny(t, "", "ssm:GetParameter*", "/app") }, "/app/db"),
			step:    trace.Read, id: "AWS-28", owner: diagnose.Cloud, shows: asked, says: []string{"ssm:GetParameter"},
		}, {
			name:    "the KMS key of the parameter may not be used",
			arrange: there(func(t *testing.T, w *world) { w.aws.Deny(t, "", "kms:Decrypt", "/app") }, "/app/db"),
			step:    trace.Read, id: "AWS-21", owner: diagnose.Cloud, shows: asked,
		}, {
			name: "a search may not go through the path",
			arrange: func(t *testing.T, w *world) {
				w.aws.Deny(t, "", "ssm:*", "") // DescribeParameters, which can do instead, too
				w.apply(t, parameterStore(), externalSecret("dataFrom: [{find: {path: /app, name: {regexp: db}}}]"))
			},
			step: trace.Read, id: "AWS-28", owner: diagnose.Cloud, says: []string{"ssm:GetParametersByPath"},
		},
	})
}
