package shape_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
)

// Whoever writes an ExternalSecret, or what it reads, must not end the pass of all. Without a bound the first of these take gigabytes, and
// the last minutes or more stack than there is.
func TestAPropertyTakesNoMoreThanThereIs(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, tc := range map[string]struct{ payload, property string }{
		"lists of the same":         {`{"a":"b"}`, "@this" + strings.Repeat("|[@this,@this]", 40)},
		"lists of many":             {`{"a":"b"}`, strings.Repeat("[@this"+strings.Repeat(",@this", 99)+"]|", 6) + "0"},
		"texts of texts":            {`{"a":"\""}`, "a" + strings.Repeat("|@tostr", 40)},
		"words for each item":       {`{"a":[` + strings.Repeat("0,", 200_000) + `0]}`, `a.#.!"` + strings.Repeat("x", 2000) + `"`},
		"a long key for each item":  {`{"` + strings.Repeat("k", 100_000) + `":[` + strings.Repeat("0,", 100_000) + `0]}`, "@group"},
		"a wide margin":             {nested(10_000), `@pretty:{"indent":"` + strings.Repeat(" ", 1000) + `"}`},
		"all that nests":            {strings.Repeat(`{"a":`, 3000) + "1" + strings.Repeat("}", 3000), strings.TrimPrefix(strings.Repeat("|@dig:a", 3), "|")},
		"a property without an end": {`{"a":"b"}`, strings.Repeat("a.", 3000)},
		"lists in lists, flattened": {`{"a":` + nested(1<<19) + "}", `a|@flatten:{"deep":true}`},
		"lists in lists in a text":  {`{"a":"` + nested(1<<24) + `"}`, "a|@fromstr"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := shape.Property(secret.FromString(tc.payload), tc.property)
			require.ErrorContains(t, err, "property")
			assert.NotContains(t, err.Error(), "does not exist")
			assert.Less(t, len(err.Error()), 200)
		})
	}
	for name, tc := range map[string]struct{ payload, property, want string }{
		"some of what is there":        {`{"a":"x","b":"y","c":1}`, "{a,b}", `{"a":"x","b":"y"}`},
		"JSON in texts in JSON":        {`{"a":"{\"b\":\"{\\\"c\\\":\\\"d\\\"}\"}"}`, "a.@fromstr.b.@fromstr.c", "d"},
		"a key with signs in it":       {`{"me@example.com!":"x"}`, "me@example.com!", "x"},
		"one of many":                  {`{"users":[{"name":"a","pass":"1"},{"name":"b","pass":"2"}]}`, `users.#(name=="b").pass`, "2"},
		"a list as a text, and tidied": {`{"a":[1, 2]}`, "a|@ugly|@tostr", `[1,2]`},
		"a large text":                 {`{"a":"` + strings.Repeat("[x", 3000) + `","b":"c"}`, "b", "c"},
	} {
		t.Run("and gives "+name, func(t *testing.T) {
			got, err := shape.Property(secret.FromString(tc.payload), tc.property)
			require.NoError(t, err)
			assert.Equal(t, tc.want, string(got.Reveal()))
		})
	}
}
