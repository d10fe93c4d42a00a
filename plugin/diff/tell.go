package diff

import (
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// tell tells on the error stream what is no difference and should be known: what was left out and why, what failed, warnings.
// random are those whose values are made up.
func (o *Options) tell(report core.Report, random []core.Result) {
	say := func(line string) { fmt.Fprintln(o.Streams.ErrOut, line) }
	if len(report.Results) == 0 {
		say(scope.Nothing(o.Config.Scope))
	}
	for _, r := range report.Results {
		if r.Outcome == core.Skipped || (r.Outcome == core.Unchanged && r.Message != "") {
			say(results.Line(r, o.ShowNamespaces))
		}
	}
	for _, r := range random {
		say("Note: " + results.Subject(r, o.ShowNamespaces) + ": its generators make new values each time: a refresh will write others than these")
	}
	for _, warning := range results.Warnings(report, o.ShowNamespaces) {
		say(warning)
	}
	for _, note := range report.Notes {
		say("Note: " + secret.Printable(note))
	}
	o.tellFanOuts(report.ClusterExternalSecrets)
	for _, r := range report.Results {
		switch {
		case r.Outcome != core.Failed:
		case r.Reason == core.NotFound:
			say(results.NotFound(r.Name))
		default:
			say(results.Line(r, o.ShowNamespaces))
		}
	}
}

// tellFanOuts tells which ExternalSecrets a refresh of everything would make, change or delete besides.
func (o *Options) tellFanOuts(all []fanout.Result) {
	for _, r := range all {
		if r.Outcome != fanout.Unchanged {
			fmt.Fprintln(o.Streams.ErrOut, results.FanOut(r)+" (dry run)")
		}
		for _, line := range results.FanOutFailures(r) {
			fmt.Fprintln(o.Streams.ErrOut, line)
		}
	}
}
