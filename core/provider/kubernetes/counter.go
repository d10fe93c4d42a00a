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
	return counted(func(request *http.Request) (*http.Response, error) {
		op := opGet
		if request.URL.Query().Has("limit") {
			op = opList
		}
		c.mu.Lock()
		c.counts["Kubernetes."+op]++
		c.mu.Unlock()
		return next.RoundTrip(request)
	})
}

// counted is a function as a transport.
type counted func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (c counted) RoundTrip(request *http.Request) (*http.Response, error) { return c(request) }
