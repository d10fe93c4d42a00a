package explain_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestExternalSecretsThatNobodyCanRefreshAreExplained(t *testing.T) {
	t.Parallel()
	explainAll(t, []fault{
		{
			name:    "there is no such ExternalSecret",
			arrange: applying(store()),
			step:    trace.Object, id: "K8S-62", owner: diagnose.App, says: []string{`no ExternalSecret "app" in namespace "NAMESPACE"`},
		}, {
			name: "stores may not be read",
			arrange: func(t *testing.T, w *world) {
				w.apply(t, store(), reading("plain"))
				w.as(t, "person", `{apiGroups: [external-secrets.io], resources: [externalsecrets], verbs: [get]}`, `{apiGroups: [""], resources: [secrets], verbs: [get]}`)
			},
			step: trace.Store, id: "K8S-08", owner: diagnose.Platform, says: []string{`cannot get resource "secretstores"`},
		}, {
			name: "it is being deleted, and something holds it",
			arrange: func(t *testing.T, w *world) {
				w.apply(t, store(), reading("plain"))
				w.patch(t, `{"metadata": {"finalizers": ["example.com/hold"]}}`)
				require.NoError(t, w.externalSecrets().Delete(t.Context(), "app", metav1.DeleteOptions{}))
				t.Cleanup(func() { w.patch(t, `{"metadata": {"finalizers": null}}`) })
			},
			step: trace.Object, id: "K8S-59", owner: diagnose.Platform, says: []string{"being deleted"},
		}, {
			name:    "it does not say what to fetch",
			arrange: applying(store(), externalSecret("refreshInterval: 1h")),
			step:    trace.Rules, id: "K8S-22", owner: diagnose.App, says: []string{"neither data nor dataFrom"},
		}, {
			name:    "it fills a key twice",
			arrange: applying(store(), externalSecret("data: [{secretKey: a, remoteRef: {key: plain}}, {secretKey: a, remoteRef: {key: json}}]")),
			step:    trace.Rules, id: "DAT-06", owner: diagnose.App, says: []string{"spec.data[1].secretKey"},
		}, {
			name:    "its refresh interval is none",
			arrange: applying(store(), externalSecret("refreshInterval: 1d, "+dataOf("plain"))),
			step:    trace.Rules, id: "K8S-54", owner: diagnose.App, says: []string{`spec.refreshInterval "1d"`},
		}, {
			name:    "its policies do not go together",
			arrange: applying(store(), externalSecret("target: {creationPolicy: Merge, deletionPolicy: Delete}, "+dataOf("plain"))),
			step:    trace.Rules, id: "K8S-21", owner: diagnose.App, says: []string{"deletionPolicy Delete"},
		}, {
			name:    "an entry names nothing to fetch",
			arrange: applying(store(), externalSecret("dataFrom: [{rewrite: [{regexp: {source: a, target: b}}]}]")),
			step:    trace.Rules, id: "K8S-54", owner: diagnose.App, says: []string{"spec.dataFrom[0]"},
		}, {
			name:    "its target is no Secret",
			arrange: applying(store(), externalSecret("target: {manifest: {apiVersion: v1, kind: ConfigMap}}, "+dataOf("plain"))),
			step:    trace.Rules, id: "K8S-56", owner: diagnose.App, says: []string{"--unsafe-allow-generic-targets"},
		}, {
			name: "nobody refreshes it",
			arrange: func(t *testing.T, w *world) {
				w.apply(t, store(), externalSecret("refreshInterval: 1h, "+dataOf("plain")))
				w.refresh(t, 0)
				w.patch(t, `{"status": {"refreshTime": "`+time.Now().Add(-5*time.Hour).UTC().Format(time.RFC3339)+`"}}`, "status")
			},
			step: trace.Due, id: "K8S-60", owner: diagnose.Platform, says: []string{"overdue"},
			shows: map[trace.Step][]string{trace.Due: {"refreshInterval: 1h"}},
		}, {
			name: "the last refresh has failed, and another would not",
			arrange: func(t *testing.T, w *world) {
				w.apply(t, store(), reading("late"))
				w.refresh(t, 1)
				w.aws.Put(t, "late", canary)
			},
			step: trace.Recorded, id: "AWS-32", owner: diagnose.App, says: []string{"late"},
		},
	})
}

// refresh has the plugin refresh the ExternalSecret, and exit with a code.
func (w *world) refresh(t *testing.T, code int) {
	t.Helper()
	r := harness.Run(t, w.environment, pluginPath(t), "refresh", "app", "--namespace", w.namespace)
	require.Equal(t, code, r.Code, "%s%s", r.Stdout, r.Stderr)
}

// patch changes the ExternalSecret, or a subresource of it.
func (w *world) patch(t *testing.T, patch string, subresource ...string) {
	t.Helper()
	_, err := w.externalSecrets().Patch(context.WithoutCancel(t.Context()), "app", types.MergePatchType, []byte(patch), metav1.PatchOptions{}, subresource...)
	require.NoError(t, err)
}
