package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	// legal are the names of files with licences, notices and grants of patents; LICENSE.MIT and LICENSE.libyaml are among them.
	legal = regexp.MustCompile(`(?i)^(licen[cs]e|unlicense|copying|copyright|notice|patents)([.-][a-z0-9.-]+)?$`)
	// licence are those of them without which nobody may hand a module on.
	licence = regexp.MustCompile(`(?i)^(licen[cs]e|unlicense|copying)`)
	// code is what is named so and is not text.
	code = regexp.MustCompile(`(?i)\.(go|ya?ml|json|sh|py|html|tmpl|tpl)$`)
)

// text is one file, and what it is of.
type text struct{ of, content string }

// textsOf are the texts of a part: those at its top, one of which has to be a licence, and those of code from elsewhere in its folders.
// Of the toolchain only the top is looked at: what is below is the Go authors' too.
func textsOf(p part) ([]text, error) {
	var found []text
	licensed := false
	err := fs.WalkDir(os.DirFS(p.dir), ".", func(name string, entry fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil || name == ".":
			return err
		case entry.IsDir():
			if strings.HasPrefix(base, ".") || base == "testdata" || strings.HasPrefix(p.name, "Go's ") {
				return fs.SkipDir
			}
		case legal.MatchString(base) && !code.MatchString(base):
			content, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
			if err != nil {
				return err
			}
			licensed = licensed || name == base && licence.MatchString(base) && len(bytes.TrimSpace(content)) > 0
			found = append(found, text{p.name + ": " + name, tidy(string(content))})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for the licence of %s: %w", p.name, err)
	}
	if !licensed {
		return nil, fmt.Errorf("%s has no licence file in %s: without one it may not be handed on; take it out, or find out its licence from its authors", p.name, p.dir)
	}
	return found, nil
}

// tidy is a text without what differs between copies and says nothing: ends of lines, and empty lines around it.
func tidy(content string) string {
	return strings.Trim(strings.ReplaceAll(content, "\r\n", "\n"), "\n") + "\n"
}

const heading = `The program beside this file contains the modules that are named below, in the versions that are named,
and Go's standard library. Their licences and notices follow, each text once.
`

// document writes each text once, below the names of the files that have it, in the order of the first of these.
func document(texts []text) []byte {
	of := map[string][]string{}
	for _, t := range texts {
		of[t.content] = append(of[t.content], t.of)
	}
	for _, names := range of {
		slices.Sort(names)
	}
	order := slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Compare(of[a][0], of[b][0]) })
	line := strings.Repeat("=", 80) + "\n"
	var out bytes.Buffer
	out.WriteString(heading)
	for _, content := range order {
		out.WriteString("\n" + line + strings.Join(of[content], "\n") + "\n" + line + "\n" + content)
	}
	return out.Bytes()
}
