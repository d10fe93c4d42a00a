package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkedIn is where the pages lie, seen from this package.
const checkedIn = "../reference"

func TestTheCheckedInPagesSayWhatTheProgramsSay(t *testing.T) {
	made, err := pages()
	require.NoError(t, err)
	for name, want := range made {
		got, err := os.ReadFile(filepath.Join(checkedIn, name))
		require.NoError(t, err, "run make generate")
		assert.Equal(t, want, string(got), "%s is stale: run make generate", name)
	}
	files, err := os.ReadDir(checkedIn)
	require.NoError(t, err)
	for _, file := range files {
		_, known := made[file.Name()]
		assert.True(t, known, "%s describes nothing that exists: run make generate", file.Name())
	}
}

func TestTheCheckedInFailuresAreThoseThatAreKnown(t *testing.T) {
	want, err := failuresPage()
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join("..", filepath.Base(failures)))
	require.NoError(t, err, "run make generate")
	assert.Equal(t, want, string(got), "run make generate")

	copied := filepath.Join(t.TempDir(), "failures.md")
	require.NoError(t, writeFailures(copied))
	text, err := os.ReadFile(copied)
	require.NoError(t, err)
	assert.Equal(t, want, string(text))
	assert.Error(t, writeFailures(t.TempDir()), "a folder is no page")
}

func TestACauseIsReadableMarkdown(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"prose stays":                        {"One.\nTwo.", "One.\nTwo."},
		"a placeholder is in capitals":       {"role {rolename} is", "role ROLENAME is"},
		"what is a command's own stays":      {"$ get {end}", "```\nget {end}\n```"},
		"commands are a block":               {"Look:\n$ a {name}\n$ b\nThen stop.", "Look:\n\n```\na NAME\nb\n```\n\nThen stop."},
		"signs that Markdown takes are kept": {`a <b> \. *`, `a &lt;b> \\. \*`},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, paragraphs(test.text)) })
	}
}

func TestThePagesAreTheSameForEveryUserAndEnvironment(t *testing.T) {
	want, err := pages()
	require.NoError(t, err)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("KUBECACHEDIR", "/elsewhere")
	t.Setenv("EXTERNALSECRET_RUNNER_CONCURRENCY", "99")
	got, err := pages()
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

func TestWriteReplacesStalePagesAndRemovesThoseOfCommandsThatAreNoMore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reference")
	require.NoError(t, os.Mkdir(dir, 0o700))
	gone, stale := filepath.Join(dir, "gone.md"), filepath.Join(dir, rootPage)
	require.NoError(t, os.WriteFile(gone, []byte("old"), 0o600))
	require.NoError(t, os.WriteFile(stale, []byte("old"), 0o600))
	require.NoError(t, write(dir))
	assert.NoFileExists(t, gone)
	text, err := os.ReadFile(stale)
	require.NoError(t, err)
	assert.Contains(t, string(text), "# kubectl externalsecret\n")
}

func TestEveryRunnerFlagHasAVariableOfItsOwn(t *testing.T) {
	page, err := runnerPage()
	require.NoError(t, err)
	assert.Contains(t, page, "`--log-level string` | `EXTERNALSECRET_RUNNER_LOG_LEVEL` | `info`")
	assert.Contains(t, page, "`-l, --selector string` | `EXTERNALSECRET_RUNNER_SELECTOR` |  |")
}

func TestProse(t *testing.T) {
	for name, test := range map[string]struct{ help, want string }{
		"paragraphs lose the indentation of the help": {" One\n two\n\n three\n", "One\ntwo\n\nthree\n"},
		"an indented paragraph is a block":            {"States:\n\n        A  first\n        B  second\n        \n after", "States:\n\n```\nA  first\nB  second\n```\n\nafter\n"},
		"a block may end the text":                    {"x\n\n    a", "x\n\n```\na\n```\n"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, prose(test.help)) })
	}
}

func TestACellEndsWhereItShould(t *testing.T) {
	assert.Equal(t, `a \| b &lt;none> c`, cell(" a | b <none>\nc "))
}
