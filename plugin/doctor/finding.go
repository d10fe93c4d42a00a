package doctor

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// Severity says how a finding is meant.
type Severity string

// The severities.
const (
	// OK: it was looked at, and all is well.
	OK Severity = "OK"
	// Warning: it works, and should still be seen to.
	Warning Severity = "WARNING"
	// Problem: something does not work.
	Problem Severity = "PROBLEM"
	// Unknown: it could not be looked at.
	Unknown Severity = "UNKNOWN"
)

// most is how many objects a finding names; it counts all.
const most = 5

// Finding is one result, in the shape that programs read. It is versioned: fields are added, not changed. Text in it is fit for
// a terminal.
type Finding struct {
	// Check is the part that was looked at, as in Catalog.
	Check string `json:"check"`
	// ID names what was found, as in Catalog; of what is OK or UNKNOWN it is the check.
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	// Fix is what to do: words, and commands in lines of their own.
	Fix string `json:"fix,omitempty"`
	// Count is how many objects are concerned, of which Objects has a few.
	Count   int      `json:"count,omitempty"`
	Objects []Object `json:"objects,omitempty"`
}

// Object is one that a finding is about.
type Object struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Note is what is to be said of this one.
	Note string `json:"note,omitempty"`
}

// fine is the finding that a check has nothing to complain of.
func fine(check, format string, args ...any) Finding {
	return Finding{Check: check, ID: check, Severity: OK, Message: secret.Printable(fmt.Sprintf(format, args...))}
}

// unknown is the finding that a check could not be made.
func unknown(check, format string, args ...any) Finding {
	return Finding{Check: check, ID: check, Severity: Unknown, Message: secret.Printable(fmt.Sprintf(format, args...))}
}

// found is a finding of the catalog.
func found(severity Severity, id, format string, args ...any) Finding {
	return Finding{Check: checkOf(id), ID: id, Severity: severity, Message: secret.Printable(fmt.Sprintf(format, args...))}
}

// fix adds what to do: words, and then commands.
func (f Finding) fix(lines ...string) Finding {
	f.Fix = strings.Join(lines, "\n")
	return f
}

// about adds the objects that are concerned.
func (f Finding) about(objects ...Object) Finding {
	f.Count = len(objects)
	for _, object := range objects[:min(len(objects), most)] {
		object.Note = secret.Printable(object.Note)
		f.Objects = append(f.Objects, object)
	}
	return f
}

func named(kind string, name types.NamespacedName, note string) Object {
	return Object{Kind: kind, Namespace: name.Namespace, Name: name.Name, Note: note}
}

// counted is a number of things.
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// is is a number of things and the verb that goes with it.
func is(n int, one string) string { return verb(n, one, "is", "are") }

func was(n int, one string) string { return verb(n, one, "was", "were") }

func has(n int, one string) string { return verb(n, one, "has", "have") }

func verb(n int, one, singular, plural string) string {
	if n == 1 {
		plural = singular
	}
	return counted(n, one) + " " + plural
}

// plain are the words that a shell takes as they are.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`)

// quote makes one word of a shell's of a text that somebody else chose.
func quote(text string) string {
	if text = secret.Printable(text); plain.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
