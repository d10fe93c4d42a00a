// Package diagnose tells what is behind the text of a failure: cause, check, fix, whose task that is, and whether waiting helps. What it
// knows lies in knowledge/, in files that a person edits; the code here only recognises. It asks nobody, neither the cluster nor a
// provider, and what it does not know it calls unknown: there are no guesses here. Where a failure lies in the pipeline is not for
// this package to say.
package diagnose

import "slices"

// Unknown is the ID of the diagnosis of what nobody has written down yet.
const Unknown = "unknown"

// Unsaid is the owner of what can be anybody's, and the Retry of what nothing is known about.
const Unsaid = "-"

// Owners of a cause.
const (
	App      = "app"
	Platform = "platform"
	Cloud    = "cloud"
	Vault    = "vault"
)

// Values of Retry: whether the same request may succeed later though nobody does anything.
const (
	Yes         = "yes"
	No          = "no"
	Conditional = "cond"
)

// Diagnosis is what is known about a failure. Its texts may quote names out of the text of the failure, such as that of a role, and
// never what could be a secret. Check and Fix have several lines; one that begins with "$ " is a command to run, and a word in
// capitals in it stands for what the text did not tell.
type Diagnosis struct {
	// ID is stable, such as "AWS-27", or Unknown.
	ID    string `json:"id"`
	Cause string `json:"cause"`
	Check string `json:"check"`
	Fix   string `json:"fix"`
	// Owner is who can mend it: App, Platform, Cloud, Vault or Unsaid.
	Owner string `json:"owner"`
	// Retry is Yes, No, Conditional or Unsaid.
	Retry string `json:"retry"`
}

// Text diagnoses the text of a failure, from wherever it was copied: a condition, an Event, a line of a log. It is safe for any input,
// of which at most the first and the last 16 KiB are looked at. names are what the caller knows beyond the text, by placeholder, such as
// "region": they stand where the text does not tell.
func Text(text string, names map[string]string) Diagnosis { return diagnose(text, nil, names) }

// Error diagnoses err by what its chain says to a program, and otherwise as Text does.
func Error(err error, names map[string]string) Diagnosis {
	if err == nil {
		return unknown()
	}
	return diagnose(err.Error(), factsOf(err), names)
}

// Causes are all that can be diagnosed, in the order in which they are tried, with placeholders such as {secret} in their texts.
func Causes() ([]Diagnosis, error) {
	k, err := known()
	if err != nil {
		return nil, err
	}
	causes := make([]Diagnosis, len(k.causes))
	for i, c := range k.causes {
		causes[i] = c.Diagnosis
	}
	return causes, nil
}

func diagnose(text string, facts []string, names map[string]string) Diagnosis {
	k, err := known()
	if err != nil {
		return unknown() // what is embedded was read by a test
	}
	s := newSubject(text, facts)
	i := slices.IndexFunc(k.causes, func(c cause) bool { return c.fits(s) })
	if i < 0 {
		return k.fill(cause{Diagnosis: unknown()}, s, names)
	}
	return k.fill(k.causes[i], s, names)
}

func unknown() Diagnosis {
	return Diagnosis{
		ID:    Unknown,
		Cause: "This failure is not among those that are known here, and nothing is guessed.",
		Check: "Read the whole text, innermost part first: what follows the last colon is what the failing side said. " +
			"The trace shows at which step it failed, and as whom:\n$ kubectl externalsecret explain {name} -n {namespace}",
		Fix:   "Look the innermost part up with the provider or Kubernetes. If you find the cause, report the text without its secrets, so that it is known here next time.",
		Owner: Unsaid,
		Retry: Unsaid,
	}
}
