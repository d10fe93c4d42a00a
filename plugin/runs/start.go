package runs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

const startLong = `
Start a run now, as the schedule would: a Job that is made from the CronJob, also from one that is suspended. It is kept for an hour
after it has ended.

Exit codes: 0 if it was started and, with --follow, has succeeded; 1 if not; 124 if --timeout passed before it ended, in which case it goes on.`

const startExample = `
# Start a run, and follow its log until it ends
kubectl externalsecret runs start --follow

# Follow it for ten minutes at most
kubectl externalsecret runs start --follow --timeout=10m

# Refresh also what is not due
kubectl externalsecret runs start --runner-flag=--force`

// newStartCommand makes `runs start`.
func newStartCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) *cobra.Command {
	var follow bool
	var timeout time.Duration
	var flags []string
	cmd := &cobra.Command{
		Use:                   "start [--follow [--timeout=DURATION]]",
		DisableFlagsInUseLine: true,
		Short:                 "Start a run now",
		Long:                  startLong,
		Example:               startExample,
		Args:                  scope.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, flag := range flags {
				if !strings.HasPrefix(flag, "--") {
					return cmdutil.UsageErrorf(cmd, "--runner-flag %q is not a flag: it begins with --", flag)
				}
			}
			switch {
			case timeout < 0:
				return cmdutil.UsageErrorf(cmd, "--timeout must not be negative")
			case timeout > 0 && !follow:
				return cmdutil.UsageErrorf(cmd, "--timeout needs --follow")
			}
			runner, err := connect(getter)
			if err != nil {
				return err
			}
			cron, err := runner.CronJob(cmd.Context())
			if err != nil {
				return err
			}
			job, err := runner.Start(cmd.Context(), cron, flags...)
			if err != nil {
				return err
			}
			if !follow {
				fmt.Fprintf(streams.Out, "job.batch/%s created\n", job.Name)
				return nil
			}
			fmt.Fprintf(streams.ErrOut, "job.batch/%s created\n", job.Name) // standard output is the log's
			return followFor(cmd.Context(), timeout, runner, job, streams)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", follow, "Print its log until it ends.")
	cmd.Flags().DurationVar(&timeout, "timeout", timeout,
		"How long to follow before giving up; the run goes on. Needs a unit (e.g. 30s, 5m). Zero means no limit.")
	cmd.Flags().StringArrayVar(&flags, "runner-flag", flags,
		"A flag of the runner for this run, in the place of the CronJob's of that name, such as --runner-flag=--force. May be repeated.")
	return cmd
}

// followFor is followJob for so long at most; zero means no limit. The Job is left as it is.
func followFor(ctx context.Context, timeout time.Duration, r *jobs.Runner, job *batchv1.Job, streams genericiooptions.IOStreams) error {
	if timeout == 0 {
		return followJob(ctx, r, job, streams)
	}
	timedOut := &exit.Error{Code: exit.TimedOut, Err: fmt.Errorf(
		"timed out after %s: job %q goes on, and is followed again by: kubectl externalsecret runs %s --follow -n %s", timeout, job.Name, job.Name, r.Namespace)}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, timedOut)
	defer cancel()
	err := followJob(ctx, r, job, streams)
	if err != nil && errors.Is(context.Cause(ctx), timedOut) {
		return timedOut
	}
	return err
}
