package vault

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	// attempts is how often a request is made at most, as often as by Vault's own client.
	attempts = 3
	// firstBackoff and maxBackoff bound the waits in between.
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 10 * time.Second
)

// retries says how often a request is made, and how long to wait in between.
type retries struct {
	attempts int
	first    time.Duration
	fixed    time.Duration // zero means that waits grow, with jitter
}

// retriesOf follows the store's retrySettings: maxRetries is how often to try again and retryInterval a fixed wait.
func (p Provider) retriesOf(settings *api.StoreRetrySettings) (retries, error) {
	r := retries{attempts: attempts, first: cmp.Or(p.Backoff, firstBackoff)}
	if settings == nil {
		return r, nil
	}
	if settings.MaxRetries != nil && *settings.MaxRetries >= 0 {
		r.attempts = 1 + int(*settings.MaxRetries)
	}
	if settings.RetryInterval != nil {
		d, err := time.ParseDuration(*settings.RetryInterval)
		if err != nil || d < 0 {
			return retries{}, invalid("spec.retrySettings.retryInterval %q is not a duration such as 5s", *settings.RetryInterval)
		}
		r.fixed = d
	}
	return r, nil
}

// wait waits after an attempt that has failed, or tells that ctx was done before. A server that names a time is believed, within bounds.
func (r retries) wait(ctx context.Context, attempt int, header http.Header) bool {
	d := r.fixed
	if d == 0 {
		d = min(r.first<<(attempt-1), maxBackoff)
		d = d/2 + rand.N(d/2+1) //nolint:gosec // jitter needs no secrecy
	}
	if asked := provider.RetryAfter(header); asked > 0 {
		d = min(max(d, asked), maxBackoff)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// isTransient tells whether the same request may well succeed a little later. A standby that is behind says 412.
func isTransient(status int, err error) bool {
	switch status {
	case 0:
		return provider.KindOf(err) == provider.Unavailable
	case http.StatusPreconditionFailed, http.StatusTooManyRequests:
		return true
	default:
		return status >= http.StatusInternalServerError && status != http.StatusNotImplemented
	}
}
