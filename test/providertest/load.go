package providertest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	// asking is how many ask, and distinct for how many secrets.
	asking, distinct = 200, 50
	// atOnce is how many requests a store gets at the same time at most.
	atOnce = 8
)

// waits looks at how long a reader waits before it asks again.
func (b Backend) waits(t *testing.T) {
	t.Run("as long as the server asks for", func(t *testing.T) {
		if b.RefuseFor == nil {
			t.Skip("no answer says how long")
		}
		o := b.open(t)
		b.RefuseFor(t)
		began := time.Now()
		require.NoError(t, o.one(t.Context(), t, api.RemoteRef{Key: "suite-db"}).Err)
		assert.GreaterOrEqual(t, time.Since(began), time.Second)
	})
	t.Run("no more often than it may", func(t *testing.T) {
		if b.Patient == nil {
			t.Skip("the server alone says whether to ask again")
		}
		bounded := b
		bounded.Store.MaxAttempts = 2
		o := bounded.open(t)
		b.Requests(t)
		b.Refuse(t, 1000)
		defer b.Refuse(t, 0)
		err := o.one(t.Context(), t, api.RemoteRef{Key: "suite-db"}).Err
		assert.Equal(t, provider.Throttled, provider.KindOf(err), err)
		assert.Equal(t, 2, b.Requests(t))
	})
	t.Run("not as long as all others do", func(t *testing.T) {
		if b.Patient == nil {
			t.Skip("the server alone says how long")
		}
		patient := b
		patient.Provider, patient.Store = b.Patient()
		readers := make([]opened, 5)
		for i := range readers {
			readers[i] = patient.open(t)
		}
		b.Refuse(t, 1000)
		defer b.Refuse(t, 0)
		took := make([]time.Duration, len(readers))
		var all sync.WaitGroup
		for i, o := range readers {
			all.Go(func() {
				began := time.Now()
				err := o.Read(t.Context(), o.Plan([]provider.Ref{o.Ref(&api.RemoteRef{Key: "suite-db"})})[0])[0].Err
				took[i] = time.Since(began)
				assert.Equal(t, provider.Throttled, provider.KindOf(err), err)
			})
		}
		all.Wait()
		assert.Greater(t, slices.Max(took), 100*time.Millisecond, "each wait is of random length, and may be short: %v", took)
		assert.Greater(t, slices.Max(took)-slices.Min(took), 5*time.Millisecond, "those who were refused together do not come back together: %v", took)
	})
}

// counts reads 50 secrets for 200 who ask, as a pass does, and compares what the reader has counted with what the server got.
func (b Backend) counts(t *testing.T) {
	for i := range distinct {
		b.Put(t, fmt.Sprintf("bulk-%02d", i), fmt.Sprintf(`{"n":"%d"}`, i), nil)
	}
	if b.Requests == nil {
		_, stats := b.pass(t)
		assert.Empty(t, stats.Requests)
		return
	}
	requests := (distinct + b.Batch - 1) / b.Batch
	t.Run("each secret once, however many ask", func(t *testing.T) {
		b.Requests(t)
		identity, stats := b.pass(t)
		counted := 0
		for _, n := range stats.Requests {
			counted += n
		}
		assert.Equal(t, requests+b.Login, counted, "%v", stats.Requests)
		assert.Equal(t, counted, b.Requests(t), "the server has seen no more, and no less")
		assert.Zero(t, stats.Retries)
		assert.Positive(t, stats.Latency.Max)
		assert.NotEmpty(t, identity)
	})
	if b.Slow == nil {
		return
	}
	t.Run("a few at the same time", func(t *testing.T) {
		b.Slow(t, 30*time.Millisecond)
		defer b.Slow(t, 0)
		b.Most(t)
		b.pass(t)
		most := b.Most(t)
		assert.LessOrEqual(t, most, atOnce)
		assert.Greater(t, most, 1, "they do not wait for each other either")
		finder, ok := b.open(t).Reader.(provider.Finder)
		if !ok {
			return
		}
		b.Most(t)
		found, err := finder.Find(t.Context(), &api.Find{Name: &api.FindName{RegExp: "^bulk-"}})
		require.NoError(t, err)
		assert.Len(t, found, distinct)
		assert.LessOrEqual(t, b.Most(t), atOnce, "nor does a search ask for more")
	})
}

// pass reads what 200 ask for, and gives the login back.
func (b Backend) pass(t *testing.T) (identity string, stats provider.Stats) {
	t.Helper()
	location, err := b.Provider.Locate(b.Store)
	require.NoError(t, err)
	readers := fetch.NewReaders(func(ctx context.Context, _ string) (provider.Reader, error) {
		return b.Provider.Open(ctx, b.Store, b.Credentials)
	})
	var keys []fetch.Key
	for i := range asking {
		keys = append(keys, fetch.Key{Identity: location.Identity, Ref: location.Ref(&api.RemoteRef{Key: fmt.Sprintf("bulk-%02d", i%distinct)})})
	}
	var mu sync.Mutex
	answers := map[string]provider.Answer{}
	fetch.Run(t.Context(), t.Context(), keys, readers.Open, func(key fetch.Key, answer provider.Answer) {
		mu.Lock()
		defer mu.Unlock()
		answers[key.Ref.Key] = answer
	})
	require.Len(t, answers, distinct)
	for name, answer := range answers {
		require.NoError(t, answer.Err, name)
	}
	for i, key := range keys[:distinct] {
		assert.JSONEq(t, fmt.Sprintf(`{"n":"%d"}`, i), string(answers[key.Ref.Key].Value.Reveal()))
	}
	assert.Empty(t, readers.Close(t.Context()))
	return location.Identity, readers.Stats()[location.Identity]
}
