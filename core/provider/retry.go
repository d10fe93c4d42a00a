package provider

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// Retries says how often a request is made, and how long to wait in between.
type Retries struct {
	// Attempts is how often it is made at most.
	Attempts int
	// First is about how long to wait before the second attempt; the waits grow, with jitter, up to Longest.
	First, Longest time.Duration
	// fixed is how long to wait where the store says it; zero means that waits grow.
	fixed time.Duration
}

// Of follows a store's retrySettings: maxRetries is how often to try again and retryInterval a fixed wait. What they do not say stays.
func (r Retries) Of(settings *api.StoreRetrySettings) (Retries, error) {
	if settings == nil {
		return r, nil
	}
	if settings.MaxRetries != nil && *settings.MaxRetries >= 0 {
		r.Attempts = 1 + int(*settings.MaxRetries)
	}
	if settings.RetryInterval != nil {
		d, err := time.ParseDuration(*settings.RetryInterval)
		if err != nil || d < 0 {
			return Retries{}, invalid("spec.retrySettings.retryInterval %q is not a duration such as 5s", *settings.RetryInterval)
		}
		r.fixed = d
	}
	return r, nil
}

// Wait waits after an attempt that has failed, the first being 1, or tells that ctx was done before. A server that asks for a longer
// wait gets it, within Longest.
func (r Retries) Wait(ctx context.Context, attempt int, asked time.Duration) bool {
	d := r.fixed
	if d == 0 {
		d = min(r.First<<min(attempt-1, 16), r.Longest)
		d = d/2 + rand.N(d/2+1) //nolint:gosec // jitter needs no secrecy
	}
	d = max(d, min(asked, r.Longest))
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
