package runs

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/liggitt/tabwriter"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// mostFailures is how many failures are told one by one.
const mostFailures = 20

// printTable prints runs a line each.
func printTable(runs []Run, wide, headers bool, now time.Time, out io.Writer) error {
	w := printers.GetNewTabWriter(out)
	if headers {
		columns := []string{"NAME", "STATE", "AGE", "DURATION", "TOTAL", "CHANGED", "UNCHANGED", "SKIPPED", "FAILED", "REQUESTS"}
		if wide {
			columns = append(columns, "JOB", "BY", "MESSAGE")
		}
		fmt.Fprintln(w, strings.Join(columns, "\t"))
	}
	for _, run := range runs {
		cells := []string{run.Name, string(run.State), duration.HumanDuration(now.Sub(run.Started))}
		if r := run.Report; r != nil {
			cells = append(cells, seconds(r), fmt.Sprint(r.Total), fmt.Sprint(changed(r.Outcomes)), fmt.Sprint(r.Outcomes[core.Unchanged]),
				fmt.Sprint(r.Outcomes[core.Skipped]), fmt.Sprint(r.Outcomes[core.Failed]), fmt.Sprint(sum(r.Requests)))
		} else {
			cells = append(cells, "-", "-", "-", "-", "-", "-", "-")
		}
		if wide {
			cells = append(cells, orDash(run.Job), by(run), orDash(secret.Printable(run.Message)))
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}

func by(run Run) string {
	if run.Manual {
		return "hand"
	}
	return "schedule"
}

func seconds(r *report.Run) string {
	return time.Duration(r.Seconds * float64(time.Second)).Round(10 * time.Millisecond).String()
}

func sum(requests map[string]int) int {
	total := 0
	for _, n := range requests {
		total += n
	}
	return total
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// page writes what is told of one run.
type page struct{ *tabwriter.Writer }

func (p page) line(cells ...string) { fmt.Fprintln(p.Writer, strings.Join(cells, "\t")) }

func (p page) section(title string) {
	_ = p.Flush()
	p.line("")
	p.line(title)
	_ = p.Flush()
}

// show prints a run for a person.
func show(run Run, now time.Time, out io.Writer) error {
	p := page{printers.GetNewTabWriter(out)}
	p.line("Name:", run.Name)
	p.line("State:", string(run.State))
	p.line("Job:", orDash(run.Job)+", by "+by(run))
	p.line("Started:", fmt.Sprintf("%s ago (%s)", duration.HumanDuration(now.Sub(run.Started)), run.Started.UTC().Format(time.RFC3339)))
	if run.Message != "" {
		p.line("Message:", secret.Printable(run.Message))
	}
	r := run.Report
	if r == nil {
		p.line("Report:", "there is none yet")
		return p.Flush()
	}
	p.line("Duration:", seconds(r))
	if r.Shard != nil {
		p.line("Shard:", fmt.Sprintf("%d of %d", r.Shard.Index, r.Shard.Of))
	}
	p.outcomes(r)
	p.stores(r)
	p.failures(r)
	p.stalest(r, now)
	if len(r.Notes) > 0 {
		p.section("Notes")
		for _, note := range r.Notes {
			p.line("  " + secret.Printable(note))
		}
	}
	return p.Flush()
}

func (p page) outcomes(r *report.Run) {
	p.section(fmt.Sprintf("%d ExternalSecrets", r.Total))
	for _, outcome := range core.Outcomes() {
		if n := r.Outcomes[outcome]; n > 0 {
			p.line("  "+string(outcome)+":", fmt.Sprint(n))
		}
	}
	if r.Linger == nil {
		return
	}
	p.section(fmt.Sprintf("After the pass, in %d small ones", r.Linger.Passes))
	for _, outcome := range core.Outcomes() {
		if n := r.Linger.Outcomes[outcome]; n > 0 {
			p.line("  "+string(outcome)+":", fmt.Sprint(n))
		}
	}
}

func (p page) stores(r *report.Run) {
	if len(r.Requests) > 0 {
		p.section("Requests to providers")
		for _, operation := range slices.Sorted(maps.Keys(r.Requests)) {
			p.line("  "+operation+":", fmt.Sprint(r.Requests[operation]))
		}
	}
	if len(r.Stores) == 0 {
		return
	}
	p.section("Stores")
	p.line("  STORE", "REQUESTS", "RETRIES", "THROTTLED")
	for _, store := range r.Stores {
		p.line("  "+store.Store, fmt.Sprint(store.Requests), fmt.Sprint(store.Retries), fmt.Sprint(store.Throttles))
	}
}

func (p page) failures(r *report.Run) {
	if len(r.Causes) == 0 {
		return
	}
	p.section("Failures by cause")
	p.line("  COUNT", "REASON", "EXAMPLE", "MESSAGE")
	for _, cause := range r.Causes {
		p.line("  "+fmt.Sprint(cause.Count), string(cause.Reason), cause.Example, secret.Printable(cause.Message))
	}
	p.section("Failures")
	told := 0
	for _, result := range r.Results {
		if result.Outcome != core.Failed {
			continue
		}
		if told++; told > mostFailures {
			continue
		}
		p.line("  "+result.Namespace+"/"+result.Name+":", secret.Printable(result.Message))
	}
	if more := told - mostFailures + r.LeftOut; told > mostFailures || r.LeftOut > 0 {
		p.line(fmt.Sprintf("  and %d more", max(more, r.LeftOut)))
	}
}

func (p page) stalest(r *report.Run, now time.Time) {
	if len(r.Stalest) == 0 {
		return
	}
	p.section("Due and not synced, for the longest time first")
	for _, stale := range r.Stalest {
		since := "never synced, made " + duration.HumanDuration(now.Sub(stale.Since)) + " ago"
		if stale.LastSync != nil {
			since = "last synced " + duration.HumanDuration(now.Sub(*stale.LastSync)) + " ago"
		}
		p.line("  "+stale.Namespace+"/"+stale.Name+":", since)
	}
}

// printDocument prints one run by itself, several as a list.
func printDocument(printer printers.ResourcePrinter, runs []Run, one bool, out io.Writer) error {
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": apiVersion, "kind": kindList}}
	for _, run := range runs {
		encoded, err := json.Marshal(run)
		if err != nil {
			return fmt.Errorf("encode run %s: %w", run.Name, err)
		}
		var object unstructured.Unstructured
		if err := object.UnmarshalJSON(encoded); err != nil {
			return fmt.Errorf("encode run %s: %w", run.Name, err)
		}
		if one {
			return printer.PrintObj(&object, out)
		}
		list.Items = append(list.Items, object)
	}
	return printer.PrintObj(list, out)
}
