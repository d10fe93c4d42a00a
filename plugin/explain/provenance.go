package explain

import (
	"fmt"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
)

// key shows where the value of a key comes from.
func (p *page) key(origin *provenance.Origin) {
	p.line("", "\nKey %s: %s", origin.Key, strings.ToLower(string(origin.Certainty)))
	for _, entry := range origin.Entries {
		p.line("  from      ", "%s", entry)
	}
	for _, of := range []struct {
		head      string
		templates []provenance.Template
	}{{"  made by   ", origin.Templates}, {"  used by   ", origin.UsedBy}} {
		for _, t := range of.templates {
			text := t.Path
			for _, line := range t.Lines {
				text += fmt.Sprintf(", line %d takes %s", line.Line, strings.Join(line.Keys, ", "))
			}
			p.line(of.head, "%s", text)
			for _, input := range t.Inputs {
				for _, entry := range input.Entries {
					p.line("            ", "%s: %s", input.Key, entry)
				}
			}
		}
	}
}
