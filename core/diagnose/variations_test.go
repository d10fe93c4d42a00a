package diagnose

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wording is a text and the cause that it has to be recognised as.
type wording struct{ id, text string }

// variations are other wordings of causes: other names, regions and partitions, SDKs and wrappers.
func variations(t *testing.T) []wording {
	t.Helper()
	content, err := os.ReadFile("testdata/variations.txt")
	require.NoError(t, err)
	var all []wording
	for line := range strings.Lines(string(content)) {
		id, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		require.True(t, ok, line)
		all = append(all, wording{id, text})
	}
	return all
}

func TestOtherWordingsAreRecognised(t *testing.T) {
	for _, v := range variations(t) {
		assert.Equal(t, v.id, Text(v.text).ID, v.text)
	}
}

func TestWrappersGiveWayToWhatTheyWrap(t *testing.T) {
	for _, s := range samplesOf(t, "testdata/failures.json") {
		if strings.HasPrefix(s.ID, "GEN-") {
			continue
		}
		for _, around := range []string{
			"could not get secret data from provider: %s",
			"error processing spec.data[7] (key: apps/shop), err: %s",
			"could not get secret data from provider: error processing spec.dataFrom[0].extract, err: %s",
			"error retrieving secret at .data[0], key: prod/x, err: %s",
			"2026-11-25T03:00:00Z ERROR Reconciler error {\"controller\": \"externalsecret\", \"error\": \"%s\"}",
			"  Warning  UpdateFailed  12s (x3 over 1m)  external-secrets\n%s\n",
		} {
			text := strings.ReplaceAll(around, "%s", s.Sample)
			assert.Equal(t, s.ID, Text(text).ID, text)
		}
	}
}

func TestTheFormOfATextDoesNotMatter(t *testing.T) {
	for _, s := range samplesOf(t, "testdata/failures.json") {
		for form, change := range map[string]func(string) string{
			"capitals":         strings.ToUpper,
			"small letters":    strings.ToLower,
			"other quotes":     strings.NewReplacer(`"`, "'", "'", "’").Replace,
			"escaped quotes":   strings.NewReplacer(`"`, `\"`).Replace,
			"lines":            strings.NewReplacer(" ", "\n  ").Replace,
			"escaped lines":    strings.NewReplacer(". ", `.\n`).Replace,
			"carriage returns": strings.NewReplacer(" ", "\r\n").Replace,
			"colours":          func(text string) string { return "\x1b[31m" + text + "\x1b[0m" },
		} {
			assert.Equal(t, s.ID, Text(change(s.Sample)).ID, "%s: %s", form, change(s.Sample))
		}
	}
}
