package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// FuzzErrorsQuoteNoValue puts a password wherever an X is in a text that may be a manifest.
func FuzzErrorsQuoteNoValue(f *testing.F) {
	for _, text := range []string{
		"a: X", "a: *X", "~: {a: X}", "~: X", "{a: b}: X", "X", "- X", "a: X\n b: X", "X: 1\nX: 2", "a: !!int X", "a: !!binary X", "{\"a\": \"X\"",
		"a: &X X\nb: *X", "a: 'X", "a: \"X", "a: |\nX", "%X", "!X a", "? X\n? X", "<<: X", "a: !!float 'X'", "a: 2001-02-0X",
		"{apiVersion: v1, kind: Secret, metadata: {name: [X]}, data: X}", "{apiVersion: v1, kind: Secret, metadata: X}", "\tX: a", "---X",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const password = "pa55-73819264"
		if strings.Contains(text, password) {
			t.Skip()
		}
		text = strings.ReplaceAll(text, "X", password)
		if strings.Contains(text, "apiVersion") && strings.Contains(text, "/"+password) {
			t.Skip() // a version is no secret
		}
		for _, err := range New("default").Read(strings.NewReader(text)) {
			assert.NotContains(t, err.Error(), password)
			assert.NotContains(t, err.Error(), "73819264")
		}
		if _, err := ToJSON([]byte(text)); err != nil {
			assert.NotContains(t, err.Error(), "73819264")
		}
	})
}
