package providertest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func (b Backend) refused(t *testing.T) {
	t.Run("what is missing", func(t *testing.T) {
		missing := b.open(t).one(t.Context(), t, api.RemoteRef{Key: "suite-none"})
		assert.Equal(t, provider.NotFound, provider.KindOf(missing.Err), missing.Err)
	})
	t.Run("what may not be read, which is told apart", b.denied)
	t.Run("a key that names nothing", b.oddKeys)
	t.Run("a caller that is not known", b.strangers)
	t.Run("too many requests", b.throttled)
	t.Run("a pass that was told to stop", func(t *testing.T) {
		if b.Requests == nil {
			t.Skip("nobody is asked")
		}
		o := b.open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := o.one(ctx, t, api.RemoteRef{Key: "suite-db"}).Err
		assert.Equal(t, provider.Unavailable, provider.KindOf(err), err)
	})
	t.Run("a pass that is told to stop while it waits for an answer", func(t *testing.T) {
		if b.Slow == nil {
			t.Skip("nobody is asked")
		}
		o := b.open(t)
		b.Slow(t, 2*time.Second)
		defer b.Slow(t, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		err := o.one(ctx, t, api.RemoteRef{Key: "suite-db"}).Err
		assert.Equal(t, provider.Unavailable, provider.KindOf(err), err)
		assert.Less(t, time.Since(began), time.Second, "it does not wait for the answer")
	})
}

func (b Backend) denied(t *testing.T) {
	if b.Deny == nil {
		t.Skip("all may be read")
	}
	b.Deny(t, "suite-hidden")
	o := b.open(t)
	denied := o.one(t.Context(), t, api.RemoteRef{Key: "suite-hidden"})
	assert.Equal(t, provider.Denied, provider.KindOf(denied.Err), denied.Err)
	again := o.one(t.Context(), t, api.RemoteRef{Key: "suite-hidden"})
	require.Error(t, again.Err)
	assert.Equal(t, denied.Err.Error(), again.Err.Error(), "the same failure reads the same twice")
	assert.NotContains(t, denied.Err.Error(), "canary")
}

// oddKeys reads what no secret is called, or can be: nothing else may answer, and nothing is asked for twice.
func (b Backend) oddKeys(t *testing.T) {
	o := b.open(t)
	for _, key := range []string{
		"", "/", ".", "..", "suite-db/..", "../suite-db", "other/../suite-db", "suite-db?x", "suite-db#x", "suite-db%00", "%2e%2e", "a b", "ünï/çø∂é", "a\nb", "*",
	} {
		t.Run(fmt.Sprintf("%q", key), func(t *testing.T) {
			before := o.Stats().Retries
			answer := o.one(t.Context(), t, api.RemoteRef{Key: key})
			kind := provider.KindOf(answer.Err)
			assert.Contains(t, []provider.Kind{provider.Invalid, provider.NotFound, provider.Denied}, kind, "%v", answer.Err)
			if key == "" {
				assert.NotEqual(t, provider.Denied, kind, "%v", answer.Err)
			}
			assert.Equal(t, before, o.Stats().Retries)
		})
	}
}

func (b Backend) strangers(t *testing.T) {
	if b.StrangersProvider == nil {
		t.Skip("there are no callers")
	}
	reader, err := b.StrangersProvider.Open(t.Context(), b.Store, b.Strangers)
	if err == nil { // it shows with the first read
		location, err := b.StrangersProvider.Locate(b.Store)
		require.NoError(t, err)
		err = opened{location, reader}.one(t.Context(), t, api.RemoteRef{Key: "suite-db"}).Err
		assert.Equal(t, provider.Unauthenticated, provider.KindOf(err), err)
		return
	}
	assert.Equal(t, provider.Unauthenticated, provider.KindOf(err), err)
}

func (b Backend) throttled(t *testing.T) {
	if b.Refuse == nil {
		t.Skip("nobody is asked")
	}
	t.Run("for a while", func(t *testing.T) {
		o := b.open(t)
		before := o.Stats()
		b.Refuse(t, 1)
		require.NoError(t, o.one(t.Context(), t, api.RemoteRef{Key: "suite-db"}).Err)
		assert.Equal(t, before.Throttles+1, o.Stats().Throttles)
		assert.Equal(t, before.Retries+1, o.Stats().Retries)
	})
	t.Run("for good", func(t *testing.T) {
		o := b.open(t)
		b.Refuse(t, 1000)
		err := o.one(t.Context(), t, api.RemoteRef{Key: "suite-db"}).Err
		b.Refuse(t, 0)
		assert.Equal(t, provider.Throttled, provider.KindOf(err), err)
		assert.LessOrEqual(t, o.Stats().Retries, 12, "it gives up")
	})
}
