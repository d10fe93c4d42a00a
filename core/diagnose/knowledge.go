package diagnose

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"sigs.k8s.io/yaml"
)

//go:embed knowledge/*.yaml
var files embed.FS

// known reads the knowledge when it is first asked for, so that a program which diagnoses nothing does not pay for it.
var known = sync.OnceValues(load)

// order is that of the files and so, with the order of the causes in them, which cause goes before which: the first that fits is the
// diagnosis. What a provider says goes before what carried it, and what merely wraps another text is last.
func order() []string {
	return []string{"aws", "vault", "gcp", "azure", "throttle", "store", "template", "data", "kubernetes", "network", "neighbours", "wrapper"}
}

// knowledge is all causes, in the order in which they are tried, and where the values of placeholders are found in texts.
type knowledge struct {
	causes []cause
	// placeholder finds placeholders in the texts of causes, and placeholders has the expressions that find their values, by name.
	placeholder  *regexp.Regexp
	placeholders map[string][]*regexp.Regexp
}

// cause is a diagnosis and what it is recognised by.
type cause struct {
	Diagnosis `json:",inline"`
	// When has rules, of which one must fit.
	When []rule `json:"when"`
}

// common is the file that the others refer to.
type common struct {
	// Sets are named lists of phrases: $NAME in a rule stands for any of them.
	Sets map[string][]string `json:"sets"`
	// Placeholders are expressions by the name of what their first group finds.
	Placeholders map[string][]string `json:"placeholders"`
}

func load() (*knowledge, error) {
	var shared common
	if err := read("common", &shared); err != nil {
		return nil, err
	}
	k := &knowledge{placeholder: regexp.MustCompile(`\{[a-z]+\}`), placeholders: map[string][]*regexp.Regexp{}}
	for name, expressions := range shared.Placeholders {
		k.placeholders[name] = []*regexp.Regexp{} // also where no text tells it
		for _, expression := range expressions {
			compiled, err := compile(expression)
			if err != nil {
				return nil, fmt.Errorf("placeholder %s: %w", name, err)
			}
			k.placeholders[name] = append(k.placeholders[name], compiled)
		}
	}
	for _, name := range order() {
		var causes []cause
		if err := read(name, &causes); err != nil {
			return nil, err
		}
		for _, c := range causes {
			for i := range c.When {
				if err := c.When[i].prepare(shared.Sets); err != nil {
					return nil, fmt.Errorf("%s, rule %d: %w", c.ID, i+1, err)
				}
			}
			for _, text := range []*string{&c.Cause, &c.Check, &c.Fix} {
				*text = strings.TrimSpace(*text)
			}
			k.causes = append(k.causes, c)
		}
	}
	return k, nil
}

func read(name string, into any) error {
	content, err := files.ReadFile("knowledge/" + name + ".yaml")
	if err != nil {
		return fmt.Errorf("read the knowledge: %w", err)
	}
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		return fmt.Errorf("read the knowledge in %s: %w", name, err)
	}
	return nil
}

// compile reads an expression that is matched with folded text: in small letters, on one line, and with one form of quotes. One that
// begins with fixed letters is the fastest.
func compile(expression string) (*regexp.Regexp, error) {
	for i, r := range expression {
		if unicode.IsUpper(r) && !strings.HasSuffix(expression[:i], `\`) && !strings.HasSuffix(expression[:i], "(?") {
			return nil, fmt.Errorf("the expression %s has a capital, and no text that it is matched with has one", expression)
		}
	}
	compiled, err := regexp.Compile(quotes.Replace(expression))
	if err != nil {
		return nil, fmt.Errorf("read the expression: %w", err)
	}
	return compiled, nil
}
