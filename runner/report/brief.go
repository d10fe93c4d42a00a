package report

import (
	"fmt"
	"os"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// briefBytes is what Kubernetes keeps of a termination message.
const briefBytes = 4096

// Brief sums a run up in a line for a person, as `kubectl describe pod` shows it.
func (r *Run) Brief() string {
	var b strings.Builder
	fmt.Fprintf(&b, "run %s: ", r.ID)
	if r.Error != "" {
		fmt.Fprintf(&b, "%s; ", secret.Printable(r.Error))
	}
	counts := []string{}
	for _, outcome := range core.Outcomes() {
		if n := r.Outcomes[outcome]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	if len(counts) == 0 {
		counts = append(counts, "no ExternalSecrets")
	}
	fmt.Fprintf(&b, "%s in %.1f s", strings.Join(counts, ", "), r.Seconds)
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "; %s", secret.Printable(note))
	}
	for _, cause := range r.Causes {
		fmt.Fprintf(&b, "; %d x %s, such as %s: %s", cause.Count, cause.Reason, cause.Example, secret.Printable(cause.Message))
	}
	text := b.String()
	if len(text) > briefBytes {
		const more = "..."
		text = strings.ToValidUTF8(text[:briefBytes-len(more)], "") + more
	}
	return text
}

// WriteBrief writes the line to a file, such as the one that Kubernetes takes the termination message from.
func (r *Run) WriteBrief(path string) error {
	const readable = 0o644
	if err := os.WriteFile(path, []byte(r.Brief()), readable); err != nil {
		return fmt.Errorf("write the termination message: %w", err)
	}
	return nil
}
