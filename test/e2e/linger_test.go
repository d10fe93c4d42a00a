package e2e_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// soon waits for a Secret to have this value, and tells how long that took.
func (w *world) soon(t *testing.T, name, value string) time.Duration {
	t.Helper()
	began := time.Now()
	until(t, "Secret "+name+" is "+value, func() bool {
		s, err := w.core.CoreV1().Secrets(w.namespace).Get(t.Context(), name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false
		}
		require.NoError(t, err)
		return string(s.Data["value"]) == value
	})
	return time.Since(began)
}

func TestALingeringRunSyncsWhatIsNewAndWhatChanges(t *testing.T) {
	t.Parallel()
	const quick = 4 * time.Second // two, on a machine that does nothing else: see the benchmark
	w := newWorld(t)
	w.aws.Seed(t, map[string]string{"a": "1", "b": "2", "c": "3"})
	w.apply(t, awsStore, externalSecret("app", dataOf("a")), externalSecret("often", "refreshInterval: 1s, "+dataOf("c")),
		externalSecret("lost", dataOf("nowhere")))
	p := w.leased(t, "runner-first", "--linger", "10m", "--report-to", w.namespace+"/reports")
	until(t, "it lingers", func() bool { return strings.Contains(p.Err(), `"lingers"`) })
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "app"))
	require.Len(t, w.reports(t), 1, "the report of the pass is there already")

	w.apply(t, externalSecret("new", dataOf("b")))
	assert.Less(t, w.soon(t, "new", "2"), quick)

	w.apply(t, externalSecret("app", dataOf("b")))
	assert.Less(t, w.soon(t, "app", "2"), quick, "its spec has changed")

	w.aws.Put(t, "b", "4")
	w.patch(t, "new", `{"metadata":{"annotations":{"external-secrets.io/force-sync":"now"}}}`)
	assert.Less(t, w.soon(t, "new", "4"), quick, "its annotations have changed")

	w.aws.Put(t, "c", "5")
	assert.Less(t, w.soon(t, "often", "5"), 15*time.Second, "it came due")

	w.aws.Put(t, "nowhere", "found")
	assert.Less(t, w.soon(t, "lost", "found"), 90*time.Second, "what has failed is tried again")

	client := w.resource(t, "external-secrets.io/v1", "ExternalSecret", w.namespace)
	require.NoError(t, client.Delete(t.Context(), "often", metav1.DeleteOptions{}))
	time.Sleep(time.Second)
	quiet := w.aws.Counters(t).Total()
	time.Sleep(7 * time.Second)
	assert.Equal(t, quiet, w.aws.Counters(t).Total(), "its own writes are no reason to write again")
	holder := w.lease(t).Spec
	assert.WithinDuration(t, time.Now(), holder.RenewTime.Time, 8*time.Second, "the lease is renewed all the while")

	p.Signal(t, syscall.SIGTERM)
	r := readPass(t, p.Wait(t))
	assert.Equal(t, 143, r.Code)
	assert.Nil(t, w.lease(t).Spec.HolderIdentity)
	assert.Equal(t, map[string]int{"created": 2, "failed": 1}, r.Report.Outcomes, "of the pass")
	assert.GreaterOrEqual(t, r.Report.Linger.Passes, 5)
	assert.Equal(t, 2, r.Report.Linger.Outcomes["created"])
	assert.GreaterOrEqual(t, r.Report.Linger.Outcomes["updated"], 3)
	assert.Empty(t, r.Report.Causes, "what failed is well by now")
	kept := w.reports(t)
	require.Len(t, kept, 1)
	assert.Equal(t, r.Report.Linger, kept[r.Report.Run].Linger)
}

func TestALingeringRunEndsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	runner(t) // is compiled beforehand
	began := time.Now()
	p := w.pass(t, "--linger", "8s").synced(t)
	took := time.Since(began)
	assert.Greater(t, took, 8*time.Second)
	assert.Less(t, took, 30*time.Second, "a busy machine may be late")
	assert.Less(t, p.Report.Seconds, 8.0, "the time of the pass")
}

func TestLingeringNeedsTheRightToWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	p := w.passIn(t, w.as(t, "limited", "read", "status", "list", "get", "write", "events"), "--linger", "1m")
	assert.Equal(t, 2, p.Code)
	assert.Contains(t, p.Report.Error, "watch externalsecrets")
	assert.Contains(t, p.Report.Error, "forbidden")
	assert.Equal(t, map[string]int{"created": 1}, p.Report.Outcomes, "the pass was made")
}
