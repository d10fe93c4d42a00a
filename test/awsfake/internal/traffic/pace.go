package traffic

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// Pace slows requests down and turns away those that come too fast. It is safe for concurrent use.
type Pace struct {
	mu      sync.Mutex
	delays  map[string]time.Duration // by operation, "" for all others
	buckets map[string]*bucket
}

// bucket allows rate requests a second, and as many at once after a second's rest.
type bucket struct {
	rate, tokens float64
	filled       time.Time
}

// NewPace returns a pace that neither slows nor turns away.
func NewPace() *Pace {
	p := &Pace{}
	p.Reset()
	return p
}

// Reset removes all latencies and limits.
func (p *Pace) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delays, p.buckets = map[string]time.Duration{}, map[string]*bucket{}
}

// Delay makes an operation take at least so long; operation "" means each that has no latency of its own.
func (p *Pace) Delay(operation string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delays[operation] = d
}

// Limit allows an operation so many requests a second, and no burst above that; 0 lifts the limit.
func (p *Pace) Limit(operation string, perSecond float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if perSecond <= 0 {
		delete(p.buckets, operation)
		return
	}
	size := max(perSecond, 1)
	p.buckets[operation] = &bucket{rate: perSecond, tokens: size, filled: time.Now()}
}

// Wait sleeps for the latency of an operation. It fails when the client goes away first.
func (p *Pace) Wait(ctx context.Context, operation string) error {
	p.mu.Lock()
	d, own := p.delays[operation]
	if !own {
		d = p.delays[""]
	}
	p.mu.Unlock()
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the latency of %s: %w", operation, ctx.Err())
	}
}

// Admit refuses a request that comes too fast.
func (p *Pace) Admit(c *wire.Call) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.buckets[c.Name()]
	if b == nil || b.take(time.Now()) {
		return nil
	}
	code := "ThrottlingException"
	if c.Service == wire.STS {
		code = "Throttling"
	}
	return wire.NewError(code, "Rate exceeded")
}

func (b *bucket) take(now time.Time) bool {
	b.tokens = min(max(b.rate, 1), b.tokens+b.rate*now.Sub(b.filled).Seconds())
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
