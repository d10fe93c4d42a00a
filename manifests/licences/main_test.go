package main

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheLicencesOfAProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "runner")
	said, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../cmd/externalsecret-runner").CombinedOutput()
	require.NoError(t, err, "%s", said)
	var first, second bytes.Buffer
	require.NoError(t, run(t.Context(), []string{program}, &first))
	require.NoError(t, run(t.Context(), []string{program}, &second))

	assert.Equal(t, first.String(), second.String())
	assert.Contains(t, first.String(), "Copyright 2009 The Go Authors")
	info, err := buildinfo.ReadFile(program)
	require.NoError(t, err)
	require.NotEmpty(t, info.Deps)
	for _, module := range info.Deps {
		assert.Contains(t, first.String(), "\n"+module.Path+" "+module.Version+": LICENSE")
	}
}

func TestLicencesNeedAProgram(t *testing.T) {
	require.ErrorContains(t, run(t.Context(), nil, &bytes.Buffer{}), "one program is needed")
	require.ErrorContains(t, run(t.Context(), []string{"main.go"}, &bytes.Buffer{}), "read what the program is made of")
}

func TestTheTextsOfAModule(t *testing.T) {
	for name, test := range map[string]struct {
		files []string
		want  []string
		says  string
	}{
		"are its licence and its notice":      {files: []string{"LICENSE", "NOTICE.txt", "main.go"}, want: []string{"LICENSE", "NOTICE.txt"}},
		"may be several, by any name":         {files: []string{"LICENSE.MIT", "licence.md", "COPYING"}, want: []string{"COPYING", "LICENSE.MIT", "licence.md"}},
		"are also those of code from others":  {files: []string{"LICENSE", "third_party/x/LICENSE"}, want: []string{"LICENSE", "third_party/x/LICENSE"}},
		"are no code and no data of tests":    {files: []string{"LICENSE", "license.go", "license-check.yml", "testdata/LICENSE", ".github/LICENSE"}, want: []string{"LICENSE"}},
		"are missing where there are none":    {files: []string{"main.go"}, says: "example.org/m v1.2.3 has no licence file in "},
		"are missing where it has a notice":   {files: []string{"NOTICE", "PATENTS"}, says: "example.org/m v1.2.3 has no licence file in "},
		"are missing where only others' have": {files: []string{"third_party/x/LICENSE"}, says: "example.org/m v1.2.3 has no licence file in "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range test.files {
				path := filepath.Join(dir, filepath.FromSlash(file))
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
				require.NoError(t, os.WriteFile(path, []byte("text"), 0o600))
			}
			found, err := textsOf(part{"example.org/m v1.2.3", dir})
			if test.says != "" {
				require.ErrorContains(t, err, test.says)
				return
			}
			require.NoError(t, err)
			var names []string
			for _, text := range found {
				names = append(names, strings.TrimPrefix(text.of, "example.org/m v1.2.3: "))
			}
			assert.ElementsMatch(t, test.want, names)
		})
	}
	t.Run("do not count if they are empty", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "LICENSE"), []byte("\n"), 0o600))
		_, err := textsOf(part{"example.org/m v1.2.3", dir})
		require.ErrorContains(t, err, "has no licence file")
	})
}

func TestATextIsWrittenOnce(t *testing.T) {
	line := strings.Repeat("=", 80) + "\n"
	want := heading + "\n" + line + "a v1: LICENSE\nc v1: LICENSE\n" + line + "\none\n" + "\n" + line + "b v1: LICENSE\n" + line + "\ntwo\n"
	texts := []text{{"c v1: LICENSE", tidy("\none\r\n")}, {"b v1: LICENSE", tidy("two")}, {"a v1: LICENSE", tidy("one\n")}}
	assert.Equal(t, want, string(document(texts)))
}
