package runs

import (
	"context"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
)

// Options are resolved flags.
type Options struct {
	Runner *jobs.Runner
	// Name is the run that is asked for, or the Job of several; empty means all.
	Name string
	// Follow prints the log of the run, of the latest where none is named, until it has ended.
	Follow  bool
	Output  Output
	Streams genericiooptions.IOStreams
}

// Run prints the runs, or one of them, or its log.
func (o *Options) Run(ctx context.Context) error {
	runs, err := Gather(ctx, o.Runner)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		// A runner that has not run yet, or none at all? Who may not know is told what can be said.
		if _, err := o.Runner.CronJob(ctx); apierrors.IsNotFound(err) {
			return err
		}
	}
	if o.Name != "" {
		if runs = choose(runs, o.Name); len(runs) == 0 {
			return fmt.Errorf("there is no run %q in namespace %q: kubectl externalsecret runs lists those that are known", o.Name, o.Runner.Namespace)
		}
	}
	switch {
	case o.Follow:
		return o.follow(ctx, runs)
	case len(runs) == 0 && o.Output.Form != documents:
		fmt.Fprintf(o.Streams.ErrOut, "No runs found in %s namespace.\n", o.Runner.Namespace)
		return nil
	default:
		o.Output.One = o.Name != "" && len(runs) == 1
		return o.Output.Print(runs)
	}
}

// choose finds the run of a name, or those of a Job.
func choose(runs []Run, name string) []Run {
	if i := slices.IndexFunc(runs, func(run Run) bool { return run.Name == name && run.Job != name }); i >= 0 {
		return runs[i : i+1]
	}
	return slices.DeleteFunc(slices.Clone(runs), func(run Run) bool { return run.Job != name })
}

// follow prints the log of the first run's Job.
func (o *Options) follow(ctx context.Context, runs []Run) error {
	i := slices.IndexFunc(runs, func(run Run) bool { return run.Job != "" })
	if i < 0 {
		return fmt.Errorf("there is no run in namespace %q whose log could be followed: none has a Job", o.Runner.Namespace)
	}
	job, err := o.Runner.Job(ctx, runs[i].Job)
	if apierrors.IsNotFound(err) {
		return fmt.Errorf("the log of run %q has gone with its Job; its report can be read without --follow: %w", runs[i].Name, err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Streams.ErrOut, "following job.batch/%s\n", job.Name) // its Pod may take a while to begin
	return followJob(ctx, o.Runner, job, o.Streams)
}

// followJob prints the log of a Job until it ends. That it fails is told by the exit code, and why by its log.
func followJob(ctx context.Context, r *jobs.Runner, job *batchv1.Job, streams genericiooptions.IOStreams) error {
	err := r.Follow(ctx, job, func(line []byte) { fmt.Fprintln(streams.Out, printers.EscapeTerminal(string(line))) },
		func(text string) { fmt.Fprintln(streams.ErrOut, secret.Printable(text)) })
	switch {
	case ctx.Err() != nil:
		return exit.Silent(exit.Code(context.Cause(ctx)))
	case err != nil:
		return fmt.Errorf("job %q: %w", job.Name, err)
	default:
		return nil
	}
}
