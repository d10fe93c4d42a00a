package status

import (
	"fmt"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
)

func (p *page) secret(s SecretLink) {
	p.section("Secret %s", s.Name)
	switch {
	case s.Error != "":
		p.line("  Error:", s.Error)
		return
	case !s.Exists:
		p.line("  It does not exist.")
		return
	}
	kind := s.Type
	if s.Immutable {
		kind += ", immutable"
	}
	p.line("  Type:", kind)
	p.line("  Owner:", orNone(s.Owner))
	p.line("  Written:", p.when(s.Written, "<unknown>"))
	p.line("  Data:", integrityText(s))
	_ = p.Flush()
	for _, key := range s.Keys {
		p.line("    "+key.Name+":", results.Count(key.Bytes, "byte"))
	}
	if len(s.Keys) == 0 {
		p.line("    <none>")
	}
	_ = p.Flush()
}

// integrityText tells whether the data is as the last sync left it.
func integrityText(s SecretLink) string {
	switch s.Integrity {
	case Intact:
		return "as the last sync left it"
	case Unmanaged:
		return "not managed: the label of managed Secrets is missing"
	}
	text := "altered since the last sync"
	var managers []string
	for _, writer := range s.Writers {
		managers = append(managers, writer.Manager)
	}
	if len(managers) > 0 {
		text += ", written by " + strings.Join(managers, ", ")
	}
	return text
}

func (p *page) workloads(workloads WorkloadsLink) {
	p.section("Workloads that use the Secret")
	if workloads.Error != "" {
		p.line("  Error:", workloads.Error)
		_ = p.Flush()
	}
	switch {
	case len(workloads.Items) > 0:
		p.line("  NAME", "PODS", "USES", "NOTE")
	case workloads.Error == "":
		p.line("  <none>")
	}
	for i := range workloads.Items[:min(len(workloads.Items), most)] {
		w := &workloads.Items[i]
		note := ""
		if len(w.Stale) > 0 {
			note = fmt.Sprintf("%d of its Pods started before the Secret last changed", len(w.Stale))
		}
		p.line("  "+w.String(), fmt.Sprint(w.Pods), usesText(w.Uses), note)
	}
	_ = p.Flush()
	if rest := len(workloads.Items) - most; rest > 0 {
		p.line(fmt.Sprintf("  and %d more: -o json lists them all", rest))
	}
	_ = p.Flush()
}

func (p *page) pods(pods PodsLink) {
	p.section("Pods that use the Secret")
	switch {
	case pods.Error != "":
		p.line("  Error:", pods.Error)
	case len(pods.Items) == 0:
		p.line("  <none>")
	default:
		p.line("  NAME", "PHASE", "USES", "NOTE")
	}
	for _, pod := range pods.Items[:min(len(pods.Items), most)] {
		note := ""
		if len(pod.Outdated) > 0 {
			note = strings.Join(pod.Outdated, ", ") +
				" started before the Secret last changed: it may have an old value until it restarts"
		}
		p.line("  "+pod.Name, pod.Phase, usesText(pod.Uses), note)
	}
	_ = p.Flush()
	if rest := len(pods.Items) - most; rest > 0 {
		p.line(fmt.Sprintf("  and %d more: -o json lists them all", rest))
	}
	_ = p.Flush()
}

// usesText names the ways of use, each once.
func usesText(uses []consumers.Use) string {
	var words []string
	seen := map[string]bool{}
	for _, use := range uses {
		if !seen[use.As] {
			seen[use.As] = true
			words = append(words, use.As)
		}
	}
	return strings.Join(words, ",")
}

func (p *page) events(events EventsLink) {
	p.section("Events")
	switch {
	case events.Error != "":
		p.line("  Error:", events.Error)
	case len(events.Items) == 0:
		p.line("  <none>")
	default:
		p.line("  TYPE", "REASON", "AGE", "FROM", "MESSAGE")
	}
	for _, event := range events.Items {
		age := ago(event.Last, p.now)
		if event.Count > 1 {
			age += fmt.Sprintf(" (x%d)", event.Count)
		}
		p.line("  "+event.Type, event.Reason, age, event.Source, event.Message)
	}
	_ = p.Flush()
}
