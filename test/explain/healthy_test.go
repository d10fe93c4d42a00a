package explain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
)

// runner is one of the world's namespace. Nothing runs it, and whoever looks for one finds it.
const runner = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: runner, labels: {app.kubernetes.io/name: " + manifests.Name + "}}\n" +
	"spec: {schedule: '@hourly', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: runner, image: runner, " +
	"args: [--namespaces=NAMESPACE]}]}}}}}"

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
		"read from Parameter Store": func(t *testing.T, w *world) {
			w.aws.PutParameter(t, "/app/db", canary)
			w.apply(t, parameterStore(), reading("/app/db"))
		},
		"found by a search":              applying(store(), externalSecret("dataFrom: [{find: {name: {regexp: '^pl'}}}]")),
		"read from a ClusterSecretStore": applying(withStoreSpec(inAllNamespaces(store()), "conditions: [{namespaces: [NAMESPACE]}]"), fromCluster(dataOf("plain"))),
		"made up by a generator": applying("apiVersion: generators.external-secrets.io/v1alpha1\nkind: Password\nmetadata: {name: made}\n"+
			"spec: {length: 12, digits: 2, symbols: 2, noUpper: false, allowRepeat: true}", generated("Password")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			arrange(t, w)
			applying(runner)(t, w)
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

func TestWhatWorksAndShouldBeSeenToIsAWarningAtItsStep(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arrange func(t *testing.T, w *world)
		step    trace.Step
		says    string
	}{
		"a field that has no effect": {
			applying(runner, store(), strings.Replace(reading("plain"), "{name: store}", "{name: store, key: x}", 1)), trace.Rules, "spec.secretStoreRef.key",
		},
		"a Secret that somebody else has made": {
			applying(runner, opaque("app", "other: value"), store(), reading("plain")), trace.Target, "was there before",
		},
		"that nobody was seen who will refresh what is new": {
			applying(store(), reading("plain")), trace.Due, "nothing has refreshed it yet: nobody was seen in the cluster who refreshes it",
		},
		"that nobody was seen who refreshes it": {func(t *testing.T, w *world) {
			w.apply(t, store(), reading("plain"))
			w.refresh(t, 0)
		}, trace.Due, "nobody was seen in the cluster who refreshes it"},
		"that the controller of its class was not seen": {func(t *testing.T, w *world) {
			w.apply(t, withStoreSpec(store(), "controller: team-b"), reading("plain"))
			w.patch(t, `{"status": {"refreshTime": "`+time.Now().UTC().Format(time.RFC3339)+`", "syncedResourceVersion": "`+api.SyncedResourceVersion(1, nil, nil)+`",
				"conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced", "message": "secret synced"}]}}`, "status")
		}, trace.Due, "nobody was seen in the cluster who refreshes it"},
		"a window that can't be read": {
			applying(runner, store(), externalSecret("syncWindows: {kind: deny, windows: [{schedule: '61 * * * *', duration: 1h}]}, "+dataOf("plain"))), trace.Rules, "61",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.arrange(t, w)
			e := w.explain(t, "app")
			require.Zero(t, e.Code, "exit code\n%s%s", e.Stdout, e.Stderr)
			assert.True(t, e.Healthy)
			for _, taken := range e.Steps {
				switch {
				case taken.Step == trace.Difference && test.step == trace.Target:
					assert.Equal(t, trace.Warning, taken.State, "what others have made is not as it should be")
				case taken.Step == test.step:
					assert.Equal(t, trace.Warning, taken.State, taken.Step)
					assert.Contains(t, taken.Message, test.says)
				default:
					assert.Contains(t, []trace.State{trace.OK, trace.Skipped}, taken.State, "%s: %s", taken.Step, taken.Message)
				}
			}
		})
	}
}
