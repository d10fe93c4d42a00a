package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// fleet makes ExternalSecrets of several kinds that read 30 remote secrets and are always due.
func (w *world) fleet(t *testing.T, size int) {
	t.Helper()
	manifests := []string{awsStore, opaque("shared", map[string]string{"theirs": "x"})}
	for i := range size {
		spec := fmt.Sprintf("data: [{secretKey: value, remoteRef: {key: fleet/%d}}]", i%30)
		switch i % 10 {
		case 7:
			spec = fmt.Sprintf("dataFrom: [{extract: {key: fleet/%d}}]", i%30)
		case 8:
			spec = "target: {creationPolicy: Orphan}, " + spec
		case 9:
			spec = fmt.Sprintf("target: {name: shared, creationPolicy: Merge}, data: [{secretKey: k%d, remoteRef: {key: fleet/%d}}]", i, i%30)
		}
		manifests = append(manifests, externalSecret(fmt.Sprintf("es-%d", i), "refreshInterval: 1ms, "+spec))
	}
	w.apply(t, manifests...)
}

// rotate gives the remote secrets of a fleet new values.
func (w *world) rotate(t *testing.T, round int) {
	t.Helper()
	remote := map[string]string{}
	for i := range 30 {
		remote[fmt.Sprintf("fleet/%d", i)] = fmt.Sprintf(`{"user":"u%d","password":"p%d of round %d"}`, i, i, round)
	}
	w.aws.Seed(t, remote)
}

// lose deletes about a third of the Secrets of a fleet.
func (w *world) lose(t *testing.T, round int) {
	t.Helper()
	var group errgroup.Group
	for i := round % 3; i < 100; i += 3 {
		group.Go(func() error {
			err := w.core.CoreV1().Secrets(w.namespace).Delete(t.Context(), fmt.Sprintf("es-%d", i), metav1.DeleteOptions{})
			if apierrors.IsNotFound(err) { // of one that merges, or that the last pass did not come to
				return nil
			}
			return err
		})
	}
	require.NoError(t, group.Wait())
}

// left is what a pass leaves of a Secret, less what differs from one namespace to another.
type left struct {
	Type        corev1.SecretType
	Data        map[string]string
	Labels      map[string]string
	Annotations map[string]string
	Owners      []string
}

// leftIn is what is left of all Secrets of the world's namespace, by name.
func (w *world) leftIn(t *testing.T) map[string]left {
	t.Helper()
	list, err := w.core.CoreV1().Secrets(w.namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	all := map[string]left{}
	for _, s := range list.Items {
		l := left{Type: s.Type, Data: map[string]string{}, Labels: s.Labels, Annotations: s.Annotations}
		for key, value := range s.Data {
			l.Data[key] = string(value)
		}
		for _, owner := range s.OwnerReferences {
			l.Owners = append(l.Owners, fmt.Sprint(owner.APIVersion, owner.Kind, owner.Name, *owner.Controller, *owner.BlockOwnerDeletion))
			require.Equal(t, api.OwnerLabel(w.namespace, owner.Name), l.Labels[api.LabelOwner])
			delete(l.Labels, api.LabelOwner)
		}
		all[s.Name] = l
	}
	return all
}

// A pass may be killed at any instant, a node can go away: the next one must not find anything that it can't put right.
func TestAPassThatIsKilledLeavesNothingThatTheNextDoesNotMend(t *testing.T) {
	t.Parallel()
	undisturbed := newWorld(t)
	undisturbed.rotate(t, 0)
	undisturbed.fleet(t, 100)
	undisturbed.pass(t).synced(t)
	disturbed := undisturbed.another(t)
	disturbed.fleet(t, 100)

	const kills = 50
	killed := 0
	for round := 1; killed < kills; round++ {
		require.Less(t, round, 2*kills, "most passes end before they are killed")
		undisturbed.rotate(t, round)
		disturbed.lose(t, round)
		p := disturbed.start(t)
		// The instants are spread over the pass by what it has logged, a line for each of a hundred results, and a moment.
		after := rand.IntN(95)
		until(t, "the pass comes that far", func() bool { return strings.Count(p.Err(), "\n") >= after })
		time.Sleep(time.Duration(rand.Int64N(int64(5 * time.Millisecond))))
		p.Signal(t, syscall.SIGKILL)
		if p.Wait(t).Code < 0 {
			killed++
		}
		if round%10 == 0 {
			undisturbed.pass(t).synced(t)
			disturbed.pass(t).synced(t)
			require.Equal(t, undisturbed.leftIn(t), disturbed.leftIn(t), "after %d kills", killed)
			require.Equal(t, map[string]int{"unchanged": 100}, disturbed.pass(t).synced(t).Report.Outcomes, "and nothing is left to do")
		}
	}
}

func TestAPassThatIsToldToStopFinishesWhatItHasBegunAndReports(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		signal syscall.Signal
		code   int
	}{
		"by SIGTERM, as the kubelet does": {syscall.SIGTERM, 143},
		"by SIGINT, as a person does":     {syscall.SIGINT, 130},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.many(t, 400, 400)
			w.aws.Latency(t, harness.OpBatchGetSecretValue, time.Second)
			p := w.start(t)
			w.untilAsked(t)
			p.Signal(t, test.signal)
			stopped := readPass(t, p.Wait(t))
			require.Equal(t, test.code, stopped.Code)
			// Eight requests may be in flight at once, of 20 secrets each: these are finished, the others not begun.
			created, skipped := stopped.Report.Outcomes["created"], stopped.Report.Outcomes["skipped"]
			assert.Equal(t, 400, created+skipped, "%s", stopped.Stdout)
			assert.Positive(t, created)
			assert.Positive(t, skipped)
			assert.Equal(t, w.aws.Counters(t).IDs[harness.OpBatchGetSecretValue], created, "all that was asked for is written")
			for _, r := range stopped.Report.Results {
				if r.Outcome == "skipped" {
					require.Equal(t, "Stopped", r.Reason)
				}
			}
			assert.Len(t, w.leftIn(t), created)

			w.aws.Latency(t, harness.OpBatchGetSecretValue, 0)
			assert.Equal(t, map[string]int{"created": skipped, "skipped": created}, w.pass(t).synced(t).Report.Outcomes)
		})
	}
}

func TestASecondSignalEndsThePassAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	w.aws.Latency(t, harness.OpGetSecretValue, 30*time.Second)
	p := w.start(t)
	w.untilAsked(t)
	began := time.Now()
	p.Signal(t, syscall.SIGTERM)
	time.Sleep(500 * time.Millisecond) // what comes together with the first is no second one
	p.Signal(t, syscall.SIGTERM)
	assert.Equal(t, 143, p.Wait(t).Code)
	assert.Less(t, time.Since(began), 10*time.Second)
}
