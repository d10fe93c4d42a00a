package runs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// Gather reads the Jobs and the reports, and puts them together: the latest run first. The Jobs are read before: of one that has
// ended by then, the report is there.
func Gather(ctx context.Context, r *jobs.Runner) ([]Run, error) {
	list, unlisted := r.Jobs(ctx)
	reports, err := r.Reports(ctx)
	if err := cmp.Or(err, unlisted); err != nil {
		return nil, err
	}
	return assemble(reports, list), nil
}

// assemble makes runs of reports, by their ids, and of Jobs: the latest first.
func assemble(reports map[string]string, list []batchv1.Job) []Run {
	var runs []Run
	for id, text := range reports {
		runs = append(runs, ofReport(id, text))
	}
	for i := range list {
		runs = join(runs, &list[i])
	}
	slices.SortFunc(runs, func(a, b Run) int { return cmp.Or(b.Started.Compare(a.Started), strings.Compare(a.Name, b.Name)) })
	return runs
}

// ofReport is a run by its report. One that can't be read is told of by its id, which has the time.
func ofReport(id, text string) Run {
	run := Run{APIVersion: document.APIVersion, Kind: kindRun, Name: id}
	r := &report.Run{}
	if err := json.Unmarshal([]byte(text), r); err != nil {
		run.State, run.Message = Failed, fmt.Sprintf("its report can't be read: %v", err)
		run.Started = report.Begun(id)
		return run
	}
	run.State, run.Job, run.Started, run.Message, run.Report = stateOf(r), jobOf(r), r.Started, r.Error, r
	if !strings.HasPrefix(run.Job, jobs.Name+"-") {
		run.Job = "" // of a run elsewhere, as far as can be told without its Job
	}
	run.Manual = strings.HasPrefix(run.Job, jobs.Manually)
	return run
}

// jobOf is the Job of a run, by the Pod in which it was: NAME-XXXXX, with a shard NAME-INDEX-XXXXX. Outside of a Pod it
// names no Job.
func jobOf(r *report.Run) string {
	name := r.Pod[:max(strings.LastIndex(r.Pod, "-"), 0)]
	if r.Shard != nil {
		name = strings.TrimSuffix(name, fmt.Sprintf("-%d", r.Shard.Index))
	}
	return name
}

// join adds to the runs that have reported what their Job tells of them and, if it tells more, a run without a report.
func join(runs []Run, job *batchv1.Job) []Run {
	var reported []*Run
	for i := range runs {
		if runs[i].Report != nil && jobOf(runs[i].Report) == job.Name {
			runs[i].Job, runs[i].Manual = job.Name, jobs.Manual(job)
			reported = append(reported, &runs[i])
		}
	}
	run := Run{
		APIVersion: document.APIVersion, Kind: kindRun, Name: job.Name, State: Running, Job: job.Name,
		Manual: jobs.Manual(job), Started: job.CreationTimestamp.Time,
	}
	ended, well := jobs.Finished(job)
	switch {
	case !ended:
		left := markLingering(reported, job)
		if left == 0 {
			return runs
		}
		if all := jobs.Shards(job); all > 1 {
			run.Message = fmt.Sprintf("%d of %d shards have yet to report", left, all)
		}
	case tellAll(reported, jobs.Shards(job), well):
		return runs
	case well:
		run.State = Unreported
	default:
		run.State, run.Message = Failed, jobs.Reason(job)
	}
	return append(runs, run)
}

// markLingering marks the runs that have made their pass and go on, and counts the shards that have yet to make it. One that could
// not is tried again.
func markLingering(reported []*Run, job *batchv1.Job) int {
	atWork := jobs.AtWork(job)
	for _, run := range reported {
		if made := run.State == Succeeded || run.State == SomeFailed; made && atWork[run.shard()] {
			run.State = Running
			delete(atWork, run.shard())
		}
	}
	return len(atWork)
}

// tellAll tells whether reports have all that there is to say of a Job that has ended. If it has failed, one of them must say so.
func tellAll(reported []*Run, shards int, well bool) bool {
	heard := map[int]bool{}
	failed := false
	for _, run := range reported {
		heard[run.shard()] = true
		failed = failed || run.State != Succeeded
	}
	if well {
		return len(heard) > 0 // a shard whose lease another run held has none
	}
	return failed && len(heard) == shards
}
