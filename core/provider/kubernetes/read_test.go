package kubernetes

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// parts are the parts of an answer as texts.
func parts(a provider.Answer) map[string]string {
	texts := map[string]string{}
	for key, value := range a.Parts {
		texts[key] = string(value.Reveal())
	}
	return texts
}

func TestRead(t *testing.T) {
	db := secretOf("db", map[string][]byte{"user": []byte("ann"), "page": []byte("<a&b>\n"), "raw": {0xff, 0, 'x'}})
	db.Labels = map[string]string{"app": "shop", "example.com/tier": "<1>"}
	bare := secretOf("bare", nil)
	c := serve(t, func(c call) reply {
		switch c.Path {
		case "/api/v1/namespaces/vault/secrets/db":
			return reply{Body: db}
		case "/api/v1/namespaces/vault/secrets/bare":
			return reply{Body: bare}
		default:
			return missing("other")
		}
	})
	for name, tc := range map[string]struct {
		ref   provider.Ref
		value string
		parts map[string]string
	}{
		"a Secret is the JSON object of its texts, and byte for byte in its parts": {
			provider.Ref{Key: "db"}, `{"page":"<a&b>\n","raw":"\ufffd\u0000x","user":"ann"}`,
			map[string]string{"user": "ann", "page": "<a&b>\n", "raw": "\xff\x00x"},
		},
		"a Secret without data is an empty object": {provider.Ref{Key: "bare"}, `{}`, map[string]string{}},
		"the metadata are the labels and annotations": {
			provider.Ref{Key: "db", Metadata: true}, `{"annotations":{},"labels":{"app":"shop","example.com/tier":"<1>"}}`,
			map[string]string{"annotations": `{}`, "labels": `{"app":"shop","example.com/tier":"<1>"}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			answers := c.open(t).Read(t.Context(), []provider.Ref{tc.ref})
			require.Len(t, answers, 1)
			require.NoError(t, answers[0].Err)
			assert.Equal(t, tc.value, string(answers[0].Value.Reveal()))
			assert.NotNil(t, answers[0].Parts)
			assert.Equal(t, tc.parts, parts(answers[0]))
		})
	}
	t.Run("each answer goes to its own ref", func(t *testing.T) {
		answers := c.open(t).Read(t.Context(), refs("bare", "nope", "db"))
		require.Len(t, answers, 3)
		assert.Equal(t, `{}`, string(answers[0].Value.Reveal()))
		assert.Equal(t, provider.NotFound, provider.KindOf(answers[1].Err))
		assert.Equal(t, "ann", parts(answers[2])["user"])
	})
	t.Run("data and metadata of a Secret are one request", func(t *testing.T) {
		reader := c.open(t)
		before := len(c.made())
		groups := reader.Plan([]provider.Ref{{Key: "db"}, {Key: "bare"}, {Key: "db", Metadata: true}})
		require.Equal(t, [][]provider.Ref{{{Key: "db"}, {Key: "db", Metadata: true}}, {{Key: "bare"}}}, groups)
		for _, answer := range reader.Read(t.Context(), groups[0]) {
			require.NoError(t, answer.Err)
		}
		assert.Len(t, c.made(), before+1)
		assert.Equal(t, map[string]int{"Kubernetes.GetSecret": 1}, reader.Stats().Requests)
	})
}

func TestReadFails(t *testing.T) {
	const own = `User "system:serviceaccount:shop:reader" cannot get resource "secrets" in API group "" in the namespace "vault"`
	for name, tc := range map[string]struct {
		key    string
		answer reply
		kind   provider.Kind
		want   []string
	}{
		"a Secret that is missing": {
			answer: missing("db"), kind: provider.NotFound,
			want: []string{"GetSecret: NotFound", `secrets "db" not found`, "remoteRef.key", `remoteNamespace, which is "vault"`},
		},
		"a Secret that the identity may not read": {
			answer: refuse(403, metav1.StatusReasonForbidden, `secrets "db" is forbidden: `+own, &metav1.StatusDetails{Kind: "secrets", Name: "db"}),
			kind:   provider.Denied, want: []string{own, `right to get secrets in namespace "vault"`},
		},
		"an identity that is not known": {
			answer: refuse(401, metav1.StatusReasonUnauthorized, "Unauthorized", nil), kind: provider.Unauthenticated, want: []string{"token or certificate"},
		},
		"too many requests": {
			answer: refuse(429, metav1.StatusReasonTooManyRequests, "slow down", nil), kind: provider.Throttled, want: []string{"slow down"},
		},
		"a server in trouble": {
			answer: refuse(500, metav1.StatusReasonInternalError, "etcd is gone", nil), kind: provider.Unavailable, want: []string{"etcd is gone"},
		},
		"a request that the server does not take": {
			answer: refuse(400, metav1.StatusReasonBadRequest, "no", nil), kind: provider.Invalid, want: []string{"GetSecret: BadRequest: no"},
		},
		"a status of another kind": {
			answer: refuse(409, metav1.StatusReasonConflict, "changed", nil), kind: provider.Unknown, want: []string{"changed"},
		},
		"a page that is not found": {
			answer: reply{Status: 404, Text: "canary"}, kind: provider.Unavailable, want: []string{"no API server's (HTTP status 404)", "does a proxy answer"},
		},
		"an API that does not know Secrets": {
			answer: refuse(404, metav1.StatusReasonNotFound, "the server could not find the requested resource", &metav1.StatusDetails{}),
			kind:   provider.Unavailable, want: []string{"no API server's (HTTP status 404)"},
		},
		"a namespace that is said to be missing": {
			answer: refuse(404, metav1.StatusReasonNotFound, `namespaces "vault" not found`, &metav1.StatusDetails{Kind: "namespaces", Name: "vault"}),
			kind:   provider.Unavailable, want: []string{"HTTP status 404"},
		},
		"a proxy that refuses": {
			answer: reply{Status: 403, Text: "canary"}, kind: provider.Denied, want: []string{"no API server's (HTTP status 403)"},
		},
		"a proxy in trouble": {
			answer: reply{Status: 502, Text: "canary"}, kind: provider.Unavailable, want: []string{"HTTP status 502"},
		},
		"a page in place of a Secret": {
			answer: reply{Text: "<html>canary</html>"}, kind: provider.Unavailable, want: []string{"the answer can't be read", "API server"},
		},
		"JSON that is no Secret": {
			answer: reply{Body: map[string]any{"apiVersion": "v1", "kind": "Secret", "data": "canary"}}, kind: provider.Unavailable, want: []string{"can't be read"},
		},
		"another object in place of a Secret": {
			answer: reply{Body: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]string{"k": "canary"}}},
			kind:   provider.Unavailable, want: []string{"can't be read"},
		},
		"a key that is a path":  {key: "../configmaps/db", kind: provider.Invalid, want: []string{`remoteRef.key "../configmaps/db" is not the name of a Secret`}},
		"a key that is a place": {key: "..", kind: provider.Invalid, want: []string{"is not the name of a Secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			key := tc.key
			if key == "" {
				key = "db"
			}
			c := serve(t, func(call) reply { return tc.answer })
			answers := c.open(t).Read(t.Context(), refs(key))
			require.Len(t, answers, 1)
			require.Error(t, answers[0].Err)
			assert.Equal(t, tc.kind, provider.KindOf(answers[0].Err))
			for _, want := range tc.want {
				require.ErrorContains(t, answers[0].Err, want)
			}
			assert.NotContains(t, answers[0].Err.Error(), "canary")
			if tc.key != "" {
				assert.Empty(t, c.made(), "nothing is asked")
			}
		})
	}
}

func TestTheConnectionFails(t *testing.T) {
	read := func(t *testing.T, p Provider, spec api.KubernetesProvider) error {
		t.Helper()
		reader, err := p.Open(t.Context(), storeOf(t, spec), keychain{})
		require.NoError(t, err)
		first := reader.Read(t.Context(), refs("db"))[0].Err
		require.Equal(t, provider.Unavailable, provider.KindOf(first))
		second := reader.Read(t.Context(), refs("db"))[0].Err
		assert.Equal(t, first.Error(), second.Error(), "the same failure reads the same twice")
		return first
	}
	c := serve(t, func(call) reply {
		time.Sleep(200 * time.Millisecond)
		return missing("db")
	})
	t.Run("where nobody listens", func(t *testing.T) {
		gone := httptest.NewTLSServer(nil)
		gone.Close()
		spec := c.spec()
		spec.Server.URL = gone.URL
		require.ErrorContains(t, read(t, Provider{}, spec), "connection refused")
	})
	t.Run("where the CA is another", func(t *testing.T) {
		spec := c.spec()
		spec.Server.CABundle, _ = clientCertificate(t, "another")
		err := read(t, Provider{}, spec)
		require.ErrorContains(t, err, "unknown authority")
		require.ErrorContains(t, err, "caBundle")
		assert.Empty(t, c.made(), "nothing is said to who is not verified")
	})
	t.Run("where no CA is given and the system knows none for the server", func(t *testing.T) {
		spec := c.spec()
		spec.Server.CABundle = nil
		require.ErrorContains(t, read(t, Provider{}, spec), "caBundle")
		assert.Empty(t, c.made())
	})
	t.Run("where no answer comes in time", func(t *testing.T) {
		start := time.Now()
		require.ErrorContains(t, read(t, Provider{Timeout: 20 * time.Millisecond}, c.spec()), "no answer came in time")
		assert.Less(t, time.Since(start), 5*time.Second, "a busy machine may be late")
	})
	t.Run("where the run ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := c.open(t).Read(ctx, refs("db"))[0].Err
		assert.Equal(t, provider.Unavailable, provider.KindOf(err))
		assert.ErrorContains(t, err, "interrupted")
	})
}

// A store may name any server, and what that sends must not take the memory of the pass.
func TestAnAnswerWithoutAnEndIsNotReadToIt(t *testing.T) {
	var sent atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		most := int64(1 << 30)
		chunk := bytes.Repeat([]byte(" "), 1<<20)
		for n := int64(0); n < most; {
			written, err := w.Write(chunk)
			if n += int64(written); err != nil {
				return
			}
			sent.Add(int64(written))
		}
	}))
	t.Cleanup(server.Close)
	spec := (&cluster{URL: server.URL, CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})}).spec()
	opened, err := Provider{}.Open(t.Context(), storeOf(t, spec), keychain{})
	require.NoError(t, err)
	err = opened.Read(t.Context(), refs("db"))[0].Err
	require.ErrorContains(t, err, "the answer can't be read")
	assert.Equal(t, provider.Unavailable, provider.KindOf(err))
	assert.Less(t, sent.Swap(0), int64(64<<20))
	_, err = opened.(provider.Finder).Find(t.Context(), &api.Find{Name: &api.FindName{RegExp: "."}})
	require.ErrorContains(t, err, "the answer can't be read")
	assert.Less(t, sent.Load(), int64(128<<20))
}

func TestARedirectDoesNotTakeTheTokenElsewhere(t *testing.T) {
	elsewhere := serve(t, func(call) reply { return reply{Body: secretOf("db", nil)} })
	c := serve(t, func(call) reply {
		return reply{Status: http.StatusFound, Header: http.Header{"Location": {elsewhere.URL + "/take"}}}
	})
	spec := c.spec()
	spec.Server.CABundle = append(spec.Server.CABundle, elsewhere.CA...)
	reader, err := Provider{}.Open(t.Context(), storeOf(t, spec), keychain{})
	require.NoError(t, err)
	answer := reader.Read(t.Context(), refs("db"))[0]
	require.ErrorContains(t, answer.Err, "HTTP status 302")
	assert.Equal(t, provider.Unavailable, provider.KindOf(answer.Err))
	assert.Empty(t, elsewhere.made())
}

func TestABundleMayBeInBase64OnceMore(t *testing.T) {
	c := serve(t, func(call) reply { return reply{Body: secretOf("db", nil)} })
	spec := c.spec()
	spec.Server.CABundle = []byte(base64.StdEncoding.EncodeToString(c.CA))
	reader, err := Provider{}.Open(t.Context(), storeOf(t, spec), keychain{})
	require.NoError(t, err)
	require.NoError(t, reader.Read(t.Context(), refs("db"))[0].Err)
}
