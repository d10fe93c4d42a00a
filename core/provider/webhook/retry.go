package webhook

import (
	"cmp"
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

const (
	// tries is how often a request is made where the store does not say, and the answer is that it may well succeed in a moment.
	tries = 4
	// firstPause is how long to wait before the first retry, about, and longestPause before any.
	firstPause   = 500 * time.Millisecond
	longestPause = 20 * time.Second
)

// retry tells how often a request is made and how long to wait in between.
type retry struct {
	tries int
	pause func(retry int) time.Duration
}

// retryOf is what the store wishes.
func (p Provider) retryOf(settings *api.StoreRetrySettings) (retry, error) {
	first := cmp.Or(p.Pause, firstPause)
	r := retry{tries: tries, pause: func(retry int) time.Duration {
		longest := min(first<<min(retry, 16), longestPause)
		return wait.Jitter(longest/2, 1)
	}}
	if settings == nil {
		return r, nil
	}
	if settings.MaxRetries != nil && *settings.MaxRetries > 0 {
		r.tries = int(*settings.MaxRetries)
	}
	if settings.RetryInterval != nil {
		d, err := time.ParseDuration(*settings.RetryInterval)
		if err != nil || d < 0 {
			return retry{}, invalid("spec.retrySettings.retryInterval %q is not a duration such as 5s", *settings.RetryInterval)
		}
		r.pause = func(int) time.Duration { return d }
	}
	return r, nil
}

// rest waits before a retry, as long as the server has asked for at least, within bounds, and tells whether ctx lets it be made.
func (r retry) rest(ctx context.Context, retry int, asked time.Duration) bool {
	timer := time.NewTimer(max(r.pause(retry), min(asked, longestPause)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
