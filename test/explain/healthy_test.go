package explain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// What explain says of a fault is worth something only if it finds none where there is none.
func TestWhatIsHealthyIsCalledHealthy(t *testing.T) {
	t.Parallel()
	for name, arrange := range map[string]func(t *testing.T, w *world){
		"read with the keys of the process": applying(store(), reading("plain")),
		"read by a service account": func(t *testing.T, w *world) {
			w.federate(t)
			w.apply(t, serviceAccount(), storeOf(asApp), reading("plain"))
		},
		"with all that a target can have": applying(store(), externalSecret("dataFrom: [{extract: {key: json}, rewrite: [{regexp: {source: '^', target: app_}}]}], "+
			"data: [{secretKey: user, remoteRef: {key: json, property: nested.user}}], target: {template: {data: {file: 'user={{ .user }}'}}}")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			arrange(t, w)
			e := w.explain(t, "app")
			require.Zero(t, e.Code, "exit code\n%s%s", e.Stdout, e.Stderr)
			assert.True(t, e.Healthy)
			assert.Empty(t, e.Failed)
			assert.Empty(t, e.Error)
			assert.Nil(t, e.Diagnosis)
			for _, taken := range e.Steps {
				assert.Contains(t, []trace.State{trace.OK, trace.Skipped}, taken.State, "%s: %s", taken.Step, taken.Message)
			}
		})
	}
}
