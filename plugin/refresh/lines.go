package refresh

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// shown is how many keys of a kind of change are named before the rest is only counted.
const shown = 5

// line is a result as kubectl words it.
func (v *view) line(r core.Result) string {
	text := v.subject(r) + " " + string(r.Outcome)
	if r.Message != "" {
		text += ": " + printable(r.Message)
	}
	switch r.Outcome {
	case core.Failed, core.Skipped:
		return text
	case core.Updated:
		text += " (" + changes(r.Changes) + ")"
	}
	return text + v.suffix()
}

// subject names the ExternalSecret of a result.
func (v *view) subject(r core.Result) string {
	if v.namespaces {
		return fmt.Sprintf("%s in namespace %s", scope.Display(r.Name), r.Namespace)
	}
	return scope.Display(r.Name)
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

// warnings are the distinct warnings of a report. One that is the same for many ExternalSecrets is told once.
func (v *view) warnings(report core.Report) []string {
	var texts []string
	about := map[string][]core.Result{}
	for _, r := range report.Results {
		for _, text := range r.Warnings {
			if about[text] == nil {
				texts = append(texts, text)
			}
			about[text] = append(about[text], r)
		}
	}
	lines := make([]string, len(texts))
	for i, text := range texts {
		who := v.subject(about[text][0])
		if more := len(about[text]) - 1; more > 0 {
			who += fmt.Sprintf(" and %d more", more)
		}
		lines[i] = fmt.Sprintf("Warning: %s: %s", who, printable(text))
	}
	return lines
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
		count(requests, "request"), report.Finished.Sub(report.Started).Round(10*time.Millisecond), v.suffix())
}

// changes names the keys that changed.
func changes(c write.Changes) string {
	var parts []string
	for _, change := range []struct {
		keys []string
		verb string
	}{{c.Changed, "changed"}, {c.Added, "added"}, {c.Removed, "removed"}} {
		if len(change.keys) > 0 {
			parts = append(parts, list(change.keys)+" "+change.verb)
		}
	}
	if c.Metadata && len(parts) == 0 {
		parts = append(parts, "metadata changed")
	}
	return strings.Join(parts, "; ")
}

func list(keys []string) string {
	if len(keys) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(keys[:shown], ", "), len(keys)-shown)
	}
	return strings.Join(keys, ", ")
}

// notFound is what kubectl says of an object that does not exist.
func notFound(r core.Result) string {
	return fmt.Sprintf("Error from server (NotFound): %s.%s %q not found", api.ResourceExternalSecrets, api.Group, r.Name)
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// printable keeps text that came from elsewhere from moving the cursor of a terminal.
func printable(text string) string { return secret.Printable(text) }
