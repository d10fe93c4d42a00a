package webhook

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const document = `{"data":{"value":"s<&>","n":12345678901234567890,"small":42,"f":1.50,"b":true,"z":null,"o":{"k":"<v>","n":7},"a.b":"dot",
	"l":[{"id":3,"name":"x","v":"one"},{"id":4,"name":"y","v":"two"}]},"list":["p","q"],"none":[]}`

func TestWhatAJSONPathFinds(t *testing.T) {
	for path, want := range map[string]string{
		"":                                 document,
		"$.data.value":                     "s<&>",
		"data.value":                       "s<&>",
		`$.data["a.b"]`:                    "dot",
		`$["data"]["value"]`:               "s<&>",
		"$.data.n":                         "12345678901234567890",
		"$.data.small":                     "42",
		"$.data.f":                         "1.5",
		"$.data.b":                         "true",
		"$.data.z":                         "",
		"$.data.o":                         `{"k":"<v>","n":7}`,
		"$.list[1]":                        "q",
		"$.list":                           "p",
		"$.list[-1:]":                      "q",
		"$.data.l[?(@.id==4)].v":           "two",
		`$.data.l[?(@.name=="y")].v`:       "two",
		"$.data.l[?(@.name=='x')].v":       "one",
		"$.data.l[*].name":                 "x",
		"$.data.l[0].v":                    "one",
		"$..k":                             "<v>",
		"$.data.{{ .remoteRef.property }}": "s<&>",
	} {
		t.Run(path, func(t *testing.T) {
			b := serve(t, (*httptest.Server).Start, says(http.StatusOK, document))
			value, _, err := read(t, api.WebhookProvider{URL: b.URL, Result: api.WebhookResult{JSONPath: path}}, api.RemoteRef{Key: "k", Property: "value"})
			require.NoError(t, err)
			assert.Equal(t, want, value)
		})
	}
}

// Whoever writes a store, or serves it, must not end the pass of all: without a bound these take minutes or gigabytes.
func TestALookupTakesNoMoreThanThereIs(t *testing.T) {
	nested := strings.Repeat(`{"a":`, 9_000) + "1" + strings.Repeat("}", 9_000)
	few := strings.Repeat(`[`, 30) + "1" + strings.Repeat("]", 30)
	for name, tc := range map[string]struct{ path, answer string }{
		"all that nests deep":         {"$..b", nested},
		"all of all of all":           {"$..*..*..*..*..*..*", "[" + strings.Repeat(few+",", 100) + "1]"},
		"the same again and again":    {"$" + strings.Repeat("[0,0]", 30), few},
		"all below what is looked at": {"$..[?(@..[?(@..[?(@..b==1)])])]", strings.Repeat(`{"a":`, 500) + "1" + strings.Repeat("}", 500)},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			_, err := pick(t.Context(), []byte(tc.answer), source{path: "result.jsonPath", text: tc.path, rendered: tc.path})
			require.ErrorContains(t, err, "would take too much")
			assert.Equal(t, provider.Invalid, provider.KindOf(err), "it is no absence")
			assert.Less(t, time.Since(began), 5*time.Second)
		})
	}
	large := `{"items":[` + strings.Repeat(`{"meta":{"tags":["a","b"]},"name":"n"},`, 20_000) + `{"name":"last","value":"v"}]}`
	for _, path := range []string{"$..value", `$.items[?(@.name=="last")].value`, "$.items[-1:].value", `$..items..value`} {
		value, err := pick(t.Context(), []byte(large), source{rendered: path})
		require.NoError(t, err, path)
		assert.Equal(t, "v", string(value.Reveal()), path)
	}
}

func TestAnAnswerWithoutTheSecret(t *testing.T) {
	for name, tc := range map[string]struct{ path, answer, want string }{
		"a key that is not there":      {"$.data.nope", document, `result.jsonPath "$.data.nope" finds nothing in the answer`},
		"an index that is not there":   {"$.list[9]", document, "finds nothing"},
		"a filter that nothing passes": {"$.data.l[?(@.id==9)].v", document, "finds nothing"},
		"a list without elements":      {"$.none", document, "finds nothing"},
		"a key of a text":              {"$.data.value.x", document, "finds nothing"},
		"an answer that is not JSON":   {"$.data", "<html>Canary!</html>", "the answer is not JSON"},
		"an answer with more after it": {"$.data", `{"data":1} Canary!`, "the answer is not JSON"},
		"no answer":                    {"$.data", "", "the answer is not JSON"},
		"a large answer":               {"", strings.Repeat("x", maxAnswer+1), "the answer has more than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			b := serve(t, (*httptest.Server).Start, says(http.StatusOK, tc.answer))
			_, _, err := read(t, api.WebhookProvider{URL: b.URL, Result: api.WebhookResult{JSONPath: tc.path}}, api.RemoteRef{Key: "k"})
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, provider.Invalid, provider.KindOf(err), "it is no absence")
			assert.NotContains(t, err.Error(), "Canary!")
			assert.Len(t, b.seen(), 1, "asking again would not help")
		})
	}
}
