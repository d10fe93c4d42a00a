package fanout

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

func TestFailuresOfTheAPIServer(t *testing.T) {
	forbidden := apierrors.NewForbidden(externalSecrets(), "all", errors.New("no rights"))
	t.Run("a namespace that refuses stops no other", func(t *testing.T) {
		c := clusterOf(t)
		c.sources = []string{prod}
		c.before = func(w string) error {
			if w == "create a/all" {
				return forbidden
			}
			return nil
		}
		_, results := c.run(t)
		assert.Equal(t, []string{"b"}, results[0].Created)
		require.Len(t, results[0].Failed, 1)
		assert.Contains(t, results[0].Failed[0].Reason, "no rights")
		status := c.recorded(t, "all")
		assert.Equal(t, []string{"b"}, status.ProvisionedNamespaces)
		assert.Equal(t, api.MessageNamespacesFailed, status.Conditions[0].Message)
	})
	t.Run("a deletion that is refused is a failure of that namespace", func(t *testing.T) {
		c := clusterOf(t, mine("a"), mine("b"), mine("c"))
		c.sources = []string{prod}
		c.before = func(w string) error {
			if w == "delete c/all" {
				return forbidden
			}
			return nil
		}
		_, results := c.run(t)
		assert.Equal(t, "c", results[0].Failed[0].Namespace)
		assert.Equal(t, []string{"a", "b"}, c.recorded(t, "all").ProvisionedNamespaces)
	})
	t.Run("a namespace that goes meanwhile is none that failed", func(t *testing.T) {
		c := clusterOf(t)
		c.sources = []string{prod}
		terminating := apierrors.NewForbidden(externalSecrets(), "all", errors.New("it goes"))
		terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: "NamespaceTerminating"}}
		for i, answer := range []error{terminating, apierrors.NewNotFound(externalSecrets(), "a")} {
			c.before = func(w string) error {
				if w == "create a/all" {
					return answer
				}
				return nil
			}
			_, results := c.run(t)
			assert.Equal(t, []Outcome{Updated, Unchanged}[i], results[0].Outcome)
			assert.Equal(t, 1, results[0].Matched)
			assert.Equal(t, []string{"b"}, c.recorded(t, "all").ProvisionedNamespaces)
		}
	})
	t.Run("a status that can't be written is a failure", func(t *testing.T) {
		c := clusterOf(t)
		c.sources = []string{prod}
		c.before = func(w string) error {
			if strings.HasPrefix(w, "status") {
				return forbidden
			}
			return nil
		}
		_, results := c.run(t)
		assert.Equal(t, Failed, results[0].Outcome)
		assert.Contains(t, results[0].Message, "record the status")
		assert.Equal(t, []string{"a", "b"}, results[0].Created)
	})
	t.Run("namespaces that may not be listed fail each ClusterExternalSecret", func(t *testing.T) {
		c := clusterOf(t, mine("a"), mine("c"))
		c.sources = []string{prod}
		c.listing = forbidden
		_, results := c.run(t)
		assert.Equal(t, Failed, results[0].Outcome)
		assert.Contains(t, results[0].Message, "the namespaces are not known")
		assert.Empty(t, c.written(), "nothing is deleted for want of knowledge")
	})
	t.Run("other failures to list them fail the whole", func(t *testing.T) {
		c := clusterOf(t)
		c.sources = []string{prod}
		c.listing = errors.New("etcd is down")
		f := &FanOut{Reader: c}
		require.ErrorContains(t, f.Load(t.Context()), "etcd is down")
	})
	t.Run("where their kind is not served there are none", func(t *testing.T) {
		c := clusterOf(t)
		c.sources = []string{prod}
		f := &FanOut{Reader: unserved{c}}
		require.NoError(t, f.Load(t.Context()))
		assert.Empty(t, f.plan(nil))
	})
	t.Run("without a ClusterExternalSecret the namespaces are not asked for", func(t *testing.T) {
		c := clusterOf(t)
		_, results := c.run(t)
		assert.Empty(t, results)
		assert.Equal(t, 1, c.lists)
	})
}

// unserved is a server without the CRD.
type unserved struct{ *cluster }

func (unserved) List(_ context.Context, resource, _ string, _ kube.Selector, _ func([]json.RawMessage) error) error {
	return apierrors.NewNotFound(externalSecrets(), resource)
}

func TestOneOfAnOperatorThatIsGoneIsLetGo(t *testing.T) {
	c := clusterOf(t, mine("a"), mine("c"))
	c.sources = []string{strings.Replace(prod, "uid: u1", "uid: u1, resourceVersion: '5', deletionTimestamp: '2026-01-01T00:00:00Z', "+
		"finalizers: [x/y, externalsecrets.external-secrets.io/clusterexternalsecret-cleanup]", 1)}
	_, results := c.run(t)
	assert.Equal(t, Updated, results[0].Outcome)
	require.Len(t, c.writes, 1)
	assert.Equal(t, `patch all {"metadata":{"finalizers":["x/y"],"resourceVersion":"5","uid":"u1"}}`, c.writes[0])
	c.before = func(string) error { return apierrors.NewNotFound(externalSecrets(), "all") }
	_, results = c.run(t)
	assert.Equal(t, Updated, results[0].Outcome, "that it has gone meanwhile is as well")
	c.before = func(string) error { return errors.New("etcd is down") }
	_, results = c.run(t)
	assert.Equal(t, Failed, results[0].Outcome)
	_, results = c.run(t, func(f *FanOut) { f.Recorder = nil })
	assert.Contains(t, results[0].Message, "finalizer")
	assert.Empty(t, c.writes, "a dry run says so and leaves it")
}

func TestStoppedRun(t *testing.T) {
	c := clusterOf(t, mine("c"))
	c.sources = []string{prod}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := &FanOut{Reader: c, Writer: c, Recorder: c, APIVersion: "external-secrets.io/v1", Concurrency: 4}
	require.NoError(t, f.Load(t.Context()))
	changed, results := f.Run(ctx, t.Context(), c.existing(t))
	assert.Empty(t, changed)
	assert.Empty(t, c.writes)
	assert.Equal(t, Skipped, results[0].Outcome)
	assert.Contains(t, results[0].Message, "stopped")
}

func TestWhatTheEndOfTheGracePeriodCutsOffIsNoFailure(t *testing.T) {
	c := clusterOf(t)
	c.sources = []string{prod}
	work, cancel := context.WithCancel(t.Context())
	c.before = func(string) error {
		cancel()
		return context.Canceled
	}
	f := &FanOut{Reader: c, Writer: c, Recorder: c, APIVersion: "external-secrets.io/v1", Concurrency: 4}
	require.NoError(t, f.Load(t.Context()))
	_, results := f.Run(t.Context(), work, c.existing(t))
	assert.Equal(t, Skipped, results[0].Outcome)
	assert.Nil(t, c.recorded(t, "all"))
}
