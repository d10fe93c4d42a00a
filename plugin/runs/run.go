package runs

import (
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// State sums a run up.
type State string

// The states.
const (
	// Running: its Job has not ended, and it has not reported yet or lingers.
	Running State = "Running"
	// Succeeded: all that was due is synced.
	Succeeded State = "Succeeded"
	// SomeFailed: the pass was made, and some ExternalSecrets failed.
	SomeFailed State = "SomeFailed"
	// Failed: no pass was made, or it was cut short.
	Failed State = "Failed"
	// Unreported: its Job ended well, and there is no report of it.
	Unreported State = "Unreported"
)

const (
	kindRun  = "Run"
	kindList = "RunList"
)

// Run is a run, past or present. The names of its fields are stable.
type Run struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Name is the id of the report or, where there is none, the name of the Job.
	Name  string `json:"name"`
	State State  `json:"state"`
	// Job is the Job that makes it, which may be gone; empty if it is none of the runner's.
	Job    string `json:"job,omitempty"`
	Manual bool   `json:"manual,omitempty"`
	// Started is zero where it is not known.
	Started time.Time `json:"started,omitzero"`
	// Message is why it failed as a whole.
	Message string      `json:"message,omitempty"`
	Report  *report.Run `json:"report,omitempty"`
}

// stateOf reads the state from a report.
func stateOf(r *report.Run) State {
	switch {
	case r.Exit == runner.ExitOK && r.Error == "":
		return Succeeded
	case r.Exit == runner.ExitSomeFailed && r.Error == "":
		return SomeFailed
	default:
		return Failed
	}
}

// shard is which of its Job's shards a run is; 0 where there is one only.
func (r Run) shard() int {
	if r.Report == nil || r.Report.Shard == nil {
		return 0
	}
	return r.Report.Shard.Index
}

// by is who has started it.
func (r Run) by() string {
	switch {
	case r.Job == "":
		return "<unknown>"
	case r.Manual:
		return "hand"
	default:
		return "schedule"
	}
}
