package runs

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/liggitt/tabwriter"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// mostFailures is how many failures are told one by one.
const mostFailures = 20

// page writes what is told of one run.
type page struct {
	*tabwriter.Writer
	out io.Writer
}

// line writes cells, which come from reports that others can write.
func (p *page) line(cells ...string) {
	for i, cell := range cells {
		cells[i] = secret.Printable(cell)
	}
	fmt.Fprintln(p.Writer, strings.Join(cells, "\t"))
}

// section begins a part with columns of its own.
func (p *page) section(title string) {
	p.line("")
	_ = p.Flush()
	p.Writer = printers.GetNewTabWriter(p.out)
	p.line(title)
}

// printPages prints all that is known of runs.
func printPages(runs []Run, now time.Time, out io.Writer) error {
	for i, run := range runs {
		if i > 0 {
			if _, err := fmt.Fprint(out, "\n\n"); err != nil {
				return err
			}
		}
		if err := printPage(run, now, out); err != nil {
			return err
		}
	}
	return nil
}

func printPage(run Run, now time.Time, out io.Writer) error {
	p := &page{printers.GetNewTabWriter(out), out}
	p.line("Name:", run.Name)
	p.line("State:", string(run.State))
	p.line("Job:", orNone(run.Job))
	if !run.Started.IsZero() {
		p.line("Started:", fmt.Sprintf("%s ago (%s), by %s", age(run.Started, now), run.Started.UTC().Format(time.RFC3339), run.by()))
	}
	if run.Message != "" {
		p.line("Message:", run.Message)
	}
	r := run.Report
	if r == nil {
		p.line("Report:", "<none>")
		return p.Flush()
	}
	p.line("Pass:", Lasted(r))
	if r.Shard != nil {
		p.line("Shard:", fmt.Sprintf("index %d of %d", r.Shard.Index, r.Shard.Of))
	}
	p.outcomes(r)
	p.fanOut(r)
	p.requests(r)
	p.failures(r)
	p.stalest(r, now)
	if len(r.Notes) > 0 {
		p.section("Notes")
		for _, note := range r.Notes {
			p.line("  " + note)
		}
	}
	return p.Flush()
}

func (p *page) outcomes(r *report.Run) {
	p.section(fmt.Sprintf("ExternalSecrets: %d", r.Total))
	p.counts(r.Outcomes)
	if r.Linger != nil {
		p.section(fmt.Sprintf("Small passes while it lingered: %d", r.Linger.Passes))
		p.counts(r.Linger.Outcomes)
	}
}

func (p *page) counts(outcomes map[core.Outcome]int) {
	for _, outcome := range core.Outcomes() {
		if n := outcomes[outcome]; n > 0 {
			p.line("  "+string(outcome)+":", fmt.Sprint(n))
		}
	}
}

func (p *page) fanOut(r *report.Run) {
	if len(r.ClusterExternalSecrets) == 0 {
		return
	}
	p.section("ClusterExternalSecrets")
	p.line("  NAME", "OUTCOME", "NAMESPACES", "FAILED", "MESSAGE")
	for _, result := range r.ClusterExternalSecrets {
		p.line("  "+result.Name, string(result.Outcome), fmt.Sprint(result.Matched), fmt.Sprint(len(result.Failed)), orNone(whyNot(result)))
	}
}

// whyNot is what failed of a ClusterExternalSecret, or the first of it.
func whyNot(result fanout.Result) string {
	if result.Message == "" && len(result.Failed) > 0 {
		return fmt.Sprintf("namespace %s: %s", result.Failed[0].Namespace, result.Failed[0].Reason)
	}
	return result.Message
}

func (p *page) requests(r *report.Run) {
	if len(r.Requests) > 0 {
		p.section("Requests to providers")
		for _, operation := range slices.Sorted(maps.Keys(r.Requests)) {
			p.line("  "+operation+":", fmt.Sprint(r.Requests[operation]))
		}
	}
	if len(r.Stores) > 0 {
		p.section("Stores")
		p.line("  STORE", "REQUESTS", "RETRIES", "THROTTLED")
		for _, store := range r.Stores {
			p.line("  "+store.Store, fmt.Sprint(store.Requests), fmt.Sprint(store.Retries), fmt.Sprint(store.Throttles))
		}
	}
}

func (p *page) failures(r *report.Run) {
	if len(r.Causes) > 0 {
		p.section("Failures by cause")
		p.line("  COUNT", "REASON", "EXAMPLE", "MESSAGE")
		for _, cause := range r.Causes {
			p.line("  "+fmt.Sprint(cause.Count), string(cause.Reason), cause.Example, cause.Message)
		}
	}
	var failed []core.Result
	for _, result := range r.Results {
		if result.Outcome == core.Failed {
			failed = append(failed, result)
		}
	}
	if len(failed) == 0 {
		return
	}
	p.section("Failures")
	shown := failed[:min(len(failed), mostFailures)]
	for _, result := range shown {
		p.line("  "+result.Namespace+"/"+result.Name+":", result.Message)
	}
	if more := len(failed) - len(shown) + r.LeftOut; more > 0 {
		p.line(fmt.Sprintf("  and %d more", more))
	}
}

func (p *page) stalest(r *report.Run, now time.Time) {
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
