package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	userAgent = "kubectl-externalsecret"
	// maxRedirects is how many of them are followed.
	maxRedirects = 10
	// operation is what a request is called in errors, and in reports behind the name of the provider.
	operation = "Request"
)

// newClient makes what sends the requests. authority are the PEM certificates by which the server is verified; none means those of
// the system.
func newClient(timeout time.Duration, authority []byte, meter *provider.Meter) *http.Client {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(authority) > 0 {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(authority) // has been checked
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: timeout,
	}
	return &http.Client{Timeout: timeout, Transport: &metered{meter: meter, next: transport}, CheckRedirect: sameServer}
}

// sameServer lets a redirect be followed to the server that was asked and no other: the credentials are for that one, and Go takes no
// more than the well-known headers out.
func sameServer(next *http.Request, made []*http.Request) error {
	asked := made[0].URL
	switch {
	case next.URL.Host != asked.Host || next.URL.Scheme != asked.Scheme:
		return &provider.Error{Kind: provider.Invalid, Op: operation, Message: "the server sends to another server",
			Hint: "its headers are for the server of " + field + ".url alone: correct the URL if the API has moved"}
	case len(made) >= maxRedirects:
		return &provider.Error{Kind: provider.Unavailable, Op: operation, Message: fmt.Sprintf("the server redirects more than %d times", maxRedirects)}
	}
	return nil
}

// metered counts the requests that pass on to next, retries included.
type metered struct {
	meter *provider.Meter
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (m *metered) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	if request.Response != nil { // a redirect is no retry
		ctx = m.meter.Call(ctx)
	}
	began := time.Now()
	response, err := m.next.RoundTrip(request)
	throttled := response != nil && response.StatusCode == http.StatusTooManyRequests
	m.meter.Request(ctx, "Webhook."+operation, time.Since(began), throttled)
	return response, err
}
