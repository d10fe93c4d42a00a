// Package results says in words what became of ExternalSecrets in a pass, for the commands that make one. Where the words go is
// for the command to say.
package results

import (
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Subject names the ExternalSecret of a result, with its namespace where there are several.
func Subject(r core.Result, namespaces bool) string {
	if namespaces {
		return fmt.Sprintf("%s in namespace %s", scope.Display(r.Name), r.Namespace)
	}
	return scope.Display(r.Name)
}

// Line is a result as kubectl words it.
func Line(r core.Result, namespaces bool) string {
	text := Subject(r, namespaces) + " " + string(r.Outcome)
	if r.Message != "" {
		text += ": " + secret.Printable(r.Message)
	}
	return text
}

// Warnings are the distinct warnings of a report, a line each. One that is the same for many ExternalSecrets is told once.
func Warnings(report core.Report, namespaces bool) []string {
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
		who := Subject(about[text][0], namespaces)
		if more := len(about[text]) - 1; more > 0 {
			who += fmt.Sprintf(" and %d more", more)
		}
		lines[i] = fmt.Sprintf("Warning: %s: %s", who, secret.Printable(text))
	}
	return lines
}

// NotFound is what kubectl says of an ExternalSecret that does not exist.
func NotFound(name string) string {
	return fmt.Sprintf("Error from server (NotFound): %s.%s %q not found", api.ResourceExternalSecrets, api.Group, name)
}
