package azurekv

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	// attempts is how often a request is made at most where the store does not say, as often as by Azure's own client.
	attempts = 4
	// firstBackoff and maxBackoff bound the waits in between. A server that asks for more than the latter is not asked again.
	firstBackoff = 800 * time.Millisecond
	maxBackoff   = 20 * time.Second
	// answerWithin is how long one attempt of a request may take.
	answerWithin = 30 * time.Second
	// connectWithin is how long a connection to a machine's own service may take: it is near, or there is none.
	connectWithin = 2 * time.Second
	// answerSize is how many bytes of an answer are read: what a key vault holds is smaller.
	answerSize = 8 << 20
	// appID marks our requests in the logs of the key vault.
	appID = "kubectl-externalsecret"
)

// silence keeps the SDK from logging to standard error where AZURE_SDK_GO_LOGGING asks for that: it would quote what servers send, past
// the log of the program. The SDK has one log for the whole process.
var silence = sync.OnceFunc(func() { log.SetListener(nil) })

// retriesOf follows the store's retrySettings: maxRetries is the number of attempts and retryInterval the first wait, after which they grow,
// with jitter.
func (p Provider) retriesOf(store provider.Store) (policy.RetryOptions, error) {
	retries, err := provider.Retries{
		Attempts: attempts, First: cmp.Or(p.Backoff, firstBackoff), Longest: maxBackoff, Counts: provider.CountsAttempts,
	}.Of(store)
	if err != nil {
		return policy.RetryOptions{}, err
	}
	again := retries.Attempts - 1
	if again == 0 {
		again = -1 // to the SDK zero is its default
	}
	return policy.RetryOptions{
		MaxRetries: int32(again), TryTimeout: cmp.Or(p.Timeout, answerWithin),
		RetryDelay: cmp.Or(retries.Fixed, retries.First), MaxRetryDelay: max(retries.Fixed, retries.Longest), ShouldRetry: isTransient,
	}, nil
}

// isTransient tells whether the same request may well succeed a little later.
func isTransient(response *http.Response, err error) bool {
	if err != nil {
		return !provider.Unverified(err)
	}
	switch response.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	default:
		return response.StatusCode >= http.StatusInternalServerError && response.StatusCode != http.StatusNotImplemented
	}
}

// isTransientNearby is isTransient for a machine's own service: where nobody takes the connection there is none.
func isTransientNearby(response *http.Response, err error) bool {
	var dial *net.OpError
	return (!errors.As(err, &dial) || dial.Op != "dial" || !dial.Timeout()) && isTransient(response, err)
}

// carrier is what carries requests.
type carrier struct{ *http.Client }

// newCarrier makes one that goes through the proxy of the environment.
func (p Provider) newCarrier() carrier {
	return p.carrierOver(&http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8,
	})
}

// newCarrierNearby makes one to a machine's own service, past any proxy.
func (p Provider) newCarrierNearby() carrier {
	return p.carrierOver(&http.Transport{DialContext: (&net.Dialer{Timeout: connectWithin}).DialContext})
}

// carrierOver makes one that goes over a network, unless the provider has its own. Redirects are not followed: a token, or what it is
// bought with, is for one host alone.
func (p Provider) carrierOver(network http.RoundTripper) carrier {
	if p.Transport != nil {
		network = p.Transport
	}
	return carrier{&http.Client{Transport: network, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Do implements policy.Transporter.
func (c carrier) Do(request *http.Request) (*http.Response, error) {
	response, err := c.Client.Do(request) //nolint:gosec // authorizing sends to the key vault alone, and the rest to where the store logs in
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, answerSize), response.Body}
	return response, nil
}

// clientOptions are those of a client of the SDK, to which per adds what is done with each attempt.
func clientOptions(retries policy.RetryOptions, transport carrier, per ...policy.Policy) policy.ClientOptions {
	return policy.ClientOptions{
		Retry: retries, Transport: transport, PerRetryPolicies: per, Telemetry: policy.TelemetryOptions{ApplicationID: appID},
	}
}

// operation is the key under which a context knows what its request is called in reports.
type operation struct{}

// called names the operation of a call, and begins to count its requests.
func called(ctx context.Context, meter *provider.Meter, name string) context.Context {
	return meter.Call(context.WithValue(ctx, operation{}, name))
}

// counting is a policy that counts each attempt.
type counting struct{ meter *provider.Meter }

// Do implements policy.Policy.
func (c counting) Do(request *policy.Request) (*http.Response, error) {
	ctx := request.Raw().Context()
	if err := ctx.Err(); err != nil {
		return nil, err // it does not leave
	}
	began := time.Now()
	response, err := request.Next()
	name, _ := ctx.Value(operation{}).(string)
	c.meter.Request(ctx, name, time.Since(began), response != nil && response.StatusCode == http.StatusTooManyRequests)
	return response, err
}

// authorizing is a policy that shows the token of a login to one host. It takes the place of the SDK's own, which asks the key vault
// what to log in to and where: a store's cloud says that.
type authorizing struct {
	login *login
	host  string
}

// errElsewhere stops a request that would leave the key vault with its token: where a list goes on is what the server says.
var errElsewhere = errors.New("the answer leads to another host than the key vault's")

// hostOf is the host of an https URL, without the port that this means anyway: a key vault writes that where a list goes on.
func hostOf(target *url.URL) string { return strings.TrimSuffix(strings.ToLower(target.Host), ":443") }

// Do implements policy.Policy.
func (a authorizing) Do(request *policy.Request) (*http.Response, error) {
	target := request.Raw().URL
	if target.Scheme != "https" || hostOf(target) != a.host {
		return nil, final{errElsewhere}
	}
	target.Host, request.Raw().Host = a.host, a.host
	token, err := a.login.token(request.Raw().Context())
	if err != nil {
		return nil, final{err}
	}
	request.Raw().Header.Set("Authorization", "Bearer "+string(token.Reveal()))
	return request.Next()
}

// final is an error that the SDK does not try again.
type final struct{ error }

// NonRetriable tells the SDK.
func (final) NonRetriable() {}

func (f final) Unwrap() error { return f.error }
