package diagnose

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A rule that no text meets is not tested, or can't be reached behind what goes before it.
func TestEveryRuleIsOfUse(t *testing.T) {
	k, err := known()
	require.NoError(t, err)
	var subjects []subject
	for _, s := range samplesOf(t, "testdata/failures.json") {
		subjects = append(subjects, newSubject(s.Sample, nil))
	}
	for _, said := range [][]wording{variations(t), ofSpecs(t), ofStores(t), ofAWS(t)} {
		for _, w := range said {
			subjects = append(subjects, newSubject(w.text, nil))
		}
	}
	for _, s := range ofErrors() {
		subjects = append(subjects, newSubject(s.err.Error(), factsOf(s.err)))
	}
	met := map[string]bool{}
	for _, s := range subjects {
		i := slices.IndexFunc(k.causes, func(c cause) bool { return c.fits(s) })
		if i < 0 {
			continue
		}
		for j := range k.causes[i].When {
			if k.causes[i].When[j].fits(s) {
				met[ruleName(k.causes[i], j)] = true
			}
		}
	}
	for _, c := range k.causes {
		for j := range c.When {
			assert.True(t, met[ruleName(c, j)], "%s meets no text: %v %s", ruleName(c, j), c.When[j].All, c.When[j].Match)
		}
	}
}

func ruleName(c cause, rule int) string { return c.ID + ", rule " + strconv.Itoa(rule+1) }

func TestEveryCauseIsComplete(t *testing.T) {
	k, err := known()
	require.NoError(t, err)
	id := regexp.MustCompile(`^[A-Z0-9]{3}-\d\d$`)
	seen := map[string]bool{}
	for _, c := range k.causes {
		assert.Regexp(t, id, c.ID)
		assert.False(t, seen[c.ID], "%s is there twice", c.ID)
		seen[c.ID] = true
		assert.Contains(t, []string{App, Platform, Cloud, Vault, Unsaid}, c.Owner, c.ID)
		assert.Contains(t, []string{Yes, No, Conditional}, c.Retry, c.ID)
		assert.NotEmpty(t, c.When, c.ID)
		for _, text := range []string{c.Cause, c.Fix} {
			assert.NotEmpty(t, text, c.ID)
			assert.NotContains(t, text, "TODO", c.ID)
		}
		assert.True(t, strings.HasSuffix(c.Cause, "."), "%s: a cause is sentences: %s", c.ID, c.Cause)
		assert.Contains(t, c.Check, "$ ", "%s has no command to check it with", c.ID)
	}
}

func TestEveryPlaceholderCanBeFilledAndEverySetIsUsed(t *testing.T) {
	k, err := known()
	require.NoError(t, err)
	var shared common
	require.NoError(t, read("common", &shared))
	used := map[string]bool{}
	for _, c := range k.causes {
		for _, name := range k.placeholder.FindAllString(c.Cause+c.Check+c.Fix, -1) {
			name = strings.Trim(name, "{}")
			used[name] = true
			_, known := k.placeholders[name]
			assert.True(t, known || name == "end", "%s has {%s}, which nothing fills", c.ID, name)
		}
		for _, r := range c.When {
			if r.match != nil {
				for _, name := range r.match.SubexpNames() {
					assert.True(t, name == "" || k.placeholders[name] != nil, "%s finds %q, which is no placeholder", c.ID, name)
				}
			}
			for _, clause := range append(r.All, r.None...) {
				for phrase := range strings.SplitSeq(clause, " | ") {
					used[phrase] = true
				}
			}
		}
	}
	for name := range k.placeholders {
		assert.True(t, used[name], "placeholder %s is not used", name)
	}
	for name := range shared.Sets {
		assert.True(t, used["$"+name], "set %s is not used", name)
	}
}

// What a command takes away must be said before it, and nothing is taken away by force.
func TestNoCommandDestroysWithoutAWord(t *testing.T) {
	causes, err := Causes()
	require.NoError(t, err)
	destructive := regexp.MustCompile(`\b(delete|destroy|remove|purge|drain|rm)\b|--force|--prune`)
	for _, c := range causes {
		for _, text := range []string{c.Check, c.Fix} {
			said := ""
			for line := range strings.Lines(text) {
				command, isCommand := strings.CutPrefix(line, "$ ")
				if !isCommand {
					said += line
					continue
				}
				command = strings.ReplaceAll(command, "kubectl run lookup --rm", "") // a Pod of its own
				command = strings.ReplaceAll(command, "kubectl run ask --rm", "")
				assert.NotContains(t, command, "--force", c.ID)
				assert.NotRegexp(t, `rm -`, command, c.ID)
				if destructive.MatchString(command) {
					assert.Contains(t, strings.ToLower(said), "delete", "%s deletes and does not say so: %s", c.ID, command)
					assert.NotEqual(t, c.Check, text, "%s changes something to check it: %s", c.ID, command)
				}
			}
		}
	}
}

func TestRulesThatCanNotBeReadAreErrors(t *testing.T) {
	for name, r := range map[string]rule{
		"one that would fit any text":      {},
		"one with an expression alone":     {Match: "x"},
		"an expression that is none":       {All: []string{"x"}, Match: "("},
		"an expression in capitals":        {All: []string{"x"}, Match: "Secret"},
		"a set that there is not":          {All: []string{"$nothing"}},
		"a set that there is not, in none": {All: []string{"x"}, None: []string{"$nothing"}},
	} {
		require.Error(t, r.prepare(nil), name)
	}
	fine := rule{All: []string{"x"}, Match: `(?P<name>\S+)`}
	require.NoError(t, fine.prepare(nil))
}
