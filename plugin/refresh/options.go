package refresh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/refresh/restart"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Printer prints a whole report, in one of the formats of -o.
type Printer func(report core.Report, restarts []restart.Result, dryRun string, out io.Writer) error

// Options are resolved flags.
type Options struct {
	// Config is the pass; its hooks are set by Run.
	Config core.Config
	// Via says who refreshes.
	Via Via
	// RunnerNamespace is where the runner is installed.
	RunnerNamespace string
	// Restart has the workloads restarted that use what was refreshed and have an old value.
	Restart bool
	// Timeout bounds the pass; zero means no bound.
	Timeout time.Duration
	// ShowNamespaces tells the namespace of each ExternalSecret.
	ShowNamespaces bool
	// Printer prints the results at the end; nil means a line each, as they come.
	Printer Printer
	// Misses is where those that Printer leaves out are told a person: what failed or was skipped. Nil where it leaves out none.
	Misses  io.Writer
	Streams genericiooptions.IOStreams
}

// Run makes the pass and prints what came of it. The error has the exit code; what failed for an ExternalSecret is printed as
// its result.
func (o *Options) Run(ctx context.Context) error {
	if o.Timeout > 0 {
		timedOut := &exit.Error{Code: exit.TimedOut, Err: fmt.Errorf("timed out after %s", o.Timeout)}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.Timeout, timedOut)
		defer cancel()
	}
	view := &view{
		errOut: o.Streams.ErrOut, misses: o.Misses, namespaces: o.ShowNamespaces, dryRun: o.Config.DryRun,
		live: canRedraw(o.Streams.ErrOut),
	}
	if o.Printer == nil {
		view.hits, view.misses = o.Streams.Out, o.Streams.Out
	}
	report, err := o.refresh(ctx, view.begin, view.result)
	switch {
	case err != nil && context.Cause(ctx) != nil && view.done > 0:
		return fmt.Errorf("%w after %d of %d ExternalSecrets", context.Cause(ctx), view.done, view.total)
	case err != nil && context.Cause(ctx) != nil:
		return fmt.Errorf("%w before anything was refreshed", context.Cause(ctx))
	case err != nil:
		return err
	}
	view.end(report)
	if len(report.Results) == 0 {
		fmt.Fprintln(o.Streams.ErrOut, scope.Nothing(o.Config.Scope))
	}
	restarts, err := o.restart(ctx, view, report)
	if err != nil {
		return err
	}
	if o.Printer != nil {
		if err := o.Printer(report, restarts, string(o.Config.DryRun), o.Streams.Out); err != nil {
			return fmt.Errorf("print the report: %w", err)
		}
	}
	return verdict(ctx, report, restarts)
}

// dry tells whether nothing is to be written.
func (o *Options) dry() bool { return o.Config.DryRun != "" && o.Config.DryRun != write.DryRunNone }

// verdict is the error of a pass as a whole.
func verdict(ctx context.Context, report core.Report, restarts []restart.Result) error {
	stopped := 0
	for _, result := range report.Results {
		if result.Reason == core.Stopped {
			stopped++
		}
	}
	var cause *exit.Error
	ended := errors.As(context.Cause(ctx), &cause)
	left := slices.ContainsFunc(restarts, func(r restart.Result) bool { return r.Outcome == restart.Failed })
	switch {
	case stopped > 0 && ended:
		return &exit.Error{Code: cause.Code, Err: fmt.Errorf("%w: %d of %d ExternalSecrets were not reached",
			cause, stopped, len(report.Results))}
	case left && ended:
		return &exit.Error{Code: cause.Code, Err: fmt.Errorf("%w: not all workloads were restarted, which the same command does", cause)}
	case report.Failed(), left:
		return exit.Silent(exit.Failed)
	default:
		return nil
	}
}
