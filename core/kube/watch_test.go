package kube_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

func TestWatch(t *testing.T) {
	for name, test := range map[string]struct {
		code   int
		answer string
		seen   []string
		next   string
		err    string
		gone   bool
	}{
		"events, and the version to go on from": {200,
			`{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"11"}}}` + "\n" +
				`{"type":"DELETED","object":{"metadata":{"name":"b","resourceVersion":"12"}}}` + "\n" +
				`{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"20"}}}`,
			[]string{"ADDED a", "DELETED b"}, "20", "", false},
		"a version that is too old, at once": {410,
			`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410,"message":"too old resource version"}`,
			nil, "10", "too old", true},
		"a version that is too old, later": {200,
			`{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410,"message":"too old resource version"}}`,
			nil, "10", "too old", true},
		"no right to watch": {403,
			`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,"message":"externalsecrets is forbidden"}`,
			nil, "10", "watch externalsecrets: externalsecrets is forbidden", false},
		"an end in the middle": {200,
			`{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"11"}}}` + "\n" + `{"type":"MOD`,
			[]string{"ADDED a"}, "11", "watch externalsecrets: unexpected EOF", false},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if !r.URL.Query().Has("watch") {
					_, _ = w.Write([]byte(`{"versions":[{"groupVersion":"` + api.APIVersion + `","version":"v1"}]}`))
					return
				}
				asked = append(asked, r.URL.Path+"?"+r.URL.RawQuery)
				w.WriteHeader(test.code)
				_, _ = w.Write([]byte(test.answer))
			}))
			defer server.Close()
			client, err := kube.New(t.Context(), &rest.Config{Host: server.URL, QPS: -1})
			require.NoError(t, err)
			var seen []string
			next, err := client.Watch(context.WithoutCancel(t.Context()), api.ResourceExternalSecrets, "shop", kube.Selector{Labels: "a=b"}, "10", func(kind watch.EventType, raw json.RawMessage) {
				var object struct{ Metadata struct{ Name string } }
				if err := json.Unmarshal(raw, &object); err != nil {
					t.Error(err)
				}
				seen = append(seen, string(kind)+" "+object.Metadata.Name)
			})
			assert.Equal(t, test.seen, seen)
			assert.Equal(t, test.next, next)
			if test.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.err)
			}
			assert.Equal(t, test.gone, err != nil && strings.Contains(err.Error(), kube.ErrExpired.Error()))
			require.Len(t, asked, 1)
			assert.Contains(t, asked[0], "/namespaces/shop/externalsecrets?allowWatchBookmarks=true&labelSelector=a%3Db&resourceVersion=10&watch=true")
		})
	}
}
