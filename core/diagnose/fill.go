package diagnose

import (
	"regexp"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// placeholder is what stands in a cause's texts for a name that the failure tells.
var placeholder = regexp.MustCompile(`\{([a-z]+)\}`)

// harmless is what may be put into a sentence or a command that somebody pastes into a shell: nothing that a shell would obey, nothing
// that looks like a flag.
var harmless = regexp.MustCompile(`^[A-Za-z0-9/_.][A-Za-z0-9/_+=.@:-]{0,199}$`)

// fill is the diagnosis of s, with names out of it in place of the placeholders; what it does not tell is in capitals.
func (k *knowledge) fill(c cause, s subject) Diagnosis {
	values := map[string]string{}
	// Names are looked for in what is left when all that could be a secret is gone.
	shown := newSubject(secret.Redact(s.raw), nil)
	for _, r := range c.When {
		if r.match == nil || !r.fits(s) {
			continue
		}
		groups := r.match.FindStringSubmatch(shown.text)
		for i, name := range r.match.SubexpNames() {
			if name != "" && groups != nil && values[name] == "" {
				values[name] = groups[i]
			}
		}
	}
	valueOf := func(quoted string) string {
		name := quoted[1 : len(quoted)-1]
		if value := values[name]; usable(value) {
			return value
		}
		for _, expression := range k.placeholders[name] {
			if groups := expression.FindStringSubmatch(shown.text); groups != nil && usable(groups[1]) {
				return groups[1]
			}
		}
		return strings.ToUpper(name)
	}
	d := c.Diagnosis
	for _, text := range []*string{&d.Cause, &d.Check, &d.Fix} {
		*text = placeholder.ReplaceAllStringFunc(*text, valueOf)
	}
	return d
}

func usable(value string) bool { return harmless.MatchString(value) }
