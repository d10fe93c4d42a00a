package runs

import (
	"context"
	"fmt"
	"io"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
)

// Options are resolved flags.
type Options struct {
	Runner *jobs.Runner
	// Name is the run that is asked for, by its name or that of its Job; empty means all.
	Name string
	// Follow prints the log of the run, of the latest where none is named, until it has ended.
	Follow        bool
	Wide, Headers bool
	// Printer prints documents for programs; nil means text.
	Printer printers.ResourcePrinter
	// NamesOnly prints nothing but names.
	NamesOnly bool
	Streams   genericiooptions.IOStreams
}

// Run prints the runs, or one of them, or its log.
func (o *Options) Run(ctx context.Context) error {
	runs, err := gather(ctx, o.Runner)
	if err != nil {
		return err
	}
	if o.Name != "" {
		if runs, err = o.named(runs); err != nil {
			return err
		}
	}
	switch {
	case o.Follow:
		return o.follow(ctx, runs)
	case len(runs) == 0 && o.Printer == nil:
		fmt.Fprintf(o.Streams.ErrOut, "No runs found in %s namespace.\n", o.Runner.Namespace)
		return nil
	case o.Printer != nil:
		return printDocument(o.Printer, runs, o.Name != "", o.Streams.Out)
	case o.NamesOnly:
		for _, run := range runs {
			fmt.Fprintln(o.Streams.Out, run.Name)
		}
		return nil
	case o.Name != "":
		return show(runs[0], time.Now(), o.Streams.Out)
	default:
		return printTable(runs, o.Wide, o.Headers, time.Now(), o.Streams.Out)
	}
}

// named finds the run of a name.
func (o *Options) named(runs []Run) ([]Run, error) {
	for _, run := range runs {
		if run.Name == o.Name || run.Job == o.Name {
			return []Run{run}, nil
		}
	}
	return nil, fmt.Errorf("there is no run %q in namespace %q: see kubectl externalsecret runs", o.Name, o.Runner.Namespace)
}

// follow prints the log of a run's Job.
func (o *Options) follow(ctx context.Context, runs []Run) error {
	if len(runs) == 0 || runs[0].Job == "" {
		return fmt.Errorf("there is no run in namespace %q whose log could be followed", o.Runner.Namespace)
	}
	job, err := o.Runner.Job(ctx, runs[0].Job)
	if err != nil {
		return err
	}
	return followJob(ctx, o.Runner, job, o.Streams.Out)
}

// followJob prints the log of a Job until it ends. That it fails is told by the exit code, and why by its log.
func followJob(ctx context.Context, r *jobs.Runner, job *batchv1.Job, out io.Writer) error {
	err := r.Follow(ctx, job, func(line []byte) { fmt.Fprintln(out, printers.EscapeTerminal(string(line))) })
	switch {
	case ctx.Err() != nil:
		return exit.Silent(exit.Code(context.Cause(ctx)))
	case err != nil:
		return fmt.Errorf("job %q: %w", job.Name, err)
	default:
		return nil
	}
}
