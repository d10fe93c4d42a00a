package provider

import (
	"context"
	"math/rand/v2"
	"time"
)

// Count is what a store's maxRetries counts: that is as with External Secrets Operator, and so another thing with each provider.
type Count int

const (
	// CountsRetries has it count how often to try again, zero being never.
	CountsRetries Count = iota
	// CountsAttempts has it count how often to try, zero being as often as without it.
	CountsAttempts
)

// Retries says how often a request is made, and how long to wait in between.
type Retries struct {
	// Attempts is how often it is made at most.
	Attempts int
	// First is about how long to wait before the second attempt; the waits grow, with jitter, up to Longest.
	First, Longest time.Duration
	// Counts is what a store's maxRetries counts.
	Counts Count
	// Fixed is how long to wait where the store says it; zero means that waits grow.
	Fixed time.Duration
}

// Of follows a store's retrySettings, within its MaxAttempts: maxRetries is what Counts says and retryInterval a fixed wait. What
// they do not say stays. An interval that is no duration is an Invalid error.
func (r Retries) Of(store Store) (Retries, error) {
	if settings := store.Retry; settings != nil {
		if n := settings.MaxRetries; n != nil {
			switch {
			case r.Counts == CountsRetries && *n >= 0:
				r.Attempts = 1 + int(*n)
			case r.Counts == CountsAttempts && *n > 0:
				r.Attempts = int(*n)
			}
		}
		if interval := settings.RetryInterval; interval != nil {
			d, err := time.ParseDuration(*interval)
			if err != nil || d < 0 {
				return Retries{}, invalid("spec.retrySettings.retryInterval %q is not a duration such as 5s", *interval)
			}
			r.Fixed = d
		}
	}
	if store.MaxAttempts > 0 {
		r.Attempts = min(r.Attempts, store.MaxAttempts)
	}
	return r, nil
}

// Wait waits after an attempt that has failed, the first being 1, or tells that ctx was done before. A server that asks for a longer
// wait gets it, within Longest.
func (r Retries) Wait(ctx context.Context, attempt int, asked time.Duration) bool {
	d := r.Fixed
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
