package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func TestOpening(t *testing.T) {
	for pattern, want := range map[string]string{
		"":             "",
		"db":           "",
		"^":            "",
		"^db":          "db",
		"^db$":         "db",
		`^db/.*\.key$`: "db/",
		`^a\.b`:        "a.b",
		"^dbs?":        "db",
		"^(db)":        "",
		"^db|app":      "",
		"^db|^dbs":     "",
		"(?i)^db":      "",
		"(?m)^db":      "",
		"^[dD]b":       "",
		"^.db":         "",
	} {
		t.Run(fmt.Sprintf("of %q is %q", pattern, want), func(t *testing.T) {
			assert.Equal(t, want, provider.Opening(pattern))
		})
	}
}

// FuzzOpening checks that no name which a pattern matches lacks the pattern's opening, and so no search loses a secret over it.
func FuzzOpening(f *testing.F) {
	for _, pattern := range []string{"^db", "^db|app", "(?i)^db", "^(?:a|ab)c", "^db{0}", "(?m)^db", "^^a", "^(?:^ab|^ac)"} {
		f.Add(pattern, "db")
		f.Add(pattern, "x\ndb")
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		compiled, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		for _, n := range []string{name, provider.Opening(pattern) + name, provider.Opening(pattern)} {
			if compiled.MatchString(n) && !strings.HasPrefix(n, provider.Opening(pattern)) {
				t.Errorf("%q matches %q, which does not begin with %q", pattern, n, provider.Opening(pattern))
			}
		}
	})
}
