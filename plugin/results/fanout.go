package results

import (
	"fmt"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// shown is how many names are listed before the rest is only counted.
const shown = 5

// FanOut is what became of a ClusterExternalSecret as kubectl words it.
func FanOut(r fanout.Result) string {
	text := scope.DisplayCluster(r.Name) + " " + string(r.Outcome)
	if r.Message != "" {
		text += ": " + secret.Printable(r.Message)
	} else if len(r.Failed) > 0 {
		text += " in " + Count(len(r.Failed), "namespace")
	}
	var did []string
	for _, part := range []struct {
		verb       string
		namespaces []string
	}{{"created", r.Created}, {"changed", r.Changed}, {"deleted", r.Deleted}} {
		if len(part.namespaces) > 0 {
			did = append(did, part.verb+" in "+List(part.namespaces))
		}
	}
	if len(did) > 0 {
		text += " (" + strings.Join(did, "; ") + ")"
	}
	return text
}

// FanOutFailures has a line for each namespace in which it failed.
func FanOutFailures(r fanout.Result) []string {
	lines := make([]string, len(r.Failed))
	for i, failed := range r.Failed {
		lines[i] = scope.DisplayCluster(r.Name) + " failed in namespace " + failed.Namespace + ": " + secret.Printable(failed.Reason)
	}
	return lines
}

// List names the first few.
func List(names []string) string {
	if len(names) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}

// Count is a number of things, of which the noun is given in the singular.
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
