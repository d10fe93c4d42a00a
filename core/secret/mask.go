package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// shortest is the length in bytes below which a value is not looked for: masking it would shred the text and hide nothing.
	shortest = 4
	// maxText keeps messages within what the Events API accepts, in bytes.
	maxText = 1000
	// ellipsis marks that a text was cut.
	ellipsis = "..."
)

// Mask is the set of values that must not appear in a text.
type Mask struct {
	forms map[string]struct{}
}

// htmlInJSON undoes what Go's JSON encoder does to the signs of HTML, and others do not.
var htmlInJSON = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")

// Add remembers v in the forms in which programs quote it: as it is, line by line, as JSON and Go quote it, URL-escaped and in
// base64.
func (m *Mask) Add(v Value) {
	m.add(string(v.Reveal()))
	for line := range strings.Lines(string(v.Reveal())) {
		m.add(strings.TrimSpace(line))
	}
}

// AddPayload remembers v and, if it is JSON, every text in it, since a property of a payload is a secret too.
func (m *Mask) AddPayload(v Value) {
	m.Add(v)
	decoder := json.NewDecoder(bytes.NewReader(v.Reveal()))
	decoder.UseNumber() // a number is masked with the digits that it is stored with
	var root any
	if decoder.Decode(&root) == nil {
		m.addTexts(root)
	}
}

// Include adds all that other masks.
func (m *Mask) Include(other *Mask) {
	if m.forms == nil {
		m.forms = make(map[string]struct{}, len(other.forms))
	}
	maps.Copy(m.forms, other.forms)
}

func (m *Mask) addTexts(node any) {
	switch node := node.(type) {
	case string:
		m.Add(FromString(node))
	case json.Number:
		m.add(node.String())
	case []any:
		for _, child := range node {
			m.addTexts(child)
		}
	case map[string]any:
		for _, child := range node {
			m.addTexts(child)
		}
	}
}

func (m *Mask) add(s string) {
	if len(s) < shortest {
		return
	}
	if m.forms == nil {
		m.forms = map[string]struct{}{}
	}
	quoted, _ := json.Marshal(s) // a string always marshals
	asJSON := string(quoted[1 : len(quoted)-1])
	asGo := strconv.Quote(s)
	for _, form := range []string{
		s,
		asJSON,
		htmlInJSON.Replace(asJSON),
		asGo[1 : len(asGo)-1],
		url.QueryEscape(s),
		url.PathEscape(s),
		base64.StdEncoding.EncodeToString([]byte(s)),
		base64.RawStdEncoding.EncodeToString([]byte(s)),
		base64.RawURLEncoding.EncodeToString([]byte(s)),
	} {
		m.forms[form] = struct{}{}
	}
}

// Text returns untrusted text fit for a terminal, a condition or an Event: known values replaced by Redacted, control
// characters by spaces, and cut to a length of at most 1,000 bytes.
func (m *Mask) Text(text string) string {
	forms := make([]string, 0, len(m.forms))
	for form := range m.forms {
		forms = append(forms, form)
	}
	// Longest first: a value that contains another must not leave its rest behind.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	for _, form := range forms {
		text = strings.ReplaceAll(text, form, Redacted)
	}
	return Printable(hideCharacters(text))
}

// quotedCharacter is how Go's decoder of JSON quotes the character that it can't read.
const quotedCharacter = "invalid character '"

// hideCharacters hides the characters that decoders quote: they are of the value, and too short to be known from it.
func hideCharacters(text string) string {
	var hidden strings.Builder
	for {
		before, after, found := strings.Cut(text, quotedCharacter)
		hidden.WriteString(before)
		if !found {
			return hidden.String()
		}
		if tail, ok := afterCharacter(after); ok {
			hidden.WriteString(strings.TrimSuffix(quotedCharacter, "'") + Redacted)
			text = tail
		} else {
			hidden.WriteString(quotedCharacter)
			text = after
		}
	}
}

// afterCharacter is what follows a character and the quote that ends it; ok is false where there is no such thing.
func afterCharacter(text string) (tail string, ok bool) {
	if tail, ok = strings.CutPrefix(text, `"'`); ok { // which the decoder does not escape
		return tail, true
	}
	_, _, tail, err := strconv.UnquoteChar(text, '\'')
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(tail, "'")
}

// Unprintable tells whether a terminal could obey a character, or whether it could make a text look like another.
func Unprintable(r rune) bool {
	return unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r)
}

// Printable replaces control characters, which a terminal could obey, by spaces and cuts text to at most 1,000 bytes.
func Printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if Unprintable(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) <= maxText {
		return text
	}
	cut := maxText - len(ellipsis)
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + ellipsis
}
