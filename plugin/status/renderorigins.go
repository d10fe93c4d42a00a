package status

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
)

// origins tell where each key comes from, and then of each source that may give any key, once, what it is.
func (p *page) origins(origins []provenance.Origin) {
	if len(origins) == 0 {
		return
	}
	p.section("Where the keys come from")
	sources := map[string][]string{}
	for _, origin := range origins {
		p.named(origin.Key, originText(origin, sources))
	}
	_ = p.Flush()
	for _, path := range slices.Sorted(maps.Keys(sources)) {
		p.named(path, sources[path])
	}
	_ = p.Flush()
}

// OriginText tells in lines where a key comes from, and then of each source that may give any key what it is, under its path.
func OriginText(origin provenance.Origin) []string {
	sources := map[string][]string{}
	lines := originText(origin, sources)
	for _, path := range slices.Sorted(maps.Keys(sources)) {
		lines = append(lines, path+": "+sources[path][0])
		lines = append(lines, sources[path][1:]...)
	}
	return lines
}

// named writes lines under a name.
func (p *page) named(name string, lines []string) {
	name += ":"
	for _, line := range lines {
		p.line("  "+name, line)
		name = ""
	}
}

// originText is an origin in lines. sources gets those that it names as a possibility only, in lines by path.
func originText(origin provenance.Origin, sources map[string][]string) []string {
	var lines, may []string
	switch {
	case origin.Certainty == provenance.Unexplained:
		lines = []string{"nothing in the spec gives it: if it is there, somebody else wrote it, or it is left of an entry that was removed"}
	case origin.Certainty == provenance.InputOnly:
		lines = append([]string{"the spec fetches it for templates only: if it is there, somebody else wrote it, or it is left of an earlier spec"}, entriesText(origin, sources))
	case origin.Certainty == provenance.Certain && len(origin.Templates) > 0:
		lines = append([]string{origin.Templates[0].String()}, templateText(origin.Templates[0], sources)...)
	default:
		for _, t := range origin.Templates {
			may = append(may, t.Path)
			sources[t.Path] = sourceText(t, sources)
		}
		if len(may) == 0 {
			lines = []string{entriesText(origin, sources)}
			break
		}
		lines = []string{perhaps(may)}
		if len(origin.Entries) > 0 {
			lines = append(lines, "or "+entriesText(origin, sources))
		}
	}
	if origin.Missing {
		lines[0] = "missing in the Secret: " + lines[0]
	}
	for _, user := range origin.UsedBy {
		lines = append(lines, "  used by "+user.Path+", "+linesText(user.Lines))
	}
	return lines
}

// linesText numbers lines, such as: lines 1, 3.
func linesText(lines []provenance.Line) string {
	words, numbers := "line", make([]string, len(lines))
	if len(lines) > 1 {
		words = "lines"
	}
	for i, line := range lines {
		numbers[i] = strconv.Itoa(line.Line)
	}
	return words + " " + strings.Join(numbers, ", ")
}

// sourceText is a template that gives keys of its own, in lines.
func sourceText(t provenance.Template, sources map[string][]string) []string {
	lines := []string{"a template with keys of its own"}
	if t.Object != "" {
		lines = []string{fmt.Sprintf("%s, key %q", t.Object, t.ObjectKey)}
	}
	return append(lines, templateText(t, sources)...)
}

// templateText tells in lines what a template takes, and where that comes from.
func templateText(t provenance.Template, sources map[string][]string) []string {
	var lines []string
	switch {
	case t.Error != "":
		lines = append(lines, "  "+t.Error)
	case t.Unread:
		lines = append(lines, "  its text is not read")
	}
	for _, line := range t.Lines {
		lines = append(lines, "  "+line.String())
	}
	for _, input := range t.Inputs {
		name, from := input.Key, entriesText(input, sources)
		if name == "" {
			name = "any other"
		}
		if from == "" {
			from = "nothing in the spec gives it"
		}
		lines = append(lines, fmt.Sprintf("  %s: %s", name, from))
	}
	return lines
}

// entriesText tells which entry gives a key: the one of data that names it, and otherwise which may.
func entriesText(origin provenance.Origin, sources map[string][]string) string {
	named, may := "", []string{}
	for _, entry := range origin.Entries {
		if !entry.Any {
			if named == "" {
				named = entry.String()
			}
			continue
		}
		may = append(may, entry.Path)
		sources[entry.Path] = []string{strings.TrimPrefix(entry.String(), entry.Path+", ")}
	}
	switch {
	case named == "":
		return perhaps(may)
	case len(may) > 0:
		return named + "; without it " + perhaps(may)
	default:
		return named
	}
}

// perhaps names sources of which one may give a key.
func perhaps(paths []string) string {
	switch len(paths) {
	case 0:
		return ""
	case 1:
		return "perhaps " + paths[0]
	default:
		return "perhaps one of " + strings.Join(paths, ", ")
	}
}
