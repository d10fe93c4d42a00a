package runs

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

const startLong = `
Start a run now, as the schedule would: a Job that is made from the CronJob, also from one that is suspended. It is kept for an hour
after it has ended.

Exit codes: 0 if it was started and, with --follow, has succeeded; 1 if not.`

const startExample = `
# Start a run, and follow its log until it ends
kubectl externalsecret runs start --follow

# Refresh also what is not due
kubectl externalsecret runs start --runner-flag=--force`

// newStartCommand makes `runs start`.
func newStartCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) *cobra.Command {
	var follow bool
	var flags []string
	cmd := &cobra.Command{
		Use:                   "start [--follow]",
		DisableFlagsInUseLine: true,
		Short:                 "Start a run now",
		Long:                  startLong,
		Example:               startExample,
		Args:                  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, flag := range flags {
				if !strings.HasPrefix(flag, "--") {
					return cmdutil.UsageErrorf(cmd, "--runner-flag %q is not a flag: it begins with --", flag)
				}
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
			return followJob(cmd.Context(), runner, job, streams)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", follow, "Print its log until it ends.")
	cmd.Flags().StringArrayVar(&flags, "runner-flag", flags,
		"A flag of the runner for this run, in the place of the CronJob's of that name, such as --runner-flag=--force. May be repeated.")
	return cmd
}
