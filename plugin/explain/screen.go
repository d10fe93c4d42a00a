package explain

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

const (
	// mostErrors is how many wordings of a cause are shown, each with those whom it concerns.
	mostErrors = 3
	// mostFacts is how much of the evidence of a step is shown: there is some for each entry of a spec.
	mostFacts = 10
)

// page is a screen for a person. What it writes into can't fail.
type page struct{ bytes.Buffer }

func newPage() *page { return &page{} }

func (p *page) writeTo(out io.Writer) error {
	_, err := p.WriteTo(out)
	return err
}

// line writes a text behind its head.
func (p *page) line(head, format string, args ...any) {
	renderText(&p.Buffer, head, fmt.Sprintf(format, args...))
}

// explanation shows the walk of one ExternalSecret.
func (p *page) explanation(e *Explanation, offline bool) {
	name := "ExternalSecret " + e.Metadata.Namespace + "/" + e.Metadata.Name
	p.verdict(name, e)
	p.steps(e.Steps, offline)
	if e.Key != nil {
		p.key(e.Key)
	}
	if e.Diagnosis != nil {
		p.WriteByte('\n')
		renderDiagnosis(&p.Buffer, *e.Diagnosis)
	}
	switch {
	case e.Healthy && offline:
		p.unasked()
	case e.Failed == trace.Recorded && !offline:
		p.line("", "\nThat was the last refresh. This walk has come through, so refresh it:\n  kubectl externalsecret refresh %s -n %s",
			e.Metadata.Name, e.Metadata.Namespace)
	}
}

// store shows what logging in to a store has come to.
func (p *page) store(e *Explanation, ref api.SecretStoreRef, offline bool) {
	p.verdict(storeName(status.StoreRef{Kind: ref.Kind, Name: ref.Name}, e.Metadata.Namespace), e)
	p.steps(e.Steps, offline)
	if e.UsedBy != nil {
		p.line("", "\nRead by %d of the ExternalSecrets, of which %d are synced.", e.UsedBy.Total, e.UsedBy.Healthy)
	}
	if e.Diagnosis != nil {
		p.WriteByte('\n')
		renderDiagnosis(&p.Buffer, *e.Diagnosis)
	}
	if e.Healthy && offline {
		p.unasked()
	}
}

func (p *page) verdict(name string, e *Explanation) {
	var warned []string
	for _, taken := range e.Steps {
		if taken.State == trace.Warning {
			warned = append(warned, string(taken.Step))
		}
	}
	switch {
	case !e.Healthy:
		p.line("", "%s is broken at %s.", name, e.Failed)
	case len(warned) > 0:
		p.line("", "%s is healthy, with a warning at %s.", name, strings.Join(warned, ", "))
	default:
		p.line("", "%s is healthy.", name)
	}
	p.WriteByte('\n')
}

// unasked qualifies what is called healthy.
func (p *page) unasked() { p.line("", "\nNo provider was asked.") }

// marks are how states stand on a screen: the one that has failed is what the eye falls on.
var marks = map[trace.State]string{trace.OK: "ok", trace.Warning: "warn", trace.Failed: "FAILED", trace.Skipped: "skip"}

func (p *page) steps(steps []trace.Taken, offline bool) {
	var missed, skipped, unasked []string
	for _, taken := range steps {
		name := string(taken.Step)
		switch {
		case taken.State == trace.NotReached:
			missed = append(missed, name)
		case taken.State == trace.Skipped && len(taken.Evidence) == 0 && offline && taken.Step.Index() > trace.Namespace.Index():
			unasked = append(unasked, name)
		case taken.State == trace.Skipped && len(taken.Evidence) == 0:
			skipped = append(skipped, name)
		default:
			p.line(fmt.Sprintf("  %-7s %-12s ", marks[taken.State], name), "%s", strings.Join(words(taken), "\n"))
		}
	}
	for _, of := range []struct {
		head  string
		steps []string
	}{{"  nothing to do: ", skipped}, {"  not asked:     ", unasked}, {"  not reached:   ", missed}} {
		if len(of.steps) > 0 {
			p.line(of.head, "%s", strings.Join(of.steps, ", "))
		}
	}
}

// words are what a step has to say: its message and its evidence, a line each where it did not come through.
func words(taken trace.Taken) []string {
	facts := joined(taken.Evidence)
	if taken.Message != "" {
		facts = append([]string{taken.Message}, facts...)
	}
	if taken.State == trace.OK {
		return []string{strings.Join(facts, "; ")}
	}
	return facts
}

// joined are facts in words, the first few of them. Those of the same value are one.
func joined(facts []trace.Fact) []string {
	names := map[string][]string{}
	for _, fact := range facts {
		names[fact.Value] = append(names[fact.Value], fact.Name)
	}
	var all []string
	for _, fact := range facts {
		if of := names[fact.Value]; of[0] == fact.Name {
			all = append(all, results.List(of)+": "+fact.Value)
		}
	}
	if rest := len(all) - mostFacts; rest > 0 {
		all = append(all[:mostFacts], fmt.Sprintf("and %d more: -o json has them all", rest))
	}
	return all
}

// who shows whom a cause concerns, and what each failed with, the same words once.
func (p *page) who(objects []Object) {
	var errors []string
	names := map[string][]string{}
	for _, object := range objects {
		if names[object.Error] == nil {
			errors = append(errors, object.Error)
		}
		names[object.Error] = append(names[object.Error], object.Namespace+"/"+object.Name)
	}
	for _, text := range errors[:min(len(errors), mostErrors)] {
		renderField(&p.Buffer, "Who", results.List(names[text]))
		renderField(&p.Buffer, "Error", text)
	}
	if len(errors) > mostErrors {
		renderField(&p.Buffer, "Who", "and others, in other words: -o json has them all")
	}
}

// causes shows why ExternalSecrets fail, the cause that most of them share first, and of which of the others is warned.
func (p *page) causes(c Causes, offline bool) {
	reasons := results.Count(len(c.Causes), "reason")
	switch {
	case c.Total == 0:
		return // which is told on the error stream
	case c.Broken == 0 && c.Warned == 0:
		p.line("", "All %d ExternalSecrets are healthy.", c.Total)
	case c.Broken == 0:
		p.line("", "All %d ExternalSecrets are healthy, %d of them with a warning.", c.Total, c.Warned)
	case c.Warned == 0:
		p.line("", "%d of %d ExternalSecrets fail for %s.", c.Broken, c.Total, reasons)
	default:
		p.line("", "%d of %d ExternalSecrets fail for %s, and %d are healthy with a warning.", c.Broken, c.Total, reasons, c.Warned)
	}
	p.each(c.Causes, "at")
	p.each(c.Warnings, "with a warning at")
	if c.Broken == 0 && offline {
		p.unasked()
	}
}

// each shows causes, where they arise, and whom they concern.
func (p *page) each(causes []Cause, at string) {
	for _, cause := range causes {
		place := string(cause.Failed)
		if cause.Store != "" {
			place += ", " + cause.Store
		}
		p.line("", "\n%d %s %s", len(cause.Objects), at, place)
		renderDiagnosis(&p.Buffer, cause.Diagnosis)
		p.who(cause.Objects)
	}
}
