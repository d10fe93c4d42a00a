package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

const canary = "s3cr3t-Canary"

func TestValueIsNeverPrinted(t *testing.T) {
	type holder struct {
		V secret.Value
		P *secret.Value
		M map[string]secret.Value
	}
	v := secret.FromString(canary)
	h := holder{V: v, P: &v, M: map[string]secret.Value{"k": v}}

	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%c", "%U"} {
		for _, subject := range []any{v, &v, h, &h, []secret.Value{v}} {
			assertHidden(t, fmt.Sprintf(verb, subject))
		}
	}
	js, err := json.Marshal(h)
	require.NoError(t, err)
	assertHidden(t, string(js))
	ya, err := yaml.Marshal(h)
	require.NoError(t, err)
	assertHidden(t, string(ya))

	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v, "h", h)
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v, "h", h)
	assertHidden(t, log.String())
	assert.Equal(t, canary, string(v.Reveal()))
}

func assertHidden(t *testing.T, text string) {
	t.Helper()
	assert.NotContains(t, text, canary)
	assert.NotContains(t, text, fmt.Sprintf("%x", canary))
	assert.NotContains(t, text, fmt.Sprintf("%d", []byte(canary)))
}

func TestMaskText(t *testing.T) {
	for name, tc := range map[string]struct {
		value, text, want string
	}{
		"a value inside a sentence is replaced":           {"hunter22", "password hunter22 is wrong", "password [redacted] is wrong"},
		"a value quoted as JSON is replaced":              {"a\"b\\cd", `got "a\"b\\cd"`, `got "[redacted]"`},
		"a value in base64 is replaced":                   {"hunter22", "auth aHVudGVyMjI= refused", "auth [redacted] refused"},
		"a value in a query string is replaced":           {"p w&d=1", "GET /?x=p+w%26d%3D1", "GET /?x=[redacted]"},
		"one line of a value of many lines is replaced":   {"first-line\nsecond-line", "at second-line", "at [redacted]"},
		"too short a value is left, to keep the text":     {"ab", "about abba", "about abba"},
		"control characters can't reach a terminal":       {"zzzz", "a\x1b[31mred\r\nb", "a [31mred  b"},
		"text direction overrides can't reach a terminal": {"zzzz", "a\u202eb", "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			var m secret.Mask
			m.Add(secret.FromString(tc.value))
			assert.Equal(t, tc.want, m.Text(tc.text))
		})
	}
	t.Run("a value that contains another is replaced whole", func(t *testing.T) {
		var m secret.Mask
		m.Add(secret.FromString("abcd"))
		m.Add(secret.FromString("abcdefgh"))
		assert.Equal(t, "x [redacted] y", m.Text("x abcdefgh y"))
	})
	t.Run("long text is cut at a character's boundary", func(t *testing.T) {
		cut := secret.Printable(strings.Repeat("é", 2000))
		assert.LessOrEqual(t, len(cut), 1000)
		assert.True(t, utf8.ValidString(cut))
	})
}
