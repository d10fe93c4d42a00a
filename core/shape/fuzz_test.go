package shape_test

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
)

func FuzzProperty(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":{"b.c":[1,"x",null]},"a.b":"y"}`, "a.b"}, {`{"k":1e400}`, "k"}, {`["x"]`, "#"}, {`{"a":[{"b":1},{"b":2}]}`, `a.#(b==2)#.b`},
		{`{"k":"\ud800"}`, "k"}, {`{"k":"v"}`, `@this|k`}, {`"text"`, `\`}, {`{"":""}`, ""}, {`{"a":1}`, `{a,"b":!"x"}`}, {"\x00", "."},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, payload, property string) {
		got, err := shape.Property(secret.FromString(payload), property)
		if err != nil {
			assert.Zero(t, got.Len())
			return
		}
		assert.True(t, json.Valid([]byte(payload)), "a property of what is not JSON")
		var object map[string]string
		if json.Unmarshal([]byte(payload), &object) != nil || strings.Count(payload, ":") != len(object) || strings.Contains(payload, `\`) {
			return // not a plain object of texts: what its property is, the fuzzer can't tell
		}
		if want, ok := object[property]; ok && regexp.MustCompile(`^[a-zA-Z0-9.]+$`).MatchString(property) {
			assert.Equal(t, want, string(got.Reveal()))
		}
	})
}

func FuzzExtract(f *testing.F) {
	for _, seed := range []string{`{"a":"x","b":1.50,"c":null,"d":{"e":[]}}`, `{"a":"\ud83d\ude00","a":2}`, `{}`, `[]`, `{"a":`, "\xff", `{"\u0000":"\u0000"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		if !utf8.ValidString(payload) {
			return // where bytes that are no text stay as they are, the standard library puts replacement characters
		}
		got, err := shape.Extract(secret.FromString(payload))
		var want map[string]json.RawMessage
		if json.Unmarshal([]byte(payload), &want) != nil || want == nil {
			// The standard library refuses nesting beyond 10,000 levels; otherwise both agree on what JSON is.
			if strings.Count(payload, "{")+strings.Count(payload, "[") < 10000 {
				require.Error(t, err)
			}
			return
		}
		require.NoError(t, err)
		assert.Len(t, got, len(want))
		for key, raw := range want {
			value, ok := got[key]
			if !assert.True(t, ok, "%q is missing", key) {
				continue
			}
			var text string
			switch {
			case string(raw) == "null":
				assert.Zero(t, value.Len())
			case raw[0] == '"':
				require.NoError(t, json.Unmarshal(raw, &text))
				assert.Equal(t, text, string(value.Reveal()))
			default:
				assert.Equal(t, string(raw), string(value.Reveal()))
			}
		}
	})
}

func FuzzKeys(f *testing.F) {
	for _, seed := range []string{"a/b", "..", ".", "", "schlüssel", "\xff\xfe", strings.Repeat("k", 300), "a\x00b", "_U002f_"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	// The API server's rule for the keys of a Secret, in its own words.
	valid := regexp.MustCompile(`^[-._a-zA-Z0-9]+$`)
	f.Fuzz(func(t *testing.T, key string, unicode bool) {
		strategy := api.ConversionStrategyDefault
		if unicode {
			strategy = api.ConversionStrategyUnicode
		}
		values, err := shape.ConvertKeys(strategy, hidden(map[string]string{key: "v"}))
		require.NoError(t, err, "one key can't collide")
		require.Len(t, values, 1)
		if shape.ValidateKeys(values, true) != nil {
			return
		}
		for name, value := range values {
			assert.Regexp(t, valid, name)
			assert.LessOrEqual(t, len(name), 253)
			assert.False(t, name == "." || strings.HasPrefix(name, ".."))
			assert.Equal(t, "v", string(value.Reveal()))
		}
		again, err := shape.ConvertKeys(strategy, values)
		require.NoError(t, err)
		assert.Equal(t, revealed(values), revealed(again), "a valid key is left alone")
	})
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "aGVsbG8=", "-_8=", "+/8=", "aGVs\nbG8=", "test", "====", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, strategy := range []api.DecodingStrategy{
			api.DecodingStrategyNone, api.DecodingStrategyBase64, api.DecodingStrategyBase64URL, api.DecodingStrategyAuto,
		} {
			_, err := shape.Decode(strategy, secret.FromString(text))
			if err == nil {
				continue
			}
			assert.NotEqual(t, api.DecodingStrategyAuto, strategy, "Auto takes everything")
			assert.NotEqual(t, api.DecodingStrategyNone, strategy, "None takes everything")
		}
		for strategy, encoding := range map[api.DecodingStrategy]*base64.Encoding{
			api.DecodingStrategyBase64: base64.StdEncoding, api.DecodingStrategyBase64URL: base64.URLEncoding,
		} {
			got, err := shape.Decode(strategy, secret.FromString(encoding.EncodeToString([]byte(text))))
			require.NoError(t, err)
			assert.Equal(t, text, string(got.Reveal()))
		}
	})
}
