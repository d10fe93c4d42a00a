package provider_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func TestRetriesFollowTheStore(t *testing.T) {
	defaults := provider.Retries{Attempts: 3, First: 10 * time.Millisecond, Longest: 40 * time.Millisecond}
	for name, tc := range map[string]struct {
		settings *api.StoreRetrySettings
		attempts int
		attempt  int           // after which is waited
		asked    time.Duration // by the server
		least    time.Duration
		most     time.Duration
	}{
		"of a store that says nothing":          {nil, 3, 1, 0, 5 * time.Millisecond, 10 * time.Millisecond},
		"with waits that grow":                  {nil, 3, 2, 0, 10 * time.Millisecond, 20 * time.Millisecond},
		"with waits that have an end":           {nil, 3, 99, 0, 20 * time.Millisecond, 40 * time.Millisecond},
		"that a server asks to wait longer for": {nil, 3, 1, 30 * time.Millisecond, 30 * time.Millisecond, 30 * time.Millisecond},
		"that a server asks too much for":       {nil, 3, 1, time.Hour, 40 * time.Millisecond, 40 * time.Millisecond},
		"none at all":                           {&api.StoreRetrySettings{MaxRetries: new(int32(0))}, 1, 1, 0, 5 * time.Millisecond, 10 * time.Millisecond},
		"more, at an interval":                  {&api.StoreRetrySettings{MaxRetries: new(int32(7)), RetryInterval: new("15ms")}, 8, 5, 0, 15 * time.Millisecond, 15 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := defaults.Of(provider.Store{Retry: tc.settings})
			require.NoError(t, err)
			assert.Equal(t, tc.attempts, r.Attempts)
			began := time.Now()
			assert.True(t, r.Wait(t.Context(), tc.attempt, tc.asked))
			took := time.Since(began)
			assert.GreaterOrEqual(t, took, tc.least)
			assert.Less(t, took, tc.most+time.Second, "a busy machine may be late")
		})
	}
	t.Run("and end with the pass", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		assert.False(t, provider.Retries{First: time.Hour, Longest: time.Hour}.Wait(ctx, 1, 0))
	})
	for name, tc := range map[string]struct {
		counts provider.Count
		max    int32
		bound  int
		want   int
	}{
		"are counted without the first attempt": {provider.CountsRetries, 2, 0, 3},
		"or with it":                            {provider.CountsAttempts, 2, 0, 2},
		"of which zero is none":                 {provider.CountsRetries, 0, 0, 1},
		"or says nothing":                       {provider.CountsAttempts, 0, 0, 3},
		"and less than zero never says a thing": {provider.CountsRetries, -1, 0, 3},
		"no more than a bound":                  {provider.CountsRetries, 9, 4, 4},
		"which counts the first attempt too":    {provider.CountsAttempts, 0, 1, 1},
		"and makes them no more":                {provider.CountsRetries, 0, 4, 1},
	} {
		t.Run(name, func(t *testing.T) {
			counting := defaults
			counting.Counts = tc.counts
			r, err := counting.Of(provider.Store{Retry: &api.StoreRetrySettings{MaxRetries: &tc.max}, MaxAttempts: tc.bound})
			require.NoError(t, err)
			assert.Equal(t, tc.want, r.Attempts)
		})
	}
	t.Run("or fail", func(t *testing.T) {
		_, err := defaults.Of(provider.Store{Retry: &api.StoreRetrySettings{RetryInterval: new("soon")}})
		require.ErrorContains(t, err, "spec.retrySettings.retryInterval")
		assert.Equal(t, provider.Invalid, provider.KindOf(err))
	})
}
