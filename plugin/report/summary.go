package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/explain"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// mostSummed is how many causes and runs are in a summary.
const mostSummed = 5

// states are all of them, in the order in which they are told.
func states() []status.State {
	return []status.State{
		status.Synced, status.Failed, status.Stale, status.Incomplete, status.AtRisk, status.NeverSynced, status.Skipped,
	}
}

// writeSummary sums a report up for a person.
func writeSummary(f *Fleet, out io.Writer) error {
	var text bytes.Buffer
	w := tabwriter.NewWriter(&text, 0, 8, 3, ' ', 0) // writes into what can't fail
	line := func(cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")) }
	section := func(title string) {
		_ = w.Flush()
		fmt.Fprintf(&text, "\n%s\n", title)
	}
	line("ExternalSecrets:", fmt.Sprintf("%d %s", f.Total, f.Scope.where()))
	for _, state := range states() {
		if n := f.States[state]; n > 0 {
			line("  "+string(state)+":", fmt.Sprint(n))
		}
	}
	line("Refreshed by:", f.refreshedBy())
	if len(f.Causes) > 0 {
		section("Causes")
		line("  COUNT", "STEP", "STORE", "ID", "CAUSE")
		for _, cause := range f.Causes[:min(len(f.Causes), mostSummed)] {
			line("  "+fmt.Sprint(len(cause.Objects)), string(cause.Failed), orNone(cause.Store), cause.Diagnosis.ID, headline(cause))
		}
		if more := len(f.Causes) - mostSummed; more > 0 {
			line(fmt.Sprintf("  and %d more causes", more))
		}
	}
	if len(f.Runs) > 0 {
		section("Last runs")
		for _, run := range f.Runs[:min(len(f.Runs), mostSummed)] {
			line("  "+run.Name, string(run.State), age(run.Started, f.Taken)+" ago", lasted(run), fmt.Sprintf("%d requests to providers", requests(run)))
		}
	}
	if len(f.Unknown) > 0 {
		section("Not known")
		for _, u := range f.Unknown {
			line("  "+u.Part+":", u.Why)
		}
	}
	_ = w.Flush()
	fmt.Fprintf(&text, "\nWith -o html this is a page to look at.\n")
	_, err := out.Write(text.Bytes())
	return err
}

// where tells which ExternalSecrets a report is about.
func (s Scope) where() string {
	words := "in all namespaces"
	if s.Namespace != "" {
		words = "in namespace " + s.Namespace
	}
	if len(s.Names) > 0 {
		words += ", by name"
	}
	if s.LabelSelector != "" {
		words += ", labels " + s.LabelSelector
	}
	if s.FieldSelector != "" {
		words += ", fields " + s.FieldSelector
	}
	return words
}

// refreshedBy names those who refresh ExternalSecrets.
func (f *Fleet) refreshedBy() string {
	var names []string
	for _, refresher := range f.Refreshers {
		names = append(names, refresher.String())
	}
	switch {
	case len(names) > 0:
		return strings.Join(names, ", ")
	case f.unknown(partRefreshers) != "":
		return "<unknown>"
	default:
		return "<nobody>"
	}
}

// headline sums a cause up: what is known of it or, of what is not, the text of the first failure.
func headline(cause explain.Cause) string {
	if cause.Diagnosis.ID == diagnose.Unknown {
		return cut(cause.Objects[0].Error, mostWhy)
	}
	return firstSentence(cause.Diagnosis.Cause)
}

// firstSentence is the beginning of a text that has more.
func firstSentence(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if head, _, more := strings.Cut(text, ". "); more {
		return head + "."
	}
	return text
}

func age(t, taken time.Time) string {
	if t.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(taken.Sub(t))
}

// lasted is how long the pass of a run took.
func lasted(run runs.Run) string {
	if run.Report == nil {
		return "-"
	}
	return runs.Lasted(run.Report)
}

// requests is how many requests a run has made to providers.
func requests(run runs.Run) int {
	if run.Report == nil {
		return 0
	}
	return run.Report.RequestCount()
}

// operations are the requests of a run to providers by operation, the most frequent first.
func operations(run runs.Run) []string {
	if run.Report == nil {
		return nil
	}
	var names []string
	for name := range run.Report.Requests {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if n := run.Report.Requests[b] - run.Report.Requests[a]; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", run.Report.Requests[name], name)
	}
	return names
}

func orNone(text string) string {
	if text == "" {
		return "<none>"
	}
	return text
}
