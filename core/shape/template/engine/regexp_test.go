package engine_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

func TestPatternsThatAreRefused(t *testing.T) {
	for name, tc := range map[string]struct{ pattern, want string }{
		"one that can't be read quotes itself": {"(", "error parsing regexp: missing closing ): `(`"},
		"one that is too long":                 {strings.Repeat("a", 1001), "a regular expression has at most 1000 bytes, and this one 1001"},
		"one that repeats too much":            {strings.Repeat("a{1000}b", 6), "the regular expression repeats too much"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := engine.New().Regexp(tc.pattern)
			require.EqualError(t, err, tc.want)
		})
	}
}

// FuzzReplaceAll compares with the standard library, which has no bounds.
func FuzzReplaceAll(f *testing.F) {
	f.Add("a(.)c", "abc-adc", "${1}$0$$x")
	f.Add("", "héllo", "-")
	f.Add("b*", "abbc", "<$0>")
	f.Add("(?P<n>x)|y", "xyx", "$n!")
	f.Fuzz(func(t *testing.T, pattern, text, replacement string) {
		ours, err := engine.New().Regexp(pattern)
		if err != nil {
			return
		}
		got, err := ours.ReplaceAll(text, replacement)
		if err != nil {
			return
		}
		assert.Equal(t, regexp.MustCompile(pattern).ReplaceAllString(text, replacement), got)
	})
}
