package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// patch changes an ExternalSecret as its author would.
func (w *world) patch(t *testing.T, name, patch string) {
	t.Helper()
	_, err := w.resource(t, api.APIVersion, api.KindExternalSecret, w.namespace).
		Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "author"})
	require.NoError(t, err)
}

// delete deletes the Secret of the name.
func (w *world) delete(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, w.core.CoreV1().Secrets(w.namespace).Delete(t.Context(), name, metav1.DeleteOptions{}))
}

func TestWhenAnExternalSecretIsRefreshedAgain(t *testing.T) {
	t.Parallel()
	const forceSync = `{"metadata":{"annotations":{"external-secrets.io/force-sync":"now"}}}`
	const anotherKey = `{"spec":{"data":[{"secretKey":"value","remoteRef":{"key":"a"}},{"secretKey":"more","remoteRef":{"key":"a"}}]}}`
	annotate := func(t *testing.T, w *world) { w.patch(t, "app", forceSync) }
	edit := func(t *testing.T, w *world) { w.patch(t, "app", anotherKey) }
	remove := func(t *testing.T, w *world) { w.delete(t, "app") }
	drift := func(t *testing.T, w *world) {
		w.change(t, "app", func(s *corev1.Secret) { s.Data["value"] = []byte("drifted") })
	}
	unlabel := func(t *testing.T, w *world) {
		w.change(t, "app", func(s *corev1.Secret) { delete(s.Labels, api.LabelManaged) })
	}
	nothing := func(*testing.T, *world) {}

	for name, test := range map[string]struct {
		spec   string
		happen func(*testing.T, *world)
		want   string // outcome of the second pass, and "why" of a skipped one
		why    string
	}{
		"Periodic: not before its interval":                      {"refreshInterval: 1h", nothing, "skipped", "not due before"},
		"Periodic: an hour where none is given":                  {"target: {}", nothing, "skipped", "not due before"},
		"Periodic: once its interval has passed":                 {"refreshInterval: 1ms", nothing, "updated", ""},
		"Periodic: when force-sync is annotated":                 {"refreshInterval: 1h", annotate, "updated", ""},
		"Periodic: when its spec changes":                        {"refreshInterval: 1h", edit, "updated", ""},
		"Periodic: when its Secret was deleted":                  {"refreshInterval: 1h", remove, "created", ""},
		"Periodic: when its Secret was altered":                  {"refreshInterval: 1h", drift, "updated", ""},
		"Periodic: when its Secret has lost its label":           {"refreshInterval: 1h", unlabel, "updated", ""},
		"interval 0: never":                                      {"refreshInterval: '0'", nothing, "skipped", "refreshInterval is 0"},
		"interval 0: not when force-sync is annotated":           {"refreshInterval: '0'", annotate, "skipped", "refreshInterval is 0"},
		"interval 0: but when its Secret was deleted":            {"refreshInterval: '0'", remove, "created", ""},
		"CreatedOnce: not once its interval has passed":          {"refreshPolicy: CreatedOnce, refreshInterval: 1ms", nothing, "skipped", "CreatedOnce"},
		"CreatedOnce: not when its spec changes":                 {"refreshPolicy: CreatedOnce", edit, "skipped", "CreatedOnce"},
		"CreatedOnce: but when its Secret was altered":           {"refreshPolicy: CreatedOnce", drift, "updated", ""},
		"CreatedOnce: but when its Secret was deleted":           {"refreshPolicy: CreatedOnce", remove, "created", ""},
		"OnChange: not once its interval has passed":             {"refreshPolicy: OnChange, refreshInterval: 1ms", nothing, "skipped", "OnChange"},
		"OnChange: when an annotation changes":                   {"refreshPolicy: OnChange", annotate, "updated", ""},
		"OnChange: when its spec changes":                        {"refreshPolicy: OnChange", edit, "updated", ""},
		"Orphan: not when its Secret was altered, by right":      {"refreshInterval: 1h, target: {creationPolicy: Orphan}", drift, "skipped", "not due before"},
		"None: once its interval has passed, writing nothing":    {"refreshInterval: 1ms, target: {creationPolicy: None}", nothing, "unchanged", ""},
		"None: not before its interval, though it has no Secret": {"refreshInterval: 1h, target: {creationPolicy: None}", nothing, "skipped", "not due before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "a", "1")
			w.apply(t, awsStore, externalSecret("app", test.spec+", "+dataOf("a")))
			w.pass(t).synced(t)
			first := w.get(t, "app").Status
			require.NotNil(t, first.RefreshTime)

			w.aws.Put(t, "a", "2")
			w.aws.ResetCounters(t)
			test.happen(t, w)
			second := w.pass(t).synced(t).of(t, "app")
			assert.Equal(t, test.want, second.Outcome)
			switch test.want {
			case "skipped":
				assert.Equal(t, "NotDue", second.Reason)
				assert.Contains(t, second.Message, test.why)
				assert.Zero(t, w.aws.Counters(t).Total())
				assert.Equal(t, first, w.get(t, "app").Status)
			case "unchanged":
				assert.Equal(t, 1, w.aws.Counters(t).Total())
				w.noSecret(t, "app")
			default:
				assert.Equal(t, 1, w.aws.Counters(t).Total())
				assert.Equal(t, "2", w.data(t, "app")["value"])
			}
		})
	}
}
