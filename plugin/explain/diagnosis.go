package explain

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/mitchellh/go-wordwrap"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
)

const (
	// column is where the texts of fields begin, and width where they end.
	column = 9
	width  = 100
	// command is what a line of a diagnosis begins with that is one.
	command = "$ "
)

// renderDiagnosis writes what is known about a failure, for a person, to what can't fail.
func renderDiagnosis(screen *bytes.Buffer, known diagnose.Diagnosis) {
	renderField(screen, "Id", known.ID)
	renderField(screen, "Cause", known.Cause)
	renderField(screen, "Check", known.Check)
	renderField(screen, "Fix", known.Fix)
	renderField(screen, "Owner", Owner(known.Owner))
	renderField(screen, "Waiting", Waiting(known.Retry))
}

// renderField writes a name and lines of text beside it.
func renderField(screen *bytes.Buffer, name, text string) {
	if name != "" {
		name += ":"
	}
	renderText(screen, fmt.Sprintf("%-*s ", column, name), text)
}

// renderText writes lines of text beside what begins them. Prose is wrapped; a command stays on one line, so that it can be copied.
func renderText(screen *bytes.Buffer, prefix, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, command) {
			fmt.Fprintf(screen, "%s  %s\n", prefix, line)
			prefix = strings.Repeat(" ", len(prefix))
			continue
		}
		for part := range strings.SplitSeq(wordwrap.WrapString(line, uint(width-len(prefix))), "\n") {
			fmt.Fprintln(screen, strings.TrimRight(prefix+part, " "))
			prefix = strings.Repeat(" ", len(prefix))
		}
	}
}

// Owner says whose task it is to mend something.
func Owner(name string) string {
	switch name {
	case diagnose.App:
		return "app (whoever writes the ExternalSecret, its store's reference or the remote secret)"
	case diagnose.Platform:
		return "platform (whoever runs the cluster, its stores and its network)"
	case diagnose.Cloud:
		return "cloud (whoever grants rights in the cloud's account)"
	case diagnose.Vault:
		return "vault (whoever runs Vault)"
	default:
		return "can't be said"
	}
}

// Waiting says whether it helps to wait.
func Waiting(retry string) string {
	switch retry {
	case diagnose.Yes:
		return "helps; the next pass tries again"
	case diagnose.No:
		return "does not help"
	case diagnose.Conditional:
		return "helps only if the cause goes away meanwhile"
	default:
		return "can't be said"
	}
}
