// Package trace names the steps that an ExternalSecret takes through the pipeline, and says which of them an error belongs to. What
// the steps do is the stations'; what a person is shown of them is the plugin's.
package trace

import (
	"errors"
	"slices"
)

// Step is a step of the pipeline. Its name is for programs, too, and stays.
type Step string

// The steps, in the order in which an ExternalSecret takes them.
const (
	// Object: the ExternalSecret is there and can be decoded.
	Object Step = "Object"
	// Rules: it keeps the rules of admission.
	Rules Step = "Rules"
	// Due: its policy, interval and windows ask for a refresh, and somebody makes it.
	Due Step = "Due"
	// Store: what it reads from is there, and its spec makes sense.
	Store Step = "Store"
	// Class: the stores are for who reads them here.
	Class Step = "Class"
	// Namespace: the stores admit its namespace.
	Namespace Step = "Namespace"
	// Credentials: what the stores log in with can be read.
	Credentials Step = "Credentials"
	// Token: tokens of service accounts are minted.
	Token Step = "Token"
	// Identity: the provider knows the caller.
	Identity Step = "Identity"
	// Read: the provider gives the remote secrets, or the generator its values.
	Read Step = "Read"
	// Property: what is wanted of a remote secret is in it.
	Property Step = "Property"
	// Rewrite: the keys become those of the target, and are valid.
	Rewrite Step = "Rewrite"
	// Decoding: the values are decoded.
	Decoding Step = "Decoding"
	// Template: the template makes the target of them.
	Template Step = "Template"
	// Target: the target may be written.
	Target Step = "Target"
	// Difference: what would be written is compared with what is there.
	Difference Step = "Difference"
	// Writers: who else writes the target.
	Writers Step = "Writers"
	// Recorded: what the last refresh, by whomever, has left in status and Events.
	Recorded Step = "Recorded"
)

// Steps are all of them, in order.
func Steps() []Step {
	return []Step{
		Object, Rules, Due, Store, Class, Namespace, Credentials, Token, Identity,
		Read, Property, Rewrite, Decoding, Template, Target, Difference, Writers, Recorded,
	}
}

// Index is the place of a step among Steps; -1 for none of them.
func (s Step) Index() int { return slices.Index(Steps(), s) }

// At says that err is what the step failed with. Whoever is nearest to the fault knows best: an error that has a step keeps it.
func At(step Step, err error) error {
	if err == nil || Of(err) != "" {
		return err
	}
	return &failure{step: step, err: err}
}

// Of is the step that err belongs to; empty where nothing says so.
func Of(err error) Step {
	var f *failure
	if errors.As(err, &f) {
		return f.step
	}
	return ""
}

// failure is an error with its step. It reads as the error does.
type failure struct {
	step Step
	err  error
}

func (f *failure) Error() string { return f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

// State is what became of a step.
type State string

// The states.
const (
	OK         State = "OK"
	Warning    State = "Warning"    // it works, and should be seen to
	Failed     State = "Failed"     // here it ends
	NotReached State = "NotReached" // a step before it has failed
	Skipped    State = "Skipped"    // there is nothing to do
)

// Fact is a piece of evidence: no secret value, and no credential.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Taken is a step as it was taken.
type Taken struct {
	Step     Step   `json:"step"`
	State    State  `json:"state"`
	Message  string `json:"message,omitempty"`
	Evidence []Fact `json:"evidence,omitempty"`
}
