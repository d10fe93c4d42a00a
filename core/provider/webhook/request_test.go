package webhook

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func TestARequestIsMadeOfTemplates(t *testing.T) {
	for name, tc := range map[string]struct {
		spec   api.WebhookProvider
		remote api.RemoteRef
		want   call
		header map[string]string
	}{
		"the key is escaped in the URL": {api.WebhookProvider{URL: "/get?key={{ .remoteRef.key }}"}, api.RemoteRef{Key: "a/b c&d"},
			call{Method: "GET", URI: "/get?key=a%2Fb+c%26d"}, nil},
		"version and property too": {api.WebhookProvider{URL: "/{{ .remoteRef.version }}/{{ .remoteRef.property }}"}, api.RemoteRef{Key: "k", Version: "v/1", Property: "p q"},
			call{Method: "GET", URI: "/v%2F1/p+q"}, nil},
		"a Secret is not, as in ESO": {api.WebhookProvider{URL: `/get?x={{ index .auth "a-b" }}`}, api.RemoteRef{Key: "k"},
			call{Method: "GET", URI: "/get?x=dash&x"}, nil},
		"the body is raw": {api.WebhookProvider{Method: "POST", URL: "/", Body: `{"key":{{ .remoteRef.key | toJson }},"ns":"{{ .remoteRef.namespace }}"}`}, api.RemoteRef{Key: `a/"b"`},
			call{Method: "POST", URI: "/", Body: `{"key":"a/\"b\"","ns":"shop"}`}, nil},
		"headers are raw": {api.WebhookProvider{URL: "/", Headers: map[string]string{
			"Authorization": "Basic {{ print .auth.user \":\" .auth.token | b64enc }}", "x-key": "{{ .remoteRef.key }}", "Line": "{{ trim .auth.line }}"}}, api.RemoteRef{Key: "a/b c"},
			call{Method: "GET", URI: "/"}, map[string]string{"Authorization": "Basic YW5uOnMzY3IzdC10b2tlbg==", "X-Key": "a/b c", "Line": "ends", "User-Agent": "kubectl-externalsecret"}},
		"the host may be another than the server's": {api.WebhookProvider{URL: "/", Headers: map[string]string{"Host": "api.example"}}, api.RemoteRef{Key: "k"},
			call{Method: "GET", URI: "/", Host: "api.example"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := serve(t, (*httptest.Server).Start, says(http.StatusOK, "value"))
			tc.spec.URL = b.URL + tc.spec.URL
			value, stats, err := read(t, withLogin(tc.spec), tc.remote)
			require.NoError(t, err)
			assert.Equal(t, "value", value)
			require.Len(t, b.seen(), 1)
			got := b.seen()[0]
			assert.Equal(t, []string{tc.want.Method, tc.want.URI, tc.want.Body}, []string{got.Method, got.URI, got.Body})
			if tc.want.Host != "" {
				assert.Equal(t, tc.want.Host, got.Host)
			}
			for header, want := range tc.header {
				assert.Equal(t, want, got.Header.Get(header), header)
			}
			assert.Equal(t, map[string]int{"Webhook.Request": 1}, stats.Requests)
		})
	}
}

func TestARequestThatCantBeMade(t *testing.T) {
	for name, tc := range map[string]struct {
		spec api.WebhookProvider
		want string
	}{
		"a key that the Secret lacks":     {api.WebhookProvider{URL: "http://a/{{ .auth.tokn }}"}, `spec.provider.webhook.url: line 1: there is no key "tokn" here`},
		"a Secret that is not named":      {api.WebhookProvider{URL: "http://a", Headers: map[string]string{"X": "{{ .other.token }}"}}, `spec.provider.webhook.headers[X]: line 1: there is no key "other"`},
		"a value with a line end":         {api.WebhookProvider{URL: "http://a", Headers: map[string]string{"X": "{{ .auth.line }}"}}, "headers[X] renders to a value with a line end in it"},
		"a URL without a scheme":          {api.WebhookProvider{URL: "{{ .auth.token }}/x"}, "url does not render to an http or https URL"},
		"a URL with a line end":           {api.WebhookProvider{URL: "http://a/{{ .auth.line }}"}, "url does not render to an http or https URL"},
		"another scheme than http":        {api.WebhookProvider{URL: "file:///etc/passwd"}, "url does not render to an http or https URL"},
		"a loop without an end":           {api.WebhookProvider{URL: "http://a", Body: `{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}`}, "spec.provider.webhook.body: line 1: the templates call each other without an end"},
		"a JSONPath that renders to none": {api.WebhookProvider{URL: "http://a", Result: api.WebhookResult{JSONPath: "$[{{ .auth.token }}"}}, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.want == "no answer" {
				b := serve(t, (*httptest.Server).Start, says(http.StatusOK, "{}"))
				tc.spec.URL, tc.want = b.URL, `result.jsonPath "$[{{ .auth.token }}" is not a JSONPath`
			}
			_, _, err := read(t, withLogin(tc.spec), api.RemoteRef{Key: "k"})
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, provider.Invalid, provider.KindOf(err))
			assert.NotContains(t, err.Error(), "s3cr3t")
		})
	}
}

func TestRedirectsStayWithTheServer(t *testing.T) {
	other := serve(t, (*httptest.Server).Start, says(http.StatusOK, "stolen"))
	b := serve(t, (*httptest.Server).Start, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/near":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/far":
			http.Redirect(w, r, other.URL+"/?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		default:
			says(http.StatusOK, "value")(w, r)
		}
	})
	spec := withLogin(api.WebhookProvider{URL: b.URL + "/{{ .remoteRef.key }}?t={{ .auth.token }}", Headers: map[string]string{"X-Token": "{{ .auth.token }}"}})
	value, stats, err := read(t, spec, api.RemoteRef{Key: "near"})
	require.NoError(t, err)
	assert.Equal(t, "value", value)
	assert.Equal(t, 2, stats.Requests["Webhook.Request"])
	assert.Zero(t, stats.Retries, "a redirect is no retry")

	_, _, err = read(t, spec, api.RemoteRef{Key: "far"})
	require.ErrorContains(t, err, "the server sends to another server")
	assert.Equal(t, provider.Invalid, provider.KindOf(err))
	assert.NotContains(t, err.Error(), "s3cr3t")
	assert.Empty(t, other.seen())

	_, _, err = read(t, spec, api.RemoteRef{Key: "round"})
	require.ErrorContains(t, err, "redirects more than 10 times")
}
