package status

import (
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
)

// diagnosed adds what is known about the message, where that is of a failure.
func diagnosed(item Item) Item {
	if item.State == Failed || item.Reason == ReasonStoreError || item.Reason == ReasonStoreNotReady {
		known := diagnose.Text(item.Message, item.Names())
		item.Diagnosis = &known
	}
	return item
}

// Names are what is known of an ExternalSecret for the commands of a diagnosis.
func (i Item) Names() map[string]string {
	return map[string]string{"namespace": i.Metadata.Namespace, "name": i.Metadata.Name, "target": i.SecretName}
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
