package explain

import (
	"fmt"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
)

// diagnosis shows what is known about the failure, if there is one.
func (p *page) diagnosis(e *Explanation) {
	if e.Diagnosis != nil {
		p.WriteByte('\n')
		p.known(e.Diagnosis, "")
	}
}

// known shows a diagnosis; of what is not known, the text.
func (p *page) known(d *diagnose.Diagnosis, text string) {
	if d.ID == diagnose.Unknown && text != "" {
		p.line("  Error:  ", "%s", text)
	}
	p.line("  Cause:  ", "%s", d.Cause)
	p.line("  Check:  ", "%s", d.Check)
	p.line("  Fix:    ", "%s", d.Fix)
	p.line("  Owner:  ", "%s; waiting %s (%s)", d.Owner, waiting(d.Retry), d.ID)
}

func waiting(retry string) string {
	switch retry {
	case diagnose.Yes:
		return "helps"
	case diagnose.Conditional:
		return "may help"
	case diagnose.No:
		return "does not help"
	default:
		return "may or may not help"
	}
}

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
