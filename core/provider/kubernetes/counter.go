package kubernetes

import (
	"maps"
	"net/http"
	"sync"
)

// What the requests are called in reports and errors.
const (
	opGet  = "GetSecret"
	opList = "ListSecrets"
)

// counter counts requests as they leave, retries included.
type counter struct {
	mu     sync.Mutex
	counts map[string]int
}

func newCounter() *counter { return &counter{counts: map[string]int{}} }

func (c *counter) snapshot() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.counts)
}

// transport counts what passes on to next.
func (c *counter) transport(next http.RoundTripper) http.RoundTripper {
	return &counted{counter: c, next: next}
}

type counted struct {
	counter *counter
	next    http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c *counted) RoundTrip(request *http.Request) (*http.Response, error) {
	op := opGet
	if request.URL.Query().Has("limit") {
		op = opList
	}
	c.counter.mu.Lock()
	c.counter.counts["Kubernetes."+op]++
	c.counter.mu.Unlock()
	return c.next.RoundTrip(request)
}

// WrappedRoundTripper tells client-go what to cancel.
func (c *counted) WrappedRoundTripper() http.RoundTripper { return c.next }
