package shape_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
)

func TestConvertKeys(t *testing.T) {
	for name, tc := range map[string]struct {
		strategy  api.ConversionStrategy
		key, want string
	}{
		"a valid key stays":                             {"", "A.b_c-9", "A.b_c-9"},
		"each invalid rune becomes an underscore":       {"", "a/b c", "a_b_c"},
		"Default is the same as none":                   {api.ConversionStrategyDefault, "a/b", "a_b"},
		"Unicode writes the code point in hex":          {api.ConversionStrategyUnicode, "a/b", "a_U002f_b"},
		"Unicode writes lower-case digits":              {api.ConversionStrategyUnicode, "a\u00abb", "a_U00ab_b"},
		"Unicode writes five digits where there are":    {api.ConversionStrategyUnicode, "a\U0001F511", "a_U1f511_"},
		"a letter of another script stays":              {"", "schlüssel", "schlüssel"},
		"a digit of another script stays":               {"", "\u0663", "\u0663"},
		"an empty key stays":                            {"", "", ""},
		"a byte that is no rune becomes one underscore": {"", "a\xffb", "a_b"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := shape.ConvertKeys(tc.strategy, hidden(map[string]string{tc.key: "v"}))
			require.NoError(t, err)
			assert.Equal(t, map[string]string{tc.want: "v"}, revealed(got))
		})
	}
	t.Run("two keys that become one are an error that names it", func(t *testing.T) {
		_, err := shape.ConvertKeys("", hidden(map[string]string{"a/b": "canary", "a b": "canary"}))
		require.ErrorContains(t, err, `two keys become "a_b"`)
		assert.NotContains(t, err.Error(), "canary")
	})
	t.Run("a key that becomes one that is there is an error", func(t *testing.T) {
		_, err := shape.ConvertKeys("", hidden(map[string]string{"a/b": "1", "a_b": "2"}))
		require.ErrorContains(t, err, `two keys become "a_b"`)
	})
	t.Run("keys that differ stay apart under Unicode", func(t *testing.T) {
		got, err := shape.ConvertKeys(api.ConversionStrategyUnicode, hidden(map[string]string{"a/b": "1", "a b": "2"}))
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"a_U002f_b": "1", "a_U0020_b": "2"}, revealed(got))
	})
}

func TestValidateKeys(t *testing.T) {
	for name, tc := range map[string]struct{ key, want string }{
		"letters, digits and the three signs pass":   {"A.b_c-9", ""},
		"a hidden file's name passes":                {".dockerconfigjson", ""},
		"the longest key passes":                     {strings.Repeat("k", 253), ""},
		"one byte more is refused":                   {strings.Repeat("k", 254), "254 bytes"},
		"a slash is refused":                         {"a/b", `invalid secret key "a/b"`},
		"a letter that the API server does not take": {"schlüssel", `invalid secret key "schlüssel"`},
		"a dot alone is refused":                     {".", `invalid secret key "."`},
		"two dots are refused":                       {"..", `invalid secret key ".."`},
		"two dots in front are refused":              {"..data", `invalid secret key "..data"`},
		"a line break at the end is refused":         {"k\n", `invalid secret key "k\n"`},
	} {
		t.Run(name, func(t *testing.T) {
			err := shape.ValidateKeys(hidden(map[string]string{tc.key: "canary"}), true)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
			assert.NotContains(t, err.Error(), "canary")
			assert.Less(t, len(err.Error()), 200)
		})
	}
	t.Run("what only a template sees may have other letters, and no other signs", func(t *testing.T) {
		require.NoError(t, shape.ValidateKeys(hidden(map[string]string{"schlüssel": "x", "..data": "y"}), false))
		require.ErrorContains(t, shape.ValidateKeys(hidden(map[string]string{"a/b": "x"}), false), `invalid secret key "a/b"`)
		require.ErrorContains(t, shape.ValidateKeys(hidden(map[string]string{strings.Repeat("k", 254): "x"}), false), "254 bytes")
	})
	t.Run("an empty key is dropped", func(t *testing.T) {
		values := hidden(map[string]string{"": "x", "k": "v"})
		require.NoError(t, shape.ValidateKeys(values, true))
		assert.Equal(t, map[string]string{"k": "v"}, revealed(values))
	})
}
