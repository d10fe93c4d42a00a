package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestAWriteThatLosesARaceIsDoneAgainOnTheNewerSecret(t *testing.T) {
	t.Parallel()
	annotate := func(t *testing.T, w *world) {
		w.change(t, "app", func(s *corev1.Secret) { s.Annotations["theirs"] = "kept" })
	}
	for name, test := range map[string]struct {
		policy    string
		before    bool // a first pass has made the Secret
		interfere func(*testing.T, *world)
		outcome   string
		data      map[string]string
		theirs    bool
	}{
		"somebody annotates the Secret": {"Owner", true, annotate, "updated", map[string]string{"value": "2"}, true},
		"somebody deletes the Secret": {"Owner", true, func(t *testing.T, w *world) { w.delete(t, "app") },
			"created", map[string]string{"value": "2"}, false},
		"somebody creates the Secret first": {"Owner", false, func(t *testing.T, w *world) {
			w.apply(t, opaque("app", map[string]string{"theirs": "x"}))
		}, "updated", map[string]string{"value": "2"}, false},
		"somebody adds a key to the Secret that is merged into": {"Merge", true, func(t *testing.T, w *world) {
			w.change(t, "app", func(s *corev1.Secret) {
				s.Data["theirs"] = []byte("x")
				s.Annotations["theirs"] = "kept"
			})
		}, "updated", map[string]string{"value": "2", "theirs": "x", "first": "1"}, true},
		"somebody makes the Secret to merge into": {"Merge", false, func(t *testing.T, w *world) {
			w.apply(t, opaque("app", map[string]string{"theirs": "x"}))
		}, "updated", map[string]string{"value": "2", "theirs": "x"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "a", "1")
			w.apply(t, awsStore, externalSecret("app", "refreshInterval: 1ms, target: {creationPolicy: "+test.policy+"}, "+dataOf("a")))
			if test.before {
				if test.policy == "Merge" {
					w.apply(t, opaque("app", map[string]string{"first": "1"}))
				}
				w.pass(t).synced(t)
			}
			w.aws.Put(t, "a", "2")
			w.aws.ResetCounters(t)
			w.aws.Latency(t, harness.OpGetSecretValue, 1500*time.Millisecond)

			p := w.start(t)
			w.untilAsked(t)
			test.interfere(t, w)
			done := readPass(t, p.wait(t)).synced(t)
			require.Equal(t, test.outcome, done.of(t, "app").Outcome)
			assert.Equal(t, test.data, w.data(t, "app"))
			if test.theirs {
				assert.Equal(t, "kept", w.secret(t, "app").Annotations["theirs"])
			}
			assert.Equal(t, 1, w.aws.Counters(t).Total(), "what was fetched is not fetched again")
		})
	}
}
