package secret

import (
	"math"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// shape is a form that secrets have. What the whole expression finds is replaced by with, in which $1 is what stays.
type shape struct {
	expression *regexp.Regexp
	with       string
}

// hidden takes the place of a secret, and $1, what is before it, stays.
const hidden = "${1}" + Redacted

// shapes are compiled when a text is redacted for the first time.
var shapes = sync.OnceValue(func() []shape {
	forms := []struct{ expression, with string }{
		// A block of PEM, whether or not its end was pasted, and also where its lines were joined.
		{`(?s)-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\z)`, Redacted},
		// User and password in an address.
		{`(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@"'<>]+@`, hidden + "@"},
		// A header with credentials, whatever their scheme. That of AWS has several parts.
		{`(?i)((?:proxy-)?authorization["']?\s*[:=]\s*["']?)(?:AWS4-HMAC-SHA256[^"'\n]*|[a-z]+\s+[^\s"',]+|[^\s"',]+)`, hidden},
		{`(?i)\b((?:bearer|basic)\s+)[a-z0-9._~+/=-]{8,}`, hidden},
		{`(?i)((?:set-)?cookie["']?\s*:\s*)[^\n"']+`, hidden},
		{`(?i)(x-(?:vault|amz-security|aws-ec2-metadata|api|auth)-?(?:token|key)["']?\s*[:=]\s*["']?)[^\s"',;&]+`, hidden},
		// A name that says that a secret follows, and its value: of JSON, YAML, queries, flags and environments. A short word with a
		// blank around it, as in "token: expired", stays.
		{`(?i)((?:\b|[_-])(?:pass(?:word|wd|phrase)?|pwd|secret[_-]?(?:access[_-]?)?(?:key|id|string|binary)?|client[_-]?secret|(?:access|auth|session|security|refresh|id|api|bearer|web[_-]?identity)[_-]?token|token|api[_-]?key|access[_-]?key|private[_-]?key|signature|credentials?|x-amz-(?:signature|credential|security-token)|sig)\\?["']?\s*[:=]\s*\\?)("(?:[^"\\]|\\.)*"|'[^']*')`, hidden},
		{`(?i)((?:\b|[_-])(?:pass(?:word|wd|phrase)?|pwd|secret[_-]?(?:access[_-]?)?(?:key|id|string|binary)?|client[_-]?secret|(?:access|auth|session|security|refresh|id|api|bearer|web[_-]?identity)[_-]?token|token|api[_-]?key|access[_-]?key|private[_-]?key|signature|credentials?|x-amz-(?:signature|credential|security-token)|sig)\s*=\s*)[^\s"'&;,)\]}]+`, hidden},
		{`(?i)((?:\b|[_-])(?:pass(?:word|wd|phrase)?|pwd|client[_-]?secret|secret[_-]?(?:access[_-]?)?(?:key|id|string)|api[_-]?key|private[_-]?key|(?:auth|session|security|refresh|bearer|api)?[_-]?token)\s*:\s+)[^\s"'&;,)\]}]{6,}`, hidden},
		// Tokens that can be told by their beginning: JSON Web Tokens, Vault, GitHub, GitLab, Slack, Stripe, npm, Google, 1Password, Doppler.
		{`\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}`, Redacted},
		{`\b(?:hv[sbr]\.[A-Za-z0-9_-]{8,}|[sbr]\.[A-Za-z0-9]{20,})`, Redacted},
		{`\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{8,}|xapp-[\w-]{8,}|[rs]k_(?:live|test)_\w{8,}|npm_[A-Za-z0-9]{20,}|AIza[\w-]{30,}|ya29\.[\w.-]{16,}|ops_[\w.-]{20,}|dp\.[a-z]{2,}\.[\w.-]{16,})`, Redacted},
		// The first sign of a value, which Go's JSON decoder quotes, and a bcrypt hash.
		{`(invalid character )'[^']+'`, hidden},
		{`\$2[abxy]\$\d\d\$[./A-Za-z0-9]{20,}`, Redacted},
	}
	compiled := make([]shape, len(forms))
	for i, form := range forms {
		compiled[i] = shape{regexp.MustCompile(form.expression), form.with}
	}
	return compiled
})

// Redact replaces what looks like a secret in a text whose secrets nobody knows, such as one that was pasted, and leaves names,
// addresses and ARNs. It goes by form alone: where the values are known, Mask hides them more surely. What it returns may still have
// control characters; Printable takes those away.
func Redact(text string) string {
	for _, s := range shapes() {
		text = s.expression.ReplaceAllString(text, s.with)
	}
	return redactWords(text)
}

// redactWords replaces words that look random. A word ends at what separates in logs, and at the separators of names and addresses
// unless what is between them is random in itself.
func redactWords(text string) string {
	var redacted strings.Builder
	redacted.Grow(len(text))
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && isWordByte(text[end]) {
			end++
		}
		if end == start {
			redacted.WriteByte(text[start])
			start++
			continue
		}
		if word := text[start:end]; looksRandom(word) {
			redacted.WriteString(Redacted)
		} else {
			redacted.WriteString(word)
		}
		start = end
	}
	return redacted.String()
}

func isWordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("+/=_-.~", b) >= 0
}

const (
	// shortestRandom is the length from which a word may be taken for random.
	shortestRandom = 20
	// longestPart is the length of a part of a name or path from which it may be taken for one.
	longestPart = 24
	// leastEntropy is in bits a sign. Words of languages and paths made of them have less.
	leastEntropy = 3.6
)

// looksRandom tells whether a word is long, mixed and without structure, as keys and tokens are. Ids of requests and objects, which are
// hexadecimal, are not.
func looksRandom(word string) bool {
	trimmed := strings.Trim(word, "=.-/")
	if len(trimmed) < shortestRandom || isHex(trimmed) {
		return false
	}
	for part := range strings.FieldsFuncSeq(trimmed, func(r rune) bool { return strings.ContainsRune("/._-~", r) }) {
		if len(part) >= longestPart && isMixed(part) && entropy(part) >= leastEntropy {
			return true
		}
	}
	// The alphabet of base64 has a slash, too: 40 signs, as a key of AWS has, can fall into short parts by it.
	return len(trimmed) >= longestPart && !strings.ContainsAny(trimmed, ".:") && changes(trimmed) >= len(trimmed)/3 &&
		isMixed(trimmed) && entropy(trimmed) >= leastEntropy
}

func isHex(word string) bool {
	return strings.IndexFunc(word, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F' || r == '-')
	}) < 0
}

// isMixed tells whether a word has small letters, capitals and digits.
func isMixed(word string) bool {
	return strings.ContainsFunc(word, unicode.IsLower) && strings.ContainsFunc(word, unicode.IsUpper) && strings.ContainsFunc(word, unicode.IsDigit)
}

// changes counts how often the sort of sign changes: seldom in names that are made of words, often in what is random.
func changes(word string) int {
	const small, capital, digit, other = 0, 1, 2, 3
	count, before := 0, -1
	for _, r := range word {
		sort := other
		switch {
		case unicode.IsLower(r):
			sort = small
		case unicode.IsUpper(r):
			sort = capital
		case unicode.IsDigit(r):
			sort = digit
		}
		if before >= 0 && sort != before {
			count++
		}
		before = sort
	}
	return count
}

// entropy is that of the signs of a word, in bits a sign.
func entropy(word string) float64 {
	counts := map[rune]int{}
	for _, r := range word {
		counts[r]++
	}
	bits := 0.0
	for _, n := range counts {
		share := float64(n) / float64(len(word))
		bits -= share * math.Log2(share)
	}
	return bits
}
