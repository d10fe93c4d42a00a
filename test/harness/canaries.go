package harness

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// Canaries are secrets that must not get out. Each is long and odd enough not to be anywhere by chance, also its first nine signs.
type Canaries []string

// Forms are the ways in which a program might quote a secret, of which none may be seen, and what each is.
func (c Canaries) Forms() map[string]string {
	forms := map[string]string{}
	for _, secret := range c {
		quoted, _ := json.Marshal(secret) // a text always marshals
		forms[secret] = "as it is"
		forms[secret[:9]] = "only its beginning"
		forms[string(quoted[1:len(quoted)-1])] = "escaped for JSON"
		forms[strings.Trim(strconv.Quote(secret), `"`)] = "escaped for Go"
		forms[url.QueryEscape(secret)] = "escaped for a URL"
		forms[hex.EncodeToString([]byte(secret))] = "in hexadecimal"
		forms[strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]")] = "as numbers"
		for line := range strings.Lines(secret) {
			forms[strings.TrimSpace(line)] = "one line of it"
		}
		for offset := range 3 { // base64 of a text that it is a part of, wherever it begins there
			encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + secret))
			middle := encoded[4*((offset+2)/3) : len(encoded)-3]
			forms[middle] = "in base64"
			forms[strings.NewReplacer("+", "-", "/", "_").Replace(middle)] = "in base64 for URLs"
		}
	}
	return forms
}

// RequireNone requires that none of them is in a text.
func (c Canaries) RequireNone(t testing.TB, where, text string) {
	t.Helper()
	for form, how := range c.Forms() {
		if at := strings.Index(text, form); at >= 0 {
			t.Fatalf("a secret is in %s, %s: …%s…", where, how, text[max(0, at-200):min(len(text), at+len(form)+100)])
		}
	}
}
