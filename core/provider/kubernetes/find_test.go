package kubernetes

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// pages answers LISTs with a page for each list of names; each Secret has its own name as its data.
func pages(names ...[]string) func(call) reply {
	return func(c call) reply {
		n := 0
		_, _ = fmt.Sscan(c.Query.Get("continue"), &n)
		list := corev1.SecretList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "SecretList"}}
		for _, name := range names[n] {
			list.Items = append(list.Items, secretOf(name, map[string][]byte{"name": []byte(name)}))
		}
		if n+1 < len(names) {
			list.Continue = fmt.Sprint(n + 1)
		}
		return reply{Body: list}
	}
}

func byName(expression string) *api.Find { return &api.Find{Name: &api.FindName{RegExp: expression}} }

func TestFind(t *testing.T) {
	path := "elsewhere"
	for name, tc := range map[string]struct {
		find     *api.Find
		want     []string
		selector string
	}{
		"by name, wherever it matches":            {byName("shop"), []string{"a-shop", "shop-b"}, ""},
		"by name, whatever the path":              {&api.Find{Name: &api.FindName{RegExp: "^shop"}, Path: &path}, []string{"shop-b"}, ""},
		"all, by a name that matches all":         {byName(""), []string{"a-shop", "c", "shop-b"}, ""},
		"nothing, without an error":               {byName("none"), nil, ""},
		"by tags, which the server matches":       {&api.Find{Tags: map[string]string{"b": "2", "a": "1"}}, []string{"a-shop", "c", "shop-b"}, "a=1,b=2"},
		"by tags alone where there is a name too": {&api.Find{Tags: map[string]string{"a": "1"}, Name: &api.FindName{RegExp: "none"}}, []string{"a-shop", "c", "shop-b"}, "a=1"},
		"all, by no tags":                         {&api.Find{Tags: map[string]string{}}, []string{"a-shop", "c", "shop-b"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, pages([]string{"shop-b"}, []string{"a-shop", "c"}))
			reader := c.open(t)
			found, err := reader.Find(t.Context(), tc.find)
			require.NoError(t, err)
			var want []provider.Found
			for _, name := range tc.want {
				want = append(want, provider.Found{Key: name, Ref: provider.Ref{Key: name}})
			}
			assert.Equal(t, want, found)
			require.Len(t, c.made(), 2)
			for _, made := range c.made() {
				assert.Equal(t, "/api/v1/namespaces/vault/secrets", made.Path)
				assert.Equal(t, "500", made.Query.Get("limit"))
				assert.Equal(t, tc.selector, made.Query.Get("labelSelector"))
			}
			assert.Equal(t, map[string]int{"Kubernetes.ListSecrets": 2}, reader.Stats().Requests)
		})
	}
}

func TestWhatASearchBroughtIsNotAskedForAgain(t *testing.T) {
	list := pages([]string{"a", "b", "other"})
	c := serve(t, func(c call) reply {
		if c.Query.Has("limit") {
			return list(c)
		}
		return reply{Body: secretOf("asked-for", map[string][]byte{"name": []byte("asked for")})}
	})
	reader := c.open(t)
	_, err := reader.Find(t.Context(), byName("^[ab]$"))
	require.NoError(t, err)
	groups := reader.Plan([]provider.Ref{{Key: "b"}, {Key: "other"}, {Key: "a"}, {Key: "b", Metadata: true}})
	require.Equal(t, [][]provider.Ref{{{Key: "b"}, {Key: "a"}, {Key: "b", Metadata: true}}, {{Key: "other"}}}, groups)

	answers := reader.Read(t.Context(), groups[0])
	assert.Equal(t, "b", parts(answers[0])["name"])
	assert.Equal(t, "a", parts(answers[1])["name"])
	assert.Contains(t, parts(answers[2]), "labels")
	assert.Len(t, c.made(), 1)
	assert.Empty(t, reader.found, "what was read is let go of")
	assert.Equal(t, "asked for", parts(reader.Read(t.Context(), groups[1])[0])["name"], "what did not match was not kept")
	assert.Equal(t, "asked for", parts(reader.Read(t.Context(), refs("a"))[0])["name"])
	assert.Len(t, c.made(), 3)
}

func TestFindFails(t *testing.T) {
	for name, tc := range map[string]struct {
		find   *api.Find
		answer func(call) reply
		kind   provider.Kind
		want   []string
		asks   int
	}{
		"without name and tags": {
			find: &api.Find{}, kind: provider.Invalid, want: []string{"neither tags nor name"},
		},
		"with a name that does not parse": {
			find: byName("("), kind: provider.Invalid, want: []string{"find.name.regexp"},
		},
		"with tags that are no labels": {
			find: &api.Find{Tags: map[string]string{"a b": "c"}}, kind: provider.Invalid, want: []string{"find.tags are no labels"},
		},
		"without the right to list": {
			find: byName("a"), kind: provider.Denied, asks: 1, want: []string{"ListSecrets: Forbidden", `right to list secrets in namespace "vault"`},
			answer: func(call) reply {
				return refuse(http.StatusForbidden, metav1.StatusReasonForbidden, "secrets is forbidden", &metav1.StatusDetails{Kind: "secrets"})
			},
		},
		"with an answer that is no list": {
			find: byName("a"), kind: provider.Unavailable, asks: 1, want: []string{"ListSecrets: the answer can't be read"},
			answer: func(call) reply { return reply{Body: secretOf("a", map[string][]byte{"k": []byte("canary")})} },
		},
		"with the same page again and again": {
			find: byName("a"), kind: provider.Unavailable, asks: 2, want: []string{"ListSecrets: the server answers the same page of the list again and again"},
			answer: func(call) reply {
				return reply{Body: corev1.SecretList{
					TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "SecretList"}, ListMeta: metav1.ListMeta{Continue: "more"},
					Items: []corev1.Secret{secretOf("a", nil)},
				}}
			},
		},
		"on the second page": {
			find: byName("a"), kind: provider.Unavailable, asks: 2, want: []string{"HTTP status 502"},
			answer: func(c call) reply {
				if c.Query.Has("continue") {
					return reply{Status: 502, Text: "canary"}
				}
				return pages([]string{"a"}, nil)(c)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, tc.answer)
			_, err := c.open(t).Find(t.Context(), tc.find)
			require.Error(t, err)
			assert.Equal(t, tc.kind, provider.KindOf(err))
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), "canary")
			assert.Len(t, c.made(), tc.asks)
		})
	}
}
