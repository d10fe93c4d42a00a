package scale_test

import (
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// A third of the Secrets is missing and the others are old when the run begins. In the middle of it the API server goes away. A run
// is started while it is away, and others once it is back, until one gets the lease.
func TestAnAPIServerThatGoesAwayDuringARunDoesNoHarm(t *testing.T) {
	// AWS is asked 60 times, 8 times at once: for 20 seconds.
	const objects, latency = 1200, 2500 * time.Millisecond
	for name, test := range map[string]struct {
		end   func(*harness.ControlPlane, testing.TB, string)
		away  time.Duration
		codes []int // that the run may end with
	}{
		// How long a restart takes is the machine's business: it may be too long for the lease.
		"and is restarted in order":                       {(*harness.ControlPlane).StopServer, 0, []int{0, 1, 3}},
		"and is killed, for longer than a lease can wait": {(*harness.ControlPlane).KillServer, 12 * time.Second, []int{3}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t, objects, objects, "1ms")
			f.rotate(t, 1)
			require.Equal(t, map[string]int{"created": objects}, end(t, f.start(t, "runner-1-0-x7k2p", nil), 0).Outcomes)
			f.loseEveryThird(t)
			f.rotate(t, 2)
			f.aws.Latency(t, harness.OpBatchGetSecretValue, latency)

			interrupted := f.start(t, "runner-2-0-x7k2p", nil)
			until(t, "it is in the middle of its work", func() bool { return len(written(t, interrupted)) > objects/10 })
			test.end(f.cluster, t, harness.APIServer)
			began := time.Now()
			meanwhile := f.start(t, "runner-3-0-x7k2p", nil).Wait(t)
			assert.Equal(t, 3, meanwhile.Code, "%s", meanwhile.Stderr)
			time.Sleep(test.away - time.Since(began))
			f.cluster.StartServer(t, harness.APIServer)
			t.Logf("the API server was away for %.1f s", time.Since(began).Seconds())
			f.aws.Latency(t, harness.OpBatchGetSecretValue, 0)
			writes := f.watch(t)

			var next *harness.Process
			var done report
			until(t, "a run gets the lease", func() bool {
				next = f.start(t, "runner-4-0-x7k2p", nil)
				done = end(t, next, 0)
				return done.Lease.Held
			})
			r := interrupted.Wait(t)
			assert.Contains(t, test.codes, r.Code, "%.3000s", r.Stdout)
			if r.Code == 3 {
				assert.Contains(t, r.Stdout, "the lease is lost")
			}
			t.Logf("the run ended with %d, the next with %v", r.Code, done.Outcomes)

			before, acquired := written(t, interrupted), logged(t, next, "holds the lease")[0].Time
			for name, at := range before {
				assert.True(t, at.Before(acquired), "%s was written by the first run when the next had the lease", name)
			}
			assert.Len(t, done.Results, objects)
			for _, result := range done.Results {
				if _, is := before[result.Name]; is {
					assert.Equal(t, "unchanged", result.Outcome, result.Name)
				}
			}
			until(t, "the watch has seen all", func() bool { return len(writes()) >= done.Outcomes["created"]+done.Outcomes["updated"] })
			live := f.live(t)
			f.right(t, live, 2)
			for name, s := range live {
				assert.LessOrEqual(t, writes()[name], 1, "%s was written twice", name)
				require.Len(t, s.ManagedFields, 1)
				assert.Equal(t, api.FieldManager(name), s.ManagedFields[0].Manager)
			}
			lease := f.lease(t, "runner")
			assert.Nil(t, lease.HolderIdentity)
			assert.EqualValues(t, 3, *lease.LeaseTransitions, "held by three runs one after the other")
		})
	}
}

// line is what the tests read of a line that the runner logs.
type line struct {
	Time          time.Time
	Msg           string
	Name, Outcome string
}

// logged are the lines with this message that a runner has logged so far.
func logged(t *testing.T, p *harness.Process, msg string) []line {
	t.Helper()
	var lines []line
	for text := range strings.Lines(p.Err()) {
		if !strings.HasSuffix(text, "\n") {
			break // the rest of it is on its way
		}
		var l line
		require.NoError(t, json.Unmarshal([]byte(text), &l), text)
		if l.Msg == msg {
			lines = append(lines, l)
		}
	}
	return lines
}

// written are the ExternalSecrets whose Secrets a runner has written so far, and when it said so.
func written(t *testing.T, p *harness.Process) map[string]time.Time {
	t.Helper()
	all := map[string]time.Time{}
	for _, l := range logged(t, p, "externalsecret") {
		if l.Outcome == "created" || l.Outcome == "updated" {
			all[l.Name] = l.Time
		}
	}
	return all
}

// loseEveryThird deletes every third Secret.
func (f *fleet) loseEveryThird(t *testing.T) {
	t.Helper()
	for i := 0; i < f.objects; i += 3 {
		require.NoError(t, f.core.CoreV1().Secrets(f.namespace).Delete(t.Context(), name(i), metav1.DeleteOptions{}))
	}
}

// watch counts from now on how often each Secret of the fleet is written.
func (f *fleet) watch(t *testing.T) func() map[string]int {
	t.Helper()
	secrets := f.core.CoreV1().Secrets(f.namespace)
	list, err := secrets.List(t.Context(), metav1.ListOptions{Limit: 1})
	require.NoError(t, err)
	watching, err := secrets.Watch(t.Context(), metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	require.NoError(t, err)
	t.Cleanup(watching.Stop)
	var mu sync.Mutex
	writes := map[string]int{}
	go func() {
		for event := range watching.ResultChan() {
			if s, ok := event.Object.(*corev1.Secret); ok && event.Type != watch.Deleted {
				mu.Lock()
				writes[s.Name]++
				mu.Unlock()
			}
		}
	}()
	return func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(writes)
	}
}
