// Package traffic watches and disturbs the requests that pass: counters, latency, throttling and faults. It knows operations by
// name only and nothing of what they do.
package traffic

import (
	"maps"
	"sync"
)

// Counts is what has been asked since the last reset. Operations are spelt "secretsmanager.BatchGetSecretValue".
type Counts struct {
	Requests   map[string]int            `json:"requests"`   // by operation
	Principals map[string]map[string]int `json:"principals"` // by ARN of the caller, then by operation; "" for unsigned ones
	Errors     map[string]map[string]int `json:"errors"`     // by operation, then by error code; of whole requests
	IDs        map[string]int            `json:"ids"`        // ids asked for, by operation: 20 for a full batch
	Secrets    map[string]int            `json:"secrets"`    // how often each secret id was asked to be read, in any operation
	Peak       map[string]int            `json:"peak"`       // most requests at one time, by operation
	PeakTotal  int                       `json:"peakTotal"`  // most requests at one time, of all operations
}

// Counters count. They are safe for concurrent use.
type Counters struct {
	mu       sync.Mutex
	counts   Counts
	inFlight map[string]int
	total    int
}

// NewCounters returns counters at zero.
func NewCounters() *Counters { return &Counters{counts: zero(), inFlight: map[string]int{}} }

func zero() Counts {
	return Counts{
		Requests: map[string]int{}, Principals: map[string]map[string]int{}, Errors: map[string]map[string]int{},
		IDs: map[string]int{}, Secrets: map[string]int{}, Peak: map[string]int{},
	}
}

// Enter counts a request that begins; the caller calls done when it ends.
func (c *Counters) Enter(operation string) (done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Requests[operation]++
	c.inFlight[operation]++
	c.total++
	c.counts.Peak[operation] = max(c.counts.Peak[operation], c.inFlight[operation])
	c.counts.PeakTotal = max(c.counts.PeakTotal, c.total)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inFlight[operation]--
		c.total--
	}
}

// Sent counts who sent a request and the secrets it asks for.
func (c *Counters) Sent(operation, principal string, ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	increment(c.counts.Principals, principal, operation)
	if len(ids) > 0 {
		c.counts.IDs[operation] += len(ids)
	}
	for _, id := range ids {
		c.counts.Secrets[id]++
	}
}

// Failed counts a request that was refused with an error code.
func (c *Counters) Failed(operation, code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	increment(c.counts.Errors, operation, code)
}

func increment(counts map[string]map[string]int, outer, inner string) {
	if counts[outer] == nil {
		counts[outer] = map[string]int{}
	}
	counts[outer][inner]++
}

// Read returns a copy of the counts.
func (c *Counters) Read() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	copied := c.counts
	copied.Requests, copied.IDs = maps.Clone(c.counts.Requests), maps.Clone(c.counts.IDs)
	copied.Secrets, copied.Peak = maps.Clone(c.counts.Secrets), maps.Clone(c.counts.Peak)
	copied.Principals, copied.Errors = cloneAll(c.counts.Principals), cloneAll(c.counts.Errors)
	return copied
}

func cloneAll(counts map[string]map[string]int) map[string]map[string]int {
	copied := make(map[string]map[string]int, len(counts))
	for key, inner := range counts {
		copied[key] = maps.Clone(inner)
	}
	return copied
}

// Reset sets all counts to zero. Requests in flight stay in flight.
func (c *Counters) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts = zero()
}
