package provider

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Stats counts what a reader did.
type Stats struct {
	// Requests is the number of requests by the provider's name of the operation, retries included.
	Requests map[string]int
	// Retries is how many of them were made again after a failure, Throttles how many were refused for being too many.
	Retries, Throttles int
	// Latency is how long the answers took.
	Latency Latency
	// Notes are things an operator should know, said once: a batch action that is not permitted, for example.
	Notes []string
}

// Latency sums up how long the answers to requests took.
type Latency struct {
	Total, Max time.Duration
}

// Meter counts the requests of a reader as they leave. The zero value is ready for use.
type Meter struct {
	mu    sync.Mutex
	stats Stats
}

// attempts is the key under which a context knows how many requests a call has made so far.
type attempts struct{}

// Call begins a call, which is one request unless that is made again.
func (*Meter) Call(ctx context.Context) context.Context {
	return context.WithValue(ctx, attempts{}, new(atomic.Int32))
}

// Request counts a request that has been answered, or has failed, as one of the call that ctx belongs to.
func (m *Meter) Request(ctx context.Context, operation string, took time.Duration, throttled bool) {
	made, ok := ctx.Value(attempts{}).(*atomic.Int32)
	again := ok && made.Add(1) > 1
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stats.Requests == nil {
		m.stats.Requests = map[string]int{}
	}
	m.stats.Requests[operation]++
	if again {
		m.stats.Retries++
	}
	if throttled {
		m.stats.Throttles++
	}
	m.stats.Latency.Total += took
	m.stats.Latency.Max = max(m.stats.Latency.Max, took)
}

// Stats tells what was counted so far.
func (m *Meter) Stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	stats := m.stats
	stats.Requests = maps.Clone(stats.Requests)
	return stats
}
