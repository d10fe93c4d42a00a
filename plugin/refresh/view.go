package refresh

import (
	"fmt"
	"io"
	"os"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
)

const (
	// fewest is the number of ExternalSecrets below which progress is not told, unless on a terminal.
	fewest = 20
	// eraseLine moves a terminal's cursor to the start of the line and empties it.
	eraseLine = "\r\x1b[K"
)

// view shows a pass while it goes on. Its methods are called one at a time.
type view struct {
	// hits and misses are where the lines of results go; nil for nowhere. Misses failed or were skipped.
	hits, misses io.Writer
	// errOut is where everything else goes.
	errOut     io.Writer
	namespaces bool
	dryRun     write.DryRun
	// live tells whether errOut is a terminal, on which the state is redrawn.
	live bool

	total, done int
	failed      int
	drawn       bool
}

// canRedraw tells whether w is a terminal that knows how to erase a line.
func canRedraw(w io.Writer) bool { return printers.IsTerminal(w) && os.Getenv("TERM") != "dumb" }

func (v *view) begin(total int) {
	v.total = total
	v.draw()
}

// result shows a result, unless it is a failure: those come last, where they are seen.
func (v *view) result(r core.Result) {
	v.done++
	v.erase()
	switch r.Outcome {
	case core.Failed:
		v.failed++
	case core.Skipped:
		v.print(v.misses, v.line(r))
	default:
		v.print(v.hits, v.line(r))
	}
	v.draw()
}

// end shows the failures and the warnings, and sums up.
func (v *view) end(report core.Report) {
	v.erase()
	for _, r := range report.Results {
		switch {
		case r.Outcome != core.Failed || v.misses == nil:
		case r.Reason == core.NotFound:
			v.print(v.errOut, results.NotFound(r.Name))
		default:
			v.print(v.misses, v.line(r))
		}
	}
	v.fanOuts(report.ClusterExternalSecrets)
	for _, warning := range results.Warnings(report, v.namespaces) {
		v.print(v.errOut, warning)
	}
	for _, note := range report.Notes {
		v.note(note)
	}
	if len(report.Results) > 1 {
		fmt.Fprintln(v.errOut, v.summary(report))
	}
}

// draw tells how far the pass is: on a terminal in a line that is replaced, elsewhere in a new line for each tenth.
func (v *view) draw() {
	state := fmt.Sprintf("%d/%d ExternalSecrets", v.done, v.total)
	if v.failed > 0 {
		state += fmt.Sprintf(", %d failed", v.failed)
	}
	switch {
	case v.live && v.done < v.total:
		fmt.Fprint(v.errOut, state)
		v.drawn = true
	case !v.live && v.total >= fewest && v.done > 0 && v.done < v.total && v.done*10/v.total != (v.done-1)*10/v.total:
		fmt.Fprintln(v.errOut, state)
	}
}

func (v *view) print(to io.Writer, line string) {
	if to != nil {
		fmt.Fprintln(to, line)
	}
}

func (v *view) note(text string) { fmt.Fprintf(v.errOut, "Note: %s\n", printable(text)) }

func (v *view) erase() {
	if v.drawn {
		fmt.Fprint(v.errOut, eraseLine)
		v.drawn = false
	}
}
