package explain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// What an operator has recorded is explained without a request to the provider: its condition says little, and its Event says why.
func TestWhatAnOperatorHasRecordedIsExplained(t *testing.T) {
	t.Parallel()
	const unreadable = "could not get secret data from provider"
	for _, f := range []struct {
		fault
		condition, event string
	}{
		{
			fault:     fault{name: "a denial", id: "AWS-27", owner: diagnose.Cloud, says: []string{"prod/db", "assumed-role/eso/"}},
			condition: unreadable,
			event: "error processing spec.data[0] (key: prod/db), err: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, " +
				"RequestID: 6d1f0a52-0f2c-4c7e-9d7b-2b8f0c1e5a11, api error AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/eso/external-secrets-provider-aws " +
				"is not authorized to perform: secretsmanager:GetSecretValue on resource: prod/db because no identity-based policy allows the secretsmanager:GetSecretValue action",
		}, {
			fault: fault{name: "a missing key of a template", id: "TPL-02", owner: diagnose.App, says: []string{`"password"`}},
			condition: "could not apply template: could not execute template: unable to execute template at key url: unable to execute template at key url: " +
				`template: url:1:5: executing "url" at <.password>: map has no entry for key "password"`,
			event: "could not apply template",
		}, {
			fault:     fault{name: "a store that is not ready", id: "STO-03", owner: diagnose.Platform},
			condition: unreadable,
			event:     "the desired SecretStore store is not ready",
		},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.apply(t, store(), reading("prod/db"))
			w.record(t, f.condition, f.event)
			w.flags = []string{"--offline"}
			f.step = trace.Recorded
			f.shows = map[trace.Step][]string{trace.Recorded: {"Ready: False, SecretSyncedError", "event: Warning UpdateFailed"}}
			w.requireExplained(t, f.fault)
			assert.Zero(t, w.aws.Counters(t).Total(), "no provider is asked")
		})
	}
}

// record leaves what an operator leaves of a refresh that has failed.
func (w *world) record(t *testing.T, condition, event string) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	es, err := w.externalSecrets().Get(t.Context(), "app", metav1.GetOptions{})
	require.NoError(t, err)
	es.Object["status"] = map[string]any{"refreshTime": nil, "conditions": []any{map[string]any{
		"type": "Ready", "status": "False", "reason": "SecretSyncedError", "message": condition, "lastTransitionTime": now.Format(time.RFC3339),
	}}}
	_, err = w.externalSecrets().UpdateStatus(t.Context(), es, metav1.UpdateOptions{})
	require.NoError(t, err)
	_, err = w.core.CoreV1().Events(w.namespace).Create(t.Context(), &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: "app.1"},
		InvolvedObject: corev1.ObjectReference{APIVersion: es.GetAPIVersion(), Kind: es.GetKind(), Namespace: w.namespace, Name: "app", UID: es.GetUID()},
		Type:           corev1.EventTypeWarning, Reason: "UpdateFailed", Message: event, Source: corev1.EventSource{Component: "external-secrets"},
		FirstTimestamp: metav1.NewTime(now), LastTimestamp: metav1.NewTime(now), Count: 1,
	}, metav1.CreateOptions{})
	require.NoError(t, err)
}
