package webhook

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func FuzzRender(f *testing.F) {
	f.Add("http://a/{{ .remoteRef.key }}?v={{ .remoteRef.version }}", "Bearer {{ .auth.token }}", "$.data.{{ .remoteRef.property }}", "a/b?c#d&e=f")
	f.Add("{{ range $k, $v := .remoteRef }}{{ $v }}{{ end }}", "{{ index .auth \"x\" }}", "$", "\r\nX: y")
	f.Add("http://host/{{ .remoteRef.key }}", "{{ .remoteRef.key }}", "$..a[?(@.b==1)]", "../../x")
	f.Fuzz(func(t *testing.T, url, header, path, key string) {
		spec := &api.WebhookProvider{Method: http.MethodGet, URL: url, Headers: map[string]string{"X-A": header}, Result: api.WebhookResult{JSONPath: path}}
		r := newReader(spec, 0, nil, map[string]map[string]string{"auth": {"token": "s3cr3t-token"}}, "shop", provider.Retries{})
		d, err := r.render(provider.Ref{Key: key})
		if err != nil {
			require.NotContains(t, err.Error(), "s3cr3t")
			return
		}
		require.False(t, strings.ContainsAny(d.headers.Get("X-A"), "\r\n"), "a header ends where its line does")
		_, _ = pick(t.Context(), []byte(document), d.path)
	})
}

func TestAKeyStaysWithinItsPartOfTheURL(t *testing.T) {
	spec := &api.WebhookProvider{URL: "http://host/get/{{ .remoteRef.key }}/end"}
	for _, key := range []string{"../../admin", "a?x=y", "a#b", "a&b", "a\r\nb", "%2e%2e", "@other"} {
		d, err := newReader(spec, 0, nil, map[string]map[string]string{}, "shop", provider.Retries{}).render(provider.Ref{Key: key})
		require.NoError(t, err)
		request, err := http.NewRequest(http.MethodGet, d.url, http.NoBody)
		require.NoError(t, err, key)
		require.Equal(t, "host", request.URL.Host)
		require.True(t, strings.HasPrefix(request.URL.EscapedPath(), "/get/") && strings.HasSuffix(request.URL.EscapedPath(), "/end"), key)
		require.Equal(t, 3, strings.Count(request.URL.EscapedPath(), "/"), key)
	}
}

// A name of dots can't be escaped: servers, and what is between, take such a part of a path for another path.
func TestAKeyOfDotsDoesNotLeadElsewhere(t *testing.T) {
	for _, key := range []string{".", ".."} {
		b := serve(t, (*httptest.Server).Start, says(http.StatusOK, "value"))
		_, _, err := read(t, api.WebhookProvider{URL: b.URL + "/get/{{ .remoteRef.key }}/end"}, api.RemoteRef{Key: key})
		require.ErrorContains(t, err, "of dots alone")
		require.Equal(t, provider.Invalid, provider.KindOf(err))
		require.Empty(t, b.seen())
		_, _, err = read(t, api.WebhookProvider{URL: b.URL + "/get?key={{ .remoteRef.key }}"}, api.RemoteRef{Key: key})
		require.NoError(t, err)
	}
}
