package secret

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// shape is a form that secrets have: what the expression finds is replaced by with, in which ${1} is what stays. A text that has none of
// the signs, in small letters, has nothing of the form, and is not searched for it, which is slow.
type shape struct {
	signs      []string
	expression *regexp.Regexp
	with       string
}

// hidden keeps what stands before the secret.
const hidden = "${1}" + Redacted

// shapes are compiled when a text is redacted for the first time.
var shapes = sync.OnceValue(func() []shape {
	forms := []struct {
		signs            []string
		expression, with string
	}{
		// A block of PEM, also where its end is missing.
		{[]string{"-----begin"}, `(?s)-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\z)`, Redacted},
		// User and password in an address.
		{[]string{"@"}, `(://)[^\s/@"'<>]+@`, hidden + "@"},
		// Headers with credentials; that of AWS has several parts.
		{[]string{"authorization"}, `(?i)(authorization\\?["']?\s*[:=]\s*\[?\\?["']?)(?:AWS4-HMAC-SHA256[^"'\n]*|[a-z]+\s+[^\s"',]+|[^\s"',]+)`, hidden},
		{[]string{"bearer", "basic"}, `(?i)\b((?:bearer|basic)\s+)[a-z0-9._~+/=-]{8,}`, hidden},
		{[]string{"cookie"}, `(?i)(cookie\\?["']?\s*:\s*)[^\n"']+`, hidden},
		// A flag and its value, apart from each other.
		{[]string{"--"}, `(?i)(--[a-z-]*(?:password|passwd|pass|pwd|token|secret|key)\s+)[^\s"'-][^\s"']*`, hidden},
		// Tokens that can be told by how they begin: JSON Web Tokens; Vault; GitHub, GitLab, Slack, Stripe, npm, Google, 1Password, Doppler.
		{[]string{"eyj"}, `\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}`, Redacted},
		{[]string{"hvs.", "hvb.", "hvr.", "s.", "b.", "r."}, `\b(?:hv[sbr]\.[\w-]{8,}|[sbr]\.[A-Za-z0-9]{20,})`, Redacted},
		{[]string{"gh", "glpat-", "xox", "xapp-", "k_live", "k_test", "npm_"},
			`\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|[rs]k_(?:live|test)_\w{8,}|npm_\w{20,})`, Redacted},
		{[]string{"aiza", "ya29.", "ops_", "dp."}, `\b(?:AIza[\w-]{30,}|ya29\.[\w.-]{16,}|ops_[\w.-]{20,}|dp\.[a-z]{2,}\.[\w.-]{16,})`, Redacted},
		{[]string{"$2"}, `\$2[abxy]\$\d\d\$[./A-Za-z0-9]{20,}`, Redacted}, // bcrypt
		// The first sign of a value, which Go's JSON decoder quotes.
		{[]string{"invalid character"}, `(?i)(invalid character )(?:\\?'[^']{1,10}'|"[^"]{1,10}")`, hidden},
	}
	compiled := make([]shape, len(forms))
	for i, form := range forms {
		compiled[i] = shape{form.signs, regexp.MustCompile(form.expression), form.with}
	}
	return compiled
})

// Redact replaces what looks like a secret in a text whose secrets nobody knows, such as one that was pasted, and leaves names,
// addresses and ARNs. It goes by form alone, and rather hides too much: where the values are known, Mask hides them more surely. What
// it returns may still have control characters; Printable takes those away.
func Redact(text string) string {
	folded := strings.ToLower(text)
	for _, s := range shapes() {
		if !slices.ContainsFunc(s.signs, func(sign string) bool { return strings.Contains(folded, sign) }) {
			continue
		}
		text = s.expression.ReplaceAllString(text, s.with)
	}
	return hideCharacters(redactWords(redactNamed(text)))
}
