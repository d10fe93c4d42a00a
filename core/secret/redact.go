package secret

import (
	"regexp"
	"sync"
)

// shape is a form that secrets have: what the expression finds is replaced by with, in which ${1} is what stays.
type shape struct {
	expression *regexp.Regexp
	with       string
}

const (
	// hidden keeps what stands before the secret.
	hidden = "${1}" + Redacted
	// named are the ends of names whose values are secrets.
	named = `(?:pass(?:word|wd|phrase)?|pwd|secret[_-]?(?:access[_-]?)?(?:key|id|string|binary)|token|(?:api|access|private|shared|account)[_-]?key|signature|sig`
)

// shapes are compiled when a text is redacted for the first time.
var shapes = sync.OnceValue(func() []shape {
	forms := []struct{ expression, with string }{
		// A block of PEM, also where its end is missing.
		{`(?s)-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\z)`, Redacted},
		// User and password in an address.
		{`(?i)([a-z][a-z0-9+.-]{1,20}://)[^\s/@"'<>]+@`, hidden + "@"},
		// Headers with credentials; that of AWS has several parts.
		{`(?i)(authorization\\?["']?\s*[:=]\s*\[?\\?["']?)(?:AWS4-HMAC-SHA256[^"'\n]*|[a-z]+\s+[^\s"',]+|[^\s"',]+)`, hidden},
		{`(?i)\b((?:bearer|basic)\s+)[a-z0-9._~+/=-]{8,}`, hidden},
		{`(?i)(cookie\\?["']?\s*:\s*)[^\n"']+`, hidden},
		// A name of a secret and its value: quoted, as in JSON; without blanks, as in flags, queries and environments; in YAML. A short word
		// behind a colon is prose, as in "token: none".
		{`(?i)(` + named + `|secret|credentials?)\\?["']?\s*[:=]\s*\\?)(?:"(?:[^"\\]|\\.)*"|'[^']*')`, hidden},
		{`(?i)(` + named + `|secret|credentials?)=)[^\s"'&;,)\]}]+`, hidden},
		{`(?i)(` + named + `)\s*:\s*)[^\s"'&;,)\]}]{6,}`, hidden},
		// Tokens that can be told by how they begin: JSON Web Tokens; Vault; GitHub, GitLab, Slack, Stripe, npm, Google, 1Password, Doppler.
		{`\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}`, Redacted},
		{`\b(?:hv[sbr]\.[\w-]{8,}|[sbr]\.[A-Za-z0-9]{20,})`, Redacted},
		{`\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|[rs]k_(?:live|test)_\w{8,}|npm_\w{20,}|AIza[\w-]{30,}|ya29\.[\w.-]{16,}|ops_[\w.-]{20,}|dp\.[a-z]{2,}\.[\w.-]{16,})`, Redacted},
		{`\$2[abxy]\$\d\d\$[./A-Za-z0-9]{20,}`, Redacted}, // bcrypt
		// The first sign of a value, which Go's JSON decoder quotes.
		{`(invalid character )(?:\\?'[^']{1,10}'|"[^"]{1,10}")`, hidden},
	}
	compiled := make([]shape, len(forms))
	for i, form := range forms {
		compiled[i] = shape{regexp.MustCompile(form.expression), form.with}
	}
	return compiled
})

// Redact replaces what looks like a secret in a text whose secrets nobody knows, such as one that was pasted, and leaves names,
// addresses and ARNs. It goes by form alone, and rather hides too much: where the values are known, Mask hides them more surely. What
// it returns may still have control characters; Printable takes those away.
func Redact(text string) string {
	for _, s := range shapes() {
		text = s.expression.ReplaceAllString(text, s.with)
	}
	return redactWords(text)
}
