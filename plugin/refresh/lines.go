package refresh

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
)

// line is a result as kubectl words it, with what changed.
func (v *view) line(r core.Result) string {
	text := results.Line(r, v.namespaces)
	switch r.Outcome {
	case core.Failed, core.Skipped:
		return text
	case core.Updated:
		text += " (" + changes(r.Changes) + ")"
	}
	return text + v.suffix()
}

func (v *view) suffix() string {
	switch v.dryRun {
	case write.DryRunClient:
		return " (dry run)"
	case write.DryRunServer:
		return " (server dry run)"
	default:
		return ""
	}
}

// summary counts the results.
func (v *view) summary(report core.Report) string {
	var counts []string
	for _, outcome := range outcomes() {
		if n := report.Count(outcome); n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	requests := 0
	for _, n := range report.Requests {
		requests += n
	}
	return fmt.Sprintf("%d ExternalSecrets: %s; %s to providers, %s%s", len(report.Results), strings.Join(counts, ", "),
		results.Count(requests, "request"), report.Finished.Sub(report.Started).Round(10*time.Millisecond), v.suffix())
}

// changes names the keys that changed.
func changes(c write.Changes) string {
	var parts []string
	for _, change := range []struct {
		keys []string
		verb string
	}{{c.Changed, "changed"}, {c.Added, "added"}, {c.Removed, "removed"}} {
		if len(change.keys) > 0 {
			parts = append(parts, results.List(change.keys)+" "+change.verb)
		}
	}
	if c.Metadata && len(parts) == 0 {
		parts = append(parts, "metadata changed")
	}
	return strings.Join(parts, "; ")
}

// printable keeps text that came from elsewhere from moving the cursor of a terminal.
func printable(text string) string { return secret.Printable(text) }
