package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/all"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin"
)

const top = "../.."

var (
	link = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	test = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z]\\w*)`")
)

// handbook is the README, CONTRIBUTING and all of docs, by path from the top of the repository.
func handbook(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(top, "*.md"))
	require.NoError(t, err)
	err = filepath.WalkDir(filepath.Join(top, "docs"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			paths = append(paths, path)
		}
		return err
	})
	require.NoError(t, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		texts[path] = string(text)
	}
	return texts
}

func TestLinksOfTheHandbookLeadToFilesAndHeadings(t *testing.T) {
	texts := handbook(t)
	require.NotEmpty(t, texts)
	for path, text := range texts {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			file, heading, _ := strings.Cut(match[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
				assert.True(t, exists(target), "%s links to %s", path, match[1])
			}
			if heading != "" {
				assert.Contains(t, anchors(texts[target]), heading, "%s links to %s", path, match[1])
			}
		}
	}
}

func TestEachProviderIsInTheTableOfProviders(t *testing.T) {
	table, err := os.ReadFile(filepath.Join(top, "docs", "providers", "README.md"))
	require.NoError(t, err)
	pages, err := filepath.Glob(filepath.Join(top, "docs", "providers", "*.md"))
	require.NoError(t, err)
	for _, page := range pages {
		if name := filepath.Base(page); name != "README.md" {
			assert.Contains(t, string(table), "]("+name+") |", "add a row for it to docs/providers/README.md")
		}
	}
}

func TestEachCommandHasAPage(t *testing.T) {
	told := map[string]string{"uninstall": "install"} // on the page of another
	nothing := func(string) string { return "" }
	for _, cmd := range plugin.NewCommand(genericiooptions.NewTestIOStreamsDiscard(), all.Providers(nothing), "").Commands() {
		name := cmd.Name()
		if !cmd.IsAvailableCommand() || name == "options" {
			continue
		}
		if other, ok := told[name]; ok {
			name = other
		}
		assert.True(t, exists(filepath.Join(top, "docs", name+".md")), "write docs/%s.md, by hand", name)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// anchors are the names that a reader's Markdown viewer gives the headings of a text.
func anchors(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			name := strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
					return r
				default:
					return -1
				}
			}, strings.ToLower(strings.TrimSpace(title)))
			names = append(names, name)
		}
	}
	return names
}

func TestTestsThatTheHandbookNamesExist(t *testing.T) {
	functions := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	known := map[string]bool{}
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != top && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir // what runs there may come and go
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(path)
		for _, match := range functions.FindAllStringSubmatch(string(source), -1) {
			known[match[1]] = true
		}
		return err
	})
	require.NoError(t, err)
	for path, text := range handbook(t) {
		for _, match := range test.FindAllStringSubmatch(text, -1) {
			assert.True(t, known[match[1]], "%s names %s", path, match[1])
		}
	}
}
