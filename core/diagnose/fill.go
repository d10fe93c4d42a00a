package diagnose

import (
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// longest is how many bytes of a failure's text take the place of a placeholder.
const longest = 200

// fill is the diagnosis of s, with names out of it, or else those that are known, in place of the placeholders; what neither tells is
// in capitals.
func (k *knowledge) fill(c cause, s subject, known map[string]string) Diagnosis {
	values := map[string]string{}
	// Names are looked for in what is left when all that could be a secret is gone.
	shown := newSubject(secret.Redact(s.raw), nil)
	for _, r := range c.When {
		if r.match == nil || !r.fits(s) {
			continue
		}
		groups := shown.find(r.match)
		for i, name := range r.match.SubexpNames() {
			if name != "" && groups != nil && values[name] == "" {
				values[name] = groups[i]
			}
		}
	}
	valueOf := func(quoted string) string {
		name := quoted[1 : len(quoted)-1]
		expressions, ok := k.placeholders[name]
		if !ok {
			return quoted // it is a command's own, such as {end}
		}
		if value := values[name]; usable(value) {
			return value
		}
		for _, expression := range expressions {
			if groups := shown.find(expression); groups != nil && usable(groups[1]) {
				return groups[1]
			}
		}
		if usable(known[name]) {
			return known[name]
		}
		return strings.ToUpper(name)
	}
	d := c.Diagnosis
	for _, text := range []*string{&d.Cause, &d.Check, &d.Fix} {
		*text = k.placeholder.ReplaceAllStringFunc(*text, valueOf)
	}
	return d
}

// usable tells whether a value may be put into a sentence or a command that somebody pastes into a shell: it has nothing that a shell
// would obey, and does not look like a flag.
func usable(value string) bool {
	const harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_+=.@:-"
	foreign := func(r rune) bool { return !strings.ContainsRune(harmless, r) }
	return value != "" && len(value) <= longest && !strings.HasPrefix(value, "-") && !strings.ContainsFunc(value, foreign)
}
