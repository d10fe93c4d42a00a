package secret

import (
	"regexp"
	"strings"
	"sync"
)

// named finds a name of a secret with its value: quoted, as in JSON; without blanks, as in flags, queries and environments; in YAML; a
// number in JSON. A short word behind a colon is prose, as in "token: none". What stays is in a group. A quote that is not closed goes
// to the end.
var named = sync.OnceValue(func() *regexp.Regexp {
	const name = `(?:pass(?:word|wd|phrase)?|pwd|secret[_-]?(?:access[_-]?)?(?:key|id|string|binary)|token|(?:api|access|private|shared|account)[_-]?key|signature|sig`
	return regexp.MustCompile(`(?i)^(?:` +
		`(` + name + `|secret|credentials?)\\?["']?\s*[:=]\s*\\?)(?:"(?:[^"\\]|\\.)*(?:"|\\?\z)|'[^']*(?:'|\z))` +
		`|(` + name + `|secret|credentials?)=)[^\s"'&;,)\]}]+` +
		`|(` + name + `)\s*:\s*)[^\s"'&;,)\]}]{6,}` +
		`|(` + name + `|secret|credentials?)\\?"\s*:\s*)-?\d[\d.eE+-]*)`)
})

// beginsName tells whether a text may begin with what named finds, which is slow to look for.
func beginsName(text string) bool {
	for _, name := range [...]string{"pass", "pwd", "secret", "token", "api", "access", "private", "shared", "account", "sig", "credential"} {
		if text[0]|0x20 == name[0] && len(text) >= len(name) && strings.EqualFold(text[:len(name)], name) {
			return true
		}
	}
	return false
}

// redactNamed replaces the values of what is named as secrets are.
func redactNamed(text string) string {
	var redacted strings.Builder
	redacted.Grow(len(text))
	kept := 0
	for i := 0; i < len(text); i++ {
		if !beginsName(text[i:]) {
			continue
		}
		ends := named().FindStringSubmatchIndex(text[i:])
		if ends == nil {
			continue
		}
		value := max(ends[3], ends[5], ends[7], ends[9]) // the end of the one group that is there
		redacted.WriteString(text[kept : i+value])
		redacted.WriteString(Redacted)
		kept = i + ends[1]
		i = kept - 1
	}
	redacted.WriteString(text[kept:])
	return redacted.String()
}
