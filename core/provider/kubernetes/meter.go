package kubernetes

import (
	"net/http"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// What the requests are called in reports and errors.
const (
	opGet  = "GetSecret"
	opList = "ListSecrets"
)

// metered counts the requests that pass on to next, retries included.
type metered struct {
	meter *provider.Meter
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (m *metered) RoundTrip(request *http.Request) (*http.Response, error) {
	op := opGet
	if request.URL.Query().Has("limit") {
		op = opList
	}
	began := time.Now()
	response, err := m.next.RoundTrip(request)
	throttled := response != nil && response.StatusCode == http.StatusTooManyRequests
	m.meter.Request(request.Context(), "Kubernetes."+op, time.Since(began), throttled)
	return response, err
}

// WrappedRoundTripper tells client-go what to cancel.
func (m *metered) WrappedRoundTripper() http.RoundTripper { return m.next }
