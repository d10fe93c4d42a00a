package gcpsm

import (
	"bytes"
	"cmp"
	"context"
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
	// answerSize is how many bytes of an answer are read: more than a page of secrets has, and far more than a value.
	answerSize = 64 << 20
	userAgent  = "kubectl-externalsecret"
)

// client makes requests to Google, whoever is the caller.
type client struct {
	http    *http.Client
	retries provider.Retries
	meter   *provider.Meter
	machine *machine
}

// call is a request, however often it is made.
type call struct {
	service, op string // as reports name them
	// subject is what it is about, for errors.
	subject string
	// url is where it goes.
	url string
	// form or body is what a POST brings; a GET has neither.
	form url.Values
	body any
	// token is the caller's, and quota the project that is charged, if not the one of the caller.
	token, quota string
}

// answer is what Google says to a call.
type answer struct {
	status  int
	header  http.Header
	content []byte
}

// connect makes a client.
func (p Provider) connect(retries provider.Retries) *client {
	transport := p.Transport
	if transport == nil {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8}
	}
	timeout := cmp.Or(p.Timeout, answerWithin)
	return &client{
		http: &http.Client{
			Timeout: timeout, Transport: transport,
			// What is sent is for Google alone.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		retries: retries, meter: &provider.Meter{}, machine: newMachine(p.Getenv),
	}
}

// do makes a call, again where that may help, and decodes the JSON of an answer of success into out. What is checked of that is check's;
// an error of it is taken for a fault that may pass.
func (c *client) do(ctx context.Context, call call, out any, check func() error) error {
	ctx = c.meter.Call(ctx)
	for attempt := 1; ; attempt++ {
		got, err := c.attempt(ctx, call)
		switch {
		case err != nil:
			err = unreached(call.op, err)
		case got.status/100 != 2:
			err = refusal(call, got)
		case json.Unmarshal(got.content, out) != nil: // what it says of the content is not passed on: that may hold a secret
			return unreadable(call.op)
		case check != nil:
			err = check()
		}
		if err == nil {
			return nil
		}
		kind := provider.KindOf(err)
		passes := kind == provider.Throttled || kind == provider.Unavailable && got.status/100 != 3 && !provider.Unverified(err)
		if ctx.Err() != nil || attempt >= c.retries.Attempts || !passes || !c.retries.Wait(ctx, attempt, provider.RetryAfter(got.header)) {
			return err
		}
	}
}

func (c *client) count(request *http.Request, response *http.Response, operation string, began time.Time) {
	throttled := response != nil && response.StatusCode == http.StatusTooManyRequests
	c.meter.Request(request.Context(), operation, time.Since(began), throttled)
}

// attempt makes one request. The status of the answer is zero where there was none.
func (c *client) attempt(ctx context.Context, call call) (answer, error) {
	method, kind, body := http.MethodGet, "", io.Reader(nil)
	switch {
	case call.form != nil:
		method, kind, body = http.MethodPost, "application/x-www-form-urlencoded", strings.NewReader(call.form.Encode())
	case call.body != nil:
		content, err := json.Marshal(call.body)
		if err != nil {
			return answer{}, err
		}
		method, kind, body = http.MethodPost, "application/json", bytes.NewReader(content)
	}
	request, err := http.NewRequestWithContext(ctx, method, call.url, body)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("User-Agent", userAgent)
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	if call.token != "" {
		request.Header.Set("Authorization", "Bearer "+call.token)
	}
	if call.quota != "" {
		request.Header.Set("X-Goog-User-Project", call.quota)
	}
	began := time.Now()
	response, err := c.http.Do(request)
	c.count(request, response, call.service+"."+call.op, began)
	if err != nil {
		return answer{}, err
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, answerSize))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return answer{}, err
	}
	return answer{status: response.StatusCode, header: response.Header, content: content}, nil
}
