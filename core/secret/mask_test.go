package secret_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

func TestMaskKnowsHowProgramsQuote(t *testing.T) {
	const value = `p<w>&"d\%+/ ö` + "\t" + `x?`
	asJSON, err := json.Marshal(value)
	require.NoError(t, err)
	var plainJSON strings.Builder
	encoder := json.NewEncoder(&plainJSON)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(value))
	for name, quoted := range map[string]string{
		"as it is":                       value,
		"as Go's JSON":                   strings.Trim(string(asJSON), `"`),
		"as JSON of others":              strings.Trim(strings.TrimSpace(plainJSON.String()), `"`),
		"as a Go string":                 strings.Trim(strconv.Quote(value), `"`),
		"in a query":                     url.QueryEscape(value),
		"in a path":                      url.PathEscape(value),
		"in base64":                      base64.StdEncoding.EncodeToString([]byte(value)),
		"in base64 without its padding":  base64.RawStdEncoding.EncodeToString([]byte(value)),
		"in base64 for URLs":             base64.URLEncoding.EncodeToString([]byte(value)),
		"in base64 for URLs, unpadded":   base64.RawURLEncoding.EncodeToString([]byte(value)),
		"as Go prints it with its verbs": strings.Trim(fmt.Sprintf("%q", value), `"`),
	} {
		t.Run(name, func(t *testing.T) {
			var m secret.Mask
			m.Add(secret.FromString(value))
			got := m.Text("before " + quoted + " after")
			assert.Contains(t, []string{"before [redacted] after", "before [redacted]= after", "before [redacted]== after"}, got)
		})
	}
}

func TestMaskPayload(t *testing.T) {
	const payload = `{"user":"ann-canary","pin":73819264,"nested":{"list":["deep-canary",1234567.50]},"short":"ab"}`
	for name, tc := range map[string]struct{ text, want string }{
		"the whole":                {"got " + payload, "got [redacted]"},
		"a text in it":             {"ann-canary is wrong", "[redacted] is wrong"},
		"a number in it":           {"73819264 is wrong", "[redacted] is wrong"},
		"a number as it is stored": {"1234567.50 is wrong", "[redacted] is wrong"},
		"a text deep in it":        {"deep-canary is wrong", "[redacted] is wrong"},
		"not its keys":             {"user and pin", "user and pin"},
		"not what is too short":    {"about", "about"},
	} {
		t.Run("hides "+name, func(t *testing.T) {
			var m secret.Mask
			m.AddPayload(secret.FromString(payload))
			assert.Equal(t, tc.want, m.Text(tc.text))
		})
	}
	t.Run("hides what is no JSON as a whole", func(t *testing.T) {
		var m secret.Mask
		m.AddPayload(secret.FromString("just-canary"))
		assert.Equal(t, "[redacted]!", m.Text("just-canary!"))
	})
}

func TestMaskInclude(t *testing.T) {
	var inner, outer secret.Mask
	inner.Add(secret.FromString("canary"))
	outer.Add(secret.FromString("xxcanaryxx"))
	inner.Include(&outer)
	assert.Equal(t, "[redacted] [redacted]", inner.Text("xxcanaryxx canary"), "the longer value is hidden whole")
	assert.Equal(t, "canary", outer.Text("canary"), "the other mask is left alone")
	var empty secret.Mask
	empty.Include(&inner)
	empty.Add(secret.FromString("more"))
	assert.Equal(t, "[redacted] [redacted]", empty.Text("canary more"))
}

func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{"", "a\x1b[31m", strings.Repeat("é", 600), "\xff\xfe", strings.Repeat("a", 999) + "é", "\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := secret.Printable(text)
		assert.LessOrEqual(t, len(got), 1000)
		assert.Equal(t, strings.ToValidUTF8(got, ""), got)
		for _, r := range got {
			assert.False(t, r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0), "%q", r)
		}
	})
}

// A decoder of JSON quotes the first character that it can't read, which is one of the value's: the API server does so of a Secret whose
// type asks for JSON.
func TestMaskHidesTheCharacterThatADecoderQuotes(t *testing.T) {
	var decoded any
	for _, value := range []string{"canary", `'x`, `"\x`, "\u20ac", "{\"a\" b", "\x01"} {
		err := json.Unmarshal([]byte(value), &decoded)
		require.ErrorContains(t, err, "invalid character ")
		var mask secret.Mask
		got := mask.Text(`Secret "a" is invalid: ` + err.Error())
		assert.Contains(t, got, "invalid character [redacted] ", value)
		assert.NotContains(t, got, "'", value)
	}
	var mask secret.Mask
	assert.Equal(t, "an invalid character 'is not closed", mask.Text("an invalid character 'is not closed"))
}
