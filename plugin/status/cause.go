package status

import (
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
)

// diagnosed adds what is known about the message, where that is of a failure.
func diagnosed(item Item) Item {
	if item.State == Failed || item.Reason == ReasonStoreError || item.Reason == ReasonStoreNotReady {
		known := diagnose.Text(item.Message, map[string]string{
			"namespace": item.Metadata.Namespace, "name": item.Metadata.Name, "target": item.SecretName,
		})
		item.Diagnosis = &known
	}
	return item
}

// diagnosis shows the cause of a failure, and where to ask for more about what is not well.
func (p *page) diagnosis(item Item) {
	if d := item.Diagnosis; d != nil && d.ID != diagnose.Unknown {
		p.line("Cause:", d.Cause)
		name := "Fix:"
		for line := range strings.Lines(d.Fix) {
			p.line(name, strings.TrimSpace(line))
			name = ""
		}
	}
	switch item.State {
	case Synced, Skipped, Deleted:
	default:
		p.line("More:", "kubectl externalsecret explain "+item.Metadata.Name+" -n "+item.Metadata.Namespace)
	}
}
