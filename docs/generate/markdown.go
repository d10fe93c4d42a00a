package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"
)

// page is a Markdown page in the making.
type page struct{ strings.Builder }

// newPage begins a page and says how it is changed.
func newPage(title string) *page {
	p := &page{}
	p.add("# %s\n\n<!-- Made by make generate from the program's own help: change it there. -->\n", title)
	return p
}

func (p *page) add(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *page) section(title string) { p.add("\n## %s\n\n", title) }

// table adds a table; an empty cell stays empty.
func (p *page) table(header []string, rows [][]string) {
	p.add("| %s |\n|%s\n", strings.Join(header, " | "), strings.Repeat(" --- |", len(header)))
	for _, row := range rows {
		p.add("| %s |\n", strings.Join(row, " | "))
	}
}

// flags adds a section with those flags that keep says, in the order of their names, if there are any.
func (p *page) flags(title string, flags *pflag.FlagSet, keep func(*pflag.Flag) bool) {
	var rows [][]string
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Deprecated == "" && f.Name != "help" && keep(f) {
			rows = append(rows, []string{flagName(f), flagDefault(f), cell(f.Usage)})
		}
	})
	if len(rows) > 0 {
		p.section(title)
		p.table([]string{"Flag", "Default", "Meaning"}, rows)
	}
}

// flagName is a flag as it is typed, with its one-letter form and the type of its value.
func flagName(f *pflag.Flag) string {
	name := "--" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	if kind, _ := pflag.UnquoteUsage(f); kind != "" {
		name += " " + kind
	}
	return code(name)
}

// flagDefault is empty for a default that says nothing. That of --cache-dir depends on who asks.
func flagDefault(f *pflag.Flag) string {
	switch {
	case f.Name == "cache-dir":
		return code("$HOME/.kube/cache")
	case f.DefValue == "" || f.DefValue == "[]" || f.DefValue == "false":
		return ""
	default:
		return code(f.DefValue)
	}
}

func code(text string) string { return "`" + cell(text) + "`" }

// cell makes text fit for a cell of a table, where a bar would end it and a tag would vanish.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(strings.TrimSpace(text))
}

// blank separates the paragraphs of a help text.
var blank = regexp.MustCompile(`\n\s*\n`)

// prose turns the help text of a command into Markdown: what is indented there is a block.
func prose(help string) string {
	paragraphs := blank.Split(strings.TrimSpace(help), -1)
	for i, paragraph := range paragraphs {
		lines := strings.Split(paragraph, "\n")
		block := strings.HasPrefix(lines[0], "    ")
		for j := range lines {
			lines[j] = strings.TrimSpace(lines[j])
		}
		paragraphs[i] = strings.Join(lines, "\n")
		if block {
			paragraphs[i] = fence(paragraphs[i])
		}
	}
	return strings.Join(paragraphs, "\n\n") + "\n"
}

func fence(text string) string { return "```\n" + text + "\n```" }
