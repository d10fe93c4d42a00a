// Package runs is the commands that show what the runner of a cluster has done and does, start a run now, and stop the schedule.
// What is here puts reports and Jobs together in functions without effects, and prints them; package jobs asks the API server.
package runs

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/completion"
)

const long = `
List the runs of the runner that is installed in the cluster, past and present, or tell what one of them did.

The runner keeps reports of its last runs in a ConfigMap; runs that go on, and those that left no report, are known by their Jobs. A
run has the name of its report or, before there is one, that of its Job. The name of a Job means all its runs: with shards these are
several.

The namespace is externalsecret-system, unless -n names another.

States:

    Running       its Job goes on: it has not reported yet, or lingers after its pass
    Succeeded     all that was due is synced
    SomeFailed    the pass was made, and some ExternalSecrets failed
    Failed        no pass was made, or it was cut short
    Unreported    its Job ended well without a report: another run held the lease, or the report is too old to be kept

With -o json, yaml, jsonpath or go-template, each item is a Run (externalsecret.kubectl/v1), in a RunList unless one is named:

    name, state        as above
    job                the Job that makes it; absent if it is not one of the runner's
    manual             whether it was started by hand
    started            when it began
    message            why it failed as a whole
    report             what the runner has reported

Exit codes: 0 if the runs could be read; 1 if not, or if a run that is followed fails.`

const example = `
# List the runs
kubectl externalsecret runs

# List them with their Jobs and messages
kubectl externalsecret runs -o wide

# Tell what one did
kubectl externalsecret runs 20261125t130500.250z-x7k2p

# Follow the log of the latest
kubectl externalsecret runs --follow

# Start one now, and follow it
kubectl externalsecret runs start --follow

# Stop the schedule, and let it go on
kubectl externalsecret runs suspend
kubectl externalsecret runs resume`

// NewCommand makes `runs` and the commands below it.
func NewCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) *cobra.Command {
	flags := NewFlags(getter, streams)
	cmd := &cobra.Command{
		Use:                   "runs [NAME] [--follow]",
		DisableFlagsInUseLine: true,
		Short:                 "List the runs of the installed runner, and start one",
		Long:                  long,
		Example:               example,
		Args:                  cobra.ArbitraryArgs, // Validate says what is wrong with them
		SuggestFor:            []string{"jobs", "reports", "logs", "history"},
		ValidArgsFunction:     completeNames(getter),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.Validate(args); err != nil {
				return cmdutil.UsageErrorf(cmd, "%v", err)
			}
			options, err := flags.ToOptions(args)
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd)
	cmd.AddCommand(newStartCommand(getter, streams), newSuspendCommand(getter, streams), newResumeCommand(getter, streams))
	return cmd
}

// completeNames completes the names of runs.
func completeNames(getter genericclioptions.RESTClientGetter) cobra.CompletionFunc {
	return completion.Names(func(ctx context.Context, _ *cobra.Command, args []string, _ string) ([]string, error) {
		if len(args) > 0 {
			return nil, nil
		}
		runner, err := connect(getter)
		if err != nil {
			return nil, err
		}
		runs, err := Gather(ctx, runner)
		if err != nil {
			return nil, err
		}
		names := make([]string, len(runs))
		for i, run := range runs {
			names[i] = run.Name
		}
		return names, nil
	})
}
