package explain

import (
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// key shows where the value of a key comes from, in the words of status.
func (p *page) key(origin *provenance.Origin) {
	p.line("", "\nKey %s:", origin.Key)
	for _, line := range status.OriginText(*origin) {
		p.line("  ", "%s", line)
	}
}
