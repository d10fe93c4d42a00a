package webhook

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

// maxAnswer is the limit for an answer, in bytes: that of a Secret, which is to hold it.
const maxAnswer = 1 << 20

// reader asks one server as one caller.
type reader struct {
	spec   *api.WebhookProvider
	client *http.Client
	// secrets are the values for templates, by Secret and key.
	secrets   map[string]map[string]string
	namespace string
	retries   provider.Retries
	meter     *provider.Meter
}

func newReader(spec *api.WebhookProvider, timeout time.Duration, authority []byte, secrets map[string]map[string]string, namespace string, retries provider.Retries) *reader {
	meter := &provider.Meter{}
	return &reader{
		spec: spec, client: newClient(timeout, authority, meter), secrets: secrets, namespace: namespace, retries: retries, meter: meter,
	}
}

// Plan implements provider.Reader: each secret is a request of its own.
func (r *reader) Plan(refs []provider.Ref) [][]provider.Ref {
	groups := make([][]provider.Ref, len(refs))
	for i, ref := range refs {
		groups[i] = []provider.Ref{ref}
	}
	return groups
}

// Read implements provider.Reader.
func (r *reader) Read(ctx context.Context, group []provider.Ref) []provider.Answer {
	answers := make([]provider.Answer, len(group))
	for i, ref := range group {
		answers[i].Value, answers[i].Err = r.secret(ctx, ref)
	}
	return answers
}

// Stats implements provider.Reader.
func (r *reader) Stats() provider.Stats { return r.meter.Stats() }

// secret asks for one secret, again where it may well succeed in a moment.
func (r *reader) secret(ctx context.Context, ref provider.Ref) (secret.Value, error) {
	if ref.Metadata {
		return secret.Value{}, &provider.Error{Kind: provider.Unsupported, Message: "a webhook has no metadata: leave metadataPolicy out"}
	}
	demand, err := r.render(ref)
	if err != nil {
		return secret.Value{}, err
	}
	ctx = r.meter.Call(ctx)
	for made := 1; ; made++ {
		content, asked, err := r.ask(ctx, demand)
		if err == nil {
			return pick(ctx, content, demand.path)
		}
		if made >= r.retries.Attempts || !isTransient(err) {
			return secret.Value{}, err
		}
		if !r.retries.Wait(ctx, made, asked) {
			return secret.Value{}, interrupted(ctx.Err())
		}
	}
}

// demand is a request whose templates are rendered. All of it is secret.
type demand struct {
	url     string
	headers http.Header
	body    []byte
	path    source
}

// render makes a request of the templates. In the URL the texts of remoteRef are escaped, as for a query, and those of Secrets are not.
func (r *reader) render(ref provider.Ref) (demand, error) {
	plain := func(text string) string { return text }
	escaped, raw := r.values(ref, url.QueryEscape), r.values(ref, plain)
	templates := engine.New()
	var failed error
	render := func(t source, values map[string]map[string]string) []byte {
		if failed != nil || !t.isTemplate() {
			return []byte(t.text)
		}
		parsed, err := templates.Parse(t.text, engine.Options{})
		if err == nil {
			var rendered []byte
			if rendered, err = parsed.ExecuteGroups(values); err == nil {
				return rendered
			}
		}
		failed = invalid("%s: %v", t.path, err)
		return nil
	}
	d := demand{
		url: string(render(urlOf(r.spec), escaped)), headers: http.Header{"User-Agent": {userAgent}},
		body: render(bodyOf(r.spec), raw), path: pathOf(r.spec),
	}
	d.path.rendered = string(render(d.path, raw))
	for _, name := range slices.Sorted(maps.Keys(r.spec.Headers)) {
		value := string(render(headerOf(r.spec, name), raw))
		if failed == nil && strings.ContainsFunc(value, func(c rune) bool { return unicode.IsControl(c) && c != '\t' }) {
			failed = invalid("%s renders to a value with a line end in it: does that of a Secret end in one? The function trim takes it away", headerOf(r.spec, name).path)
		}
		d.headers.Set(name, value)
	}
	return d, failed
}

// values are what templates are rendered over.
func (r *reader) values(ref provider.Ref, escape func(string) string) map[string]map[string]string {
	groups := maps.Clone(r.secrets)
	groups[remoteRef] = map[string]string{
		"key": escape(ref.Key), "version": escape(ref.Version), "property": escape(ref.Property), "namespace": r.namespace,
	}
	return groups
}

// ask makes one request and returns the content of a successful answer, or how long another one asks to be left alone.
func (r *reader) ask(ctx context.Context, d demand) (content []byte, alone time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, r.spec.Method, d.url, bytes.NewReader(d.body))
	if err != nil || (request.URL.Scheme != "http" && request.URL.Scheme != "https") || request.URL.Host == "" {
		return nil, 0, invalid("%s.url does not render to an http or https URL: it may have a line end or a space in it", field)
	}
	if urlOf(r.spec).isTemplate() && slices.ContainsFunc(strings.Split(request.URL.EscapedPath(), "/"), isDots) {
		return nil, 0, invalid("%s.url renders to a path with a part of dots alone, which leads elsewhere: is that the remoteRef's?", field)
	}
	request.Header = d.headers.Clone()
	if host := d.headers.Get("Host"); host != "" {
		request.Host = host
	}
	response, err := r.client.Do(request)
	if err != nil {
		return nil, 0, unreached(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case response.StatusCode < 200 || response.StatusCode > 299:
		return nil, provider.RetryAfter(response.Header), refusal(response.StatusCode)
	case err != nil:
		return nil, 0, unreached(err)
	case len(content) > maxAnswer:
		return nil, 0, &provider.Error{Kind: provider.Invalid, Op: operation, Message: "the answer has more than 1 MiB, which no Secret can hold"}
	}
	return content, 0, nil
}

// isDots tells whether a part of a path means another part.
func isDots(part string) bool { return part == "." || part == ".." }
