package kubernetes

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// What the requests are called in reports and errors.
const (
	opGet  = "GetSecret"
	opList = "ListSecrets"
)

// How many bytes of an answer are read: more than a Secret has, or a page of them that fits into memory.
const (
	secretSize = 8 << 20
	listSize   = 64 << 20
)

// metered counts the requests that pass on to next, retries included.
type metered struct {
	meter *provider.Meter
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (m *metered) RoundTrip(request *http.Request) (*http.Response, error) {
	op, size := opGet, int64(secretSize)
	if request.URL.Query().Has("limit") {
		op, size = opList, listSize
	}
	began := time.Now()
	response, err := m.next.RoundTrip(request)
	throttled := response != nil && response.StatusCode == http.StatusTooManyRequests
	m.meter.Request(request.Context(), "Kubernetes."+op, time.Since(began), throttled)
	if response != nil {
		response.Body = &bounded{response.Body, size}
	}
	return response, err
}

// bounded is an answer of which no more than some bytes are read: client-go reads all that comes.
type bounded struct {
	io.ReadCloser
	left int64
}

var errTooLarge = errors.New("the answer is too large")

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// WrappedRoundTripper tells client-go what to cancel.
func (m *metered) WrappedRoundTripper() http.RoundTripper { return m.next }
