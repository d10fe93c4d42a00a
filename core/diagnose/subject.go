package diagnose

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// most is how much of each end of a text is looked at, in bytes.
const most = 16 << 10

// subject is a failure that is to be diagnosed.
type subject struct {
	// text is on one line, with one form of quotes; folded is the same in small letters.
	text, folded string
	// facts are what the error says to programs, such as "@kind=denied".
	facts []string
	// raw is the text as it was, within its bounds.
	raw string
}

func newSubject(text string, facts []string) subject {
	if len(text) > 2*most {
		text = text[:most] + " " + text[len(text)-most:]
	}
	text = strings.ToValidUTF8(text, " ")
	s := subject{text: squeeze(text), facts: facts, raw: text}
	s.folded = lower(s.text)
	return s
}

// find gives the groups that an expression finds, as they are written in the text; nil where it finds nothing.
func (s subject) find(expression *regexp.Regexp) []string {
	ends := expression.FindStringSubmatchIndex(s.folded)
	if ends == nil {
		return nil
	}
	groups := make([]string, len(ends)/2)
	for i := range groups {
		if begin, end := ends[2*i], ends[2*i+1]; begin >= 0 {
			groups[i] = s.text[begin:end]
		}
	}
	return groups
}

// has tells whether a phrase, which is folded, is in the text, or a fact is one of the error's. A number has to stand by itself.
func (s subject) has(phrase string) bool {
	if strings.HasPrefix(phrase, "@") {
		return slices.Contains(s.facts, phrase)
	}
	if phrase != "" && strings.Trim(phrase, digits) == "" {
		return hasNumber(s.folded, phrase)
	}
	return strings.Contains(s.folded, phrase)
}

const digits = "0123456789"

// hasNumber tells whether a number, such as the status 429, is in a text by itself, and not as a part of a port or an id.
func hasNumber(text, number string) bool {
	for before, after, found := strings.Cut(text, number); found; {
		last, _ := utf8.DecodeLastRuneInString(before)
		first, _ := utf8.DecodeRuneInString(after)
		if !unicode.IsLetter(last) && !unicode.IsDigit(last) && !unicode.IsLetter(first) && !unicode.IsDigit(first) {
			return true
		}
		var skipped string
		skipped, after, found = strings.Cut(after, number)
		before = number + skipped
	}
	return false
}

// quotes gives all quotes one form, and takes back what programs do to them and to line ends when they quote a text.
var quotes = strings.NewReplacer(
	`\"`, `"`, `'`, `"`, "`", `"`, "“", `"`, "”", `"`, "‘", `"`, "’", `"`,
)

// escapes are what JSON makes of some signs.
var escapes = strings.NewReplacer(`\\"`, `"`, `\n`, " ", `\t`, " ", `\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\u0027`, `"`)

// squeeze brings a text on one line, without control characters, and gives quotes one form.
func squeeze(text string) string {
	text = quotes.Replace(escapes.Replace(withoutColours(text)))
	var line strings.Builder
	line.Grow(len(text))
	gap := false
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError {
			gap = line.Len() > 0
			continue
		}
		if gap {
			line.WriteByte(' ')
			gap = false
		}
		line.WriteRune(r)
	}
	return line.String()
}

// withoutColours takes away what programs send to terminals: an escape, a bracket, numbers and a letter.
func withoutColours(text string) string {
	before, rest, found := strings.Cut(text, "\x1b[")
	if !found {
		return text
	}
	var plain strings.Builder
	plain.Grow(len(text))
	for found {
		plain.WriteString(before)
		rest = strings.TrimLeft(rest, "0123456789;?")
		if rest != "" && rest[0] < utf8.RuneSelf {
			rest = rest[1:]
		}
		before, rest, found = strings.Cut(rest, "\x1b[")
	}
	plain.WriteString(before)
	return plain.String()
}

// fold is the form in which phrases are compared.
func fold(text string) string { return lower(squeeze(text)) }

// lower gives ASCII letters one form. The text keeps its length, so that what is found in one is at the same place in the other.
func lower(text string) string {
	letters := []byte(text)
	for i, letter := range letters {
		if letter >= 'A' && letter <= 'Z' {
			letters[i] = letter + 'a' - 'A'
		}
	}
	return string(letters)
}
