package runs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// State sums a run up.
type State string

// The states.
const (
	// Running: its Job has not ended and there is no report yet.
	Running State = "Running"
	// Succeeded: all that was due is synced.
	Succeeded State = "Succeeded"
	// SomeFailed: the pass was made, and some ExternalSecrets failed.
	SomeFailed State = "SomeFailed"
	// Failed: no pass was made, or it was cut short.
	Failed State = "Failed"
)

// Run is a run, past or present. The names of its fields are stable.
type Run struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Name is the id of the report or, where there is none, the name of the Job.
	Name  string `json:"name"`
	State State  `json:"state"`
	// Job is the Job that makes it, empty where that is not known: it may be gone.
	Job     string    `json:"job,omitempty"`
	Manual  bool      `json:"manual,omitempty"`
	Started time.Time `json:"started"`
	// Message is why it failed as a whole.
	Message string      `json:"message,omitempty"`
	Report  *report.Run `json:"report,omitempty"`
}

const (
	apiVersion = "externalsecret.kubectl/v1"
	kindRun    = "Run"
	kindList   = "RunList"
)

// gather reads the reports and the Jobs, and puts them together, the latest run first.
func gather(ctx context.Context, r *jobs.Runner) ([]Run, error) {
	texts, err := r.Reports(ctx)
	if err != nil {
		return nil, err
	}
	list, err := r.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	return assemble(texts, list), nil
}

// assemble is gather without the requests. A report that can't be read is a run that can't be told of.
func assemble(texts map[string]string, list []batchv1.Job) []Run {
	var runs []Run
	reported := map[string]bool{}
	manual := map[string]bool{}
	for i := range list {
		manual[list[i].Name] = jobs.Manual(&list[i])
	}
	for id, text := range texts {
		var r report.Run
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			runs = append(runs, Run{APIVersion: apiVersion, Kind: kindRun, Name: id, State: Failed, Message: fmt.Sprintf("its report can't be read: %v", err)})
			continue
		}
		job := jobOf(&r)
		reported[job] = true
		runs = append(runs, Run{
			APIVersion: apiVersion, Kind: kindRun, Name: id, State: stateOf(&r), Job: job, Manual: manual[job], Started: r.Started,
			Message: r.Error, Report: &r,
		})
	}
	for i := range list {
		job := &list[i]
		ended, well := jobs.Finished(job)
		if reported[job.Name] && ended || ended && well {
			continue // its report tells more, or has gone with age
		}
		if reported[job.Name] {
			markRunning(runs, job.Name)
			continue
		}
		run := Run{APIVersion: apiVersion, Kind: kindRun, Name: job.Name, State: Running, Job: job.Name, Manual: manual[job.Name], Started: job.CreationTimestamp.Time}
		if ended {
			run.State, run.Message = Failed, jobs.Reason(job)
		}
		runs = append(runs, run)
	}
	slices.SortStableFunc(runs, func(a, b Run) int {
		return cmp.Or(b.Started.Compare(a.Started), strings.Compare(a.Name, b.Name))
	})
	return runs
}

// markRunning marks the runs of a Job that goes on: it lingers, or other shards do.
func markRunning(runs []Run, job string) {
	for i := range runs {
		if runs[i].Job == job && runs[i].State == Succeeded {
			runs[i].State = Running
		}
	}
}

// stateOf reads the state from the exit code.
func stateOf(r *report.Run) State {
	switch r.Exit {
	case runner.ExitOK:
		if r.Error != "" {
			return Failed
		}
		return Succeeded
	case runner.ExitSomeFailed:
		return SomeFailed
	default:
		return Failed
	}
}

// podSuffix is what a Job puts behind its name for a Pod: an index, if it has one, and five letters.
var podSuffix = regexp.MustCompile(`(-[0-9]+)?-[a-z0-9]{5}$`)

// jobOf is the Job of a run, by the Pod in which it was.
func jobOf(r *report.Run) string {
	if r.Pod == "" {
		return ""
	}
	suffix := podSuffix.FindString(r.Pod)
	if r.Shard == nil && strings.Count(suffix, "-") > 1 {
		suffix = suffix[strings.LastIndex(suffix, "-"):]
	}
	return strings.TrimSuffix(r.Pod, suffix)
}

// changed is how many Secrets a run has written or deleted.
func changed(outcomes map[core.Outcome]int) int {
	return outcomes[core.Created] + outcomes[core.Updated] + outcomes[core.Deleted]
}
