package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
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
			done := readPass(t, p.Wait(t)).synced(t)
			require.Equal(t, test.outcome, done.of(t, "app").Outcome)
			assert.Equal(t, test.data, w.data(t, "app"))
			if test.theirs {
				assert.Equal(t, "kept", w.secret(t, "app").Annotations["theirs"])
			}
			assert.Equal(t, 1, w.aws.Counters(t).Total(), "what was fetched is not fetched again")
		})
	}
}

func TestAnExternalSecretThatGoesAwayDuringThePassDoesNoHarm(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"for good": false, "and comes back as another": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "a", "1")
			manifest := externalSecret("app", dataOf("a"))
			w.apply(t, awsStore, manifest, externalSecret("healthy", dataOf("a")))
			w.aws.Latency(t, harness.OpGetSecretValue, 1500*time.Millisecond)

			p := w.start(t)
			w.untilAsked(t)
			client := w.resource(t, api.APIVersion, api.KindExternalSecret, w.namespace)
			require.NoError(t, client.Delete(t.Context(), "app", metav1.DeleteOptions{}))
			if again {
				w.apply(t, manifest)
			}
			done := readPass(t, p.Wait(t))
			assert.Equal(t, "created", done.of(t, "healthy").Outcome)
			w.aws.Latency(t, harness.OpGetSecretValue, 0)
			done.synced(t)
			assert.Equal(t, "Deleting", done.of(t, "app").Reason, "nobody's failure")
			if !again {
				until(t, "its Secret goes after it", func() bool { return len(w.leftIn(t)) == 1 })
				return
			}
			assert.Empty(t, w.get(t, "app").Status, "the new one has not been synced")
			uid := w.get(t, "app").UID
			until(t, "the Secret is the new one's", func() bool {
				w.pass(t).synced(t)
				s, err := w.core.CoreV1().Secrets(w.namespace).Get(t.Context(), "app", metav1.GetOptions{})
				return err == nil && len(s.OwnerReferences) == 1 && s.OwnerReferences[0].UID == uid
			})
		})
	}
}

// Nobody keeps a person from refreshing while the runner runs.
func TestTwoPassesAtOnceComeToTheSameEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rotate(t, 1)
	w.fleet(t, 100)
	for round := range 3 {
		first, second := w.start(t), w.startProgram(t, pluginPath(t), "refresh", "--all", "--namespace", w.namespace)
		readPass(t, first.Wait(t)).synced(t)
		r := second.Wait(t)
		require.Zero(t, r.Code, "%s%s", r.Stdout, r.Stderr)
		left := w.leftIn(t)
		require.Len(t, left, 91)
		assert.Contains(t, left["es-0"].Data["value"], fmt.Sprint("of round ", round+1))
		assert.Len(t, left["shared"].Data, 11)
		assert.Equal(t, map[string]int{"unchanged": 100}, w.pass(t).synced(t).Report.Outcomes)
		w.rotate(t, round+2)
	}
}

// A lease keeps runners apart, and nobody else.
func TestARunnerWithALeaseAndTwoPeopleWithoutComeToTheSameEnd(t *testing.T) {
	t.Parallel()
	const size = 200
	w := newWorld(t)
	w.rotate(t, 1)
	w.fleet(t, size)
	for round := range 3 {
		person := func() *harness.Process {
			return w.startProgram(t, pluginPath(t), "refresh", "--all", "--namespace", w.namespace, "--via", "local")
		}
		people := []*harness.Process{person(), person()}
		run := readPass(t, w.leased(t, "runner-1-0-x7k2p").Wait(t)).synced(t)
		assert.True(t, run.Report.Lease.Held)
		assert.Equal(t, size, run.Report.Total)
		for _, p := range people {
			r := p.Wait(t)
			require.Zero(t, r.Code, "%s%s", r.Stdout, r.Stderr)
		}
		left := w.leftIn(t)
		require.Len(t, left, size*9/10+1, "a tenth is merged into one")
		for i := range size {
			key, name := "value", fmt.Sprint("es-", i)
			if i%10 == 7 {
				key = "password"
			}
			if i%10 == 9 {
				key, name = fmt.Sprint("k", i), "shared"
			}
			require.Contains(t, left[name].Data[key], fmt.Sprintf("p%d of round %d", i%30, round+1), "%s of %s", key, name)
		}
		assert.Len(t, left["shared"].Data, size/10+1)
		assert.Equal(t, map[string]int{"unchanged": size}, w.pass(t).synced(t).Report.Outcomes)
		w.rotate(t, round+2)
		w.lose(t, round)
	}
}
