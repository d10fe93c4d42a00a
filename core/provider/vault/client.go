package vault

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	// answerWithin is how long one attempt of a request may take.
	answerWithin = 30 * time.Second
	// answerSize is how many bytes of an answer are read: no secret of Vault is larger.
	answerSize = 32 << 20
	userAgent  = "kubectl-externalsecret"
)

// client makes requests to one server as one caller.
type client struct {
	http    *http.Client
	server  string
	field   string // where in the store's spec it is described
	headers http.Header
	retries provider.Retries
	meter   *provider.Meter
}

// call is a request, however often it is made.
type call struct {
	op, method, path string
	query            url.Values
	namespace        *string // in place of the client's
	body             any     // nil means none
}

// answer is what Vault says to a call.
type answer struct {
	Auth     *authentication `json:"auth"`
	Data     json.RawMessage `json:"data"`
	Errors   []string        `json:"errors"`
	Warnings []string        `json:"warnings"`

	status int
	header http.Header
}

// connect settles where the server is and how it is verified.
func (p Provider) connect(ctx context.Context, store provider.Store, spec *storeSpec, credentials provider.Credentials) (*client, error) {
	authority, err := provider.CertificateAuthority(ctx, store, spec.field, spec.CABundle, spec.CAProvider, credentials)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if authority != nil {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(authority)
	}
	if config.Certificates, err = clientCertificate(ctx, store, spec, credentials); err != nil {
		return nil, err
	}
	headers := http.Header{}
	for name, value := range spec.Headers {
		headers.Set(name, value)
	}
	headers.Set("User-Agent", userAgent)
	headers.Set("X-Vault-Request", "true") // an agent or proxy of Vault may demand it
	if namespace := text(spec.Namespace); namespace != "" {
		headers.Set("X-Vault-Namespace", namespace)
	}
	if spec.ForwardInconsistent {
		headers.Set("X-Vault-Inconsistent", "forward-active-node")
	}
	return &client{
		http: &http.Client{
			Timeout:   cmp.Or(p.Timeout, answerWithin),
			Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8},
			// The token is for the store's server alone.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		server: spec.Server, field: spec.field, headers: headers, meter: &provider.Meter{},
	}, nil
}

// do makes a call, again where that may help, and decodes what answers with success. Any other answer is an error, and comes along.
func (c *client) do(ctx context.Context, call call) (answer, error) {
	ctx = c.meter.Call(ctx)
	for attempt := 1; ; attempt++ {
		got, err := c.attempt(ctx, call)
		if err == nil && got.status/100 == 2 {
			return got, nil
		}
		if err != nil {
			err = c.unreached(call, err)
		} else {
			err = c.refusal(call, got)
		}
		if ctx.Err() != nil || attempt >= c.retries.Attempts || !isTransient(got.status, err) {
			return got, err
		}
		if !c.retries.Wait(ctx, attempt, provider.RetryAfter(got.header)) {
			return got, err
		}
	}
}

// attempt makes one request. The status of the answer is zero where there was none.
func (c *client) attempt(ctx context.Context, call call) (answer, error) {
	target, err := url.Parse(c.server)
	if err != nil {
		return answer{}, err
	}
	target.Path = strings.TrimRight(target.Path, "/") + "/v1/" + call.path
	target.RawQuery = call.query.Encode()
	var body io.Reader
	if call.body != nil {
		content, err := json.Marshal(call.body)
		if err != nil {
			return answer{}, err
		}
		body = bytes.NewReader(content)
	}
	request, err := http.NewRequestWithContext(ctx, call.method, target.String(), body)
	if err != nil {
		return answer{}, err
	}
	request.Header = c.headers.Clone()
	if call.namespace != nil {
		request.Header.Set("X-Vault-Namespace", *call.namespace)
	}
	began := time.Now()
	response, err := c.http.Do(request)
	throttled := response != nil && response.StatusCode == http.StatusTooManyRequests
	c.meter.Request(ctx, "Vault."+call.op, time.Since(began), throttled)
	if err != nil {
		return answer{}, err
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, answerSize))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return answer{}, err
	}
	got := answer{status: response.StatusCode, header: response.Header}
	if len(bytes.TrimSpace(content)) == 0 {
		return got, nil
	}
	if json.Unmarshal(content, &got) != nil { // what it says of the content is not passed on: that may hold a secret
		return got, errForeign
	}
	return got, nil
}
