package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
)

// Cause is what failures have in common.
type Cause struct {
	Reason core.Reason `json:"reason"`
	// Message is what they say, with * for names, numbers and whatever else tells one from the other.
	Message string `json:"message"`
	Count   int    `json:"count"`
	// Example is one of them, NAMESPACE/NAME.
	Example string `json:"example"`
}

// causesOf groups the failures of results, the most frequent first.
func causesOf(results []core.Result) []Cause {
	type key struct {
		reason core.Reason
		shape  string
	}
	at := map[key]int{}
	var causes []Cause
	for _, r := range results {
		if r.Outcome != core.Failed {
			continue
		}
		k := key{r.Reason, shapeOf(r.Message)}
		i, ok := at[k]
		if !ok {
			i = len(causes)
			at[k] = i
			causes = append(causes, Cause{Reason: k.reason, Message: k.shape, Example: r.Namespace + "/" + r.Name})
		}
		causes[i].Count++
	}
	slices.SortStableFunc(causes, func(a, b Cause) int { return cmp.Compare(b.Count, a.Count) })
	return causes
}

// particular matches what differs from one message of a kind to another: what is quoted, indices, and words with a digit.
var particular = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\[\d+\]|[^\s"]*\d[^\s"]*`)

// shapeOf is a message without what is particular to it.
func shapeOf(message string) string {
	return particular.ReplaceAllStringFunc(message, func(part string) string {
		switch {
		case strings.HasPrefix(part, "["):
			return "[*]"
		case strings.HasPrefix(part, `"`):
			return `"*"`
		}
		// What is indexed or ends a clause is recognised by what surrounds it.
		if head, tail, ok := strings.Cut(part, "["); ok && !strings.ContainsAny(head, "0123456789") {
			if _, rest, ok := strings.Cut(tail, "]"); ok && !strings.ContainsAny(rest, "0123456789") {
				return head + "[*]" + rest
			}
		}
		trimmed := strings.TrimRight(part, ".,:;)")
		return "*" + part[len(trimmed):]
	})
}
