package runs

import (
	"fmt"
	"io"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// form is a way to print runs.
type form int

const (
	table form = iota
	names
	documents // for programs
	text      // all of a run, for a person
)

// Output prints runs.
type Output struct {
	Form form
	// Printer prints documents.
	Printer       printers.ResourcePrinter
	Wide, Headers bool
	// One tells that one run was asked for by name: a document of it is no list.
	One bool
	Out io.Writer
}

// Print prints runs.
func (o Output) Print(runs []Run) error { return o.printAt(runs, time.Now()) }

func (o Output) printAt(runs []Run, now time.Time) error {
	switch o.Form {
	case names:
		for _, run := range runs {
			if _, err := fmt.Fprintln(o.Out, printers.EscapeTerminal(run.Name)); err != nil {
				return err
			}
		}
		return nil
	case documents:
		return o.printDocument(runs)
	case text:
		return printPages(runs, now, o.Out)
	default:
		w := printers.GetNewTabWriter(o.Out)
		printer := printers.NewTablePrinter(printers.PrintOptions{NoHeaders: !o.Headers, Wide: o.Wide})
		if err := printer.PrintObj(tableOf(runs, now), w); err != nil {
			return err
		}
		return w.Flush()
	}
}

// printDocument prints one run by itself and others as a list.
func (o Output) printDocument(runs []Run) error {
	list := document.List(kindList)
	for _, run := range runs {
		object, err := document.Of(run)
		if err != nil {
			return fmt.Errorf("run %s: %w", run.Name, err)
		}
		if o.One {
			return o.Printer.PrintObj(object, o.Out)
		}
		list.Items = append(list.Items, *object)
	}
	return o.Printer.PrintObj(list, o.Out)
}

// tableOf lays runs out as kubectl's table printer wants them. The numbers are those of the pass, without lingering.
func tableOf(runs []Run, now time.Time) *metav1.Table {
	t := &metav1.Table{}
	for _, name := range []string{"Name", "State", "Age", "Duration", "Total", "Changed", "Unchanged", "Skipped", "Failed", "Requests"} {
		t.ColumnDefinitions = append(t.ColumnDefinitions, metav1.TableColumnDefinition{Name: name, Type: "string"})
	}
	for _, name := range []string{"Job", "By", "Message"} {
		t.ColumnDefinitions = append(t.ColumnDefinitions, metav1.TableColumnDefinition{Name: name, Type: "string", Priority: 1})
	}
	for _, run := range runs {
		cells := []any{run.Name, string(run.State), age(run.Started, now)}
		cells = append(cells, numbersOf(run.Report)...)
		t.Rows = append(t.Rows, metav1.TableRow{Cells: append(cells, orNone(run.Job), run.by(), orNone(run.Message))})
	}
	return t
}

// numbersOf are the columns that come from a report.
func numbersOf(r *report.Run) []any {
	const columns = 7
	if r == nil {
		cells := make([]any, columns)
		for i := range cells {
			cells[i] = "-"
		}
		return cells
	}
	return []any{
		Lasted(r), r.Total, r.Changed(), r.Outcomes[core.Unchanged], r.Outcomes[core.Skipped], r.Outcomes[core.Failed], r.RequestCount(),
	}
}

// Lasted is how long the pass of a report took.
func Lasted(r *report.Run) string {
	const shown = 10 * time.Millisecond
	return time.Duration(r.Seconds * float64(time.Second)).Round(shown).String()
}

func age(t, now time.Time) string {
	if t.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(now.Sub(t))
}

func orNone(text string) string {
	if text == "" {
		return "<none>"
	}
	return text
}
