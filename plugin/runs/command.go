// Package runs is the command that shows what the runner of a cluster has done and does, starts a run now, and stops the schedule.
package runs

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
)

const long = `
List the runs of the runner that is installed in the cluster, past and present, or tell what one of them did.

Reports of the last runs are kept by the runner in a ConfigMap; runs that go on, and those that left no report, are known by their
Jobs. A run goes by the name of its report or by that of its Job.

The namespace is externalsecret-system, unless -n names another.

With -o json or yaml, Runs (externalsecret.kubectl/v1) are printed, in a RunList unless one is named:

    name, job, started, manual    of the run
    state                         Running, Succeeded, SomeFailed (some ExternalSecrets did) or Failed (as a whole)
    message                       why it failed as a whole
    report                        what the runner has reported; see its documentation

Exit codes: 0 if the runs could be read; 1 if not, or if a run that is followed fails.`

const example = `
# List the runs
kubectl externalsecret runs

# Tell what one did
kubectl externalsecret runs 20261125t130500z-x7k2p

# Follow the log of the latest
kubectl externalsecret runs --follow

# Start one now, and follow it
kubectl externalsecret runs start --follow

# Stop the schedule, and let it go on
kubectl externalsecret runs suspend
kubectl externalsecret runs resume`

// command is what the commands have in common.
type command struct {
	getter  genericclioptions.RESTClientGetter
	streams genericiooptions.IOStreams
}

// NewCommand makes `runs` and the commands below it.
func NewCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) *cobra.Command {
	c := &command{getter, streams}
	options := &Options{Headers: true, Streams: streams}
	output := ""
	noHeaders := false
	cmd := &cobra.Command{
		Use:                   "runs [NAME] [--follow]",
		DisableFlagsInUseLine: true,
		Short:                 "List the runs of the installed runner, and start one",
		Long:                  long,
		Example:               example,
		Args:                  cobra.MaximumNArgs(1),
		ValidArgsFunction:     c.complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				options.Name = args[0]
			}
			options.Headers = !noHeaders
			if err := options.setOutput(output); err != nil {
				return cmdutil.UsageErrorf(cmd, "%v", err)
			}
			var err error
			if options.Runner, err = c.runner(); err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	cmd.Flags().BoolVarP(&options.Follow, "follow", "f", false, "Print the log of the run, of the latest if none is named, until it ends.")
	cmd.Flags().StringVarP(&output, "output", "o", "", "Output format. One of: (json, yaml, name, wide).")
	cmd.Flags().BoolVar(&noHeaders, "no-headers", false, "Print no column headers.")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json", "yaml", "name", "wide"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.AddCommand(c.start(), c.suspend(true), c.suspend(false))
	return cmd
}

// setOutput reads -o.
func (o *Options) setOutput(output string) error {
	switch output {
	case "":
	case "wide":
		o.Wide = true
	case "name":
		o.NamesOnly = true
	case "json", "yaml":
		flags := genericclioptions.NewPrintFlags("")
		flags.OutputFormat = &output
		printer, err := flags.ToPrinter()
		o.Printer = printer
		return err
	default:
		return fmt.Errorf("-o %s is none of json, yaml, name and wide", output)
	}
	return nil
}

// runner connects to the runner in the namespace that a person has named, or in its own: that of the context is somebody's who
// works there.
func (c *command) runner() (*jobs.Runner, error) {
	namespace, named, err := c.getter.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	if !named {
		namespace = jobs.Namespace
	}
	config, err := c.getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	return jobs.New(config, namespace)
}

// complete completes the names of runs.
func (c *command) complete(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	runner, err := c.runner()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	runs, err := gather(cmd.Context(), runner)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := make([]string, len(runs))
	for i, run := range runs {
		names[i] = run.Name
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// start is `runs start`.
func (c *command) start() *cobra.Command {
	var follow bool
	var flags []string
	cmd := &cobra.Command{
		Use:                   "start [--follow]",
		DisableFlagsInUseLine: true,
		Short:                 "Start a run now",
		Long:                  "Start a run now, as the schedule would: a Job that is made from the CronJob.",
		Example:               "# Start a run, and follow its log until it ends\nkubectl externalsecret runs start --follow",
		Args:                  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			runner, err := c.runner()
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
				fmt.Fprintf(c.streams.Out, "job.batch/%s created\n", job.Name)
				return nil
			}
			fmt.Fprintf(c.streams.ErrOut, "job.batch/%s created\n", job.Name)
			return followJob(cmd.Context(), runner, job, c.streams.Out)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", follow, "Print its log until it ends.")
	cmd.Flags().StringArrayVar(&flags, "runner-flag", flags, "A flag of the runner for this run, such as --runner-flag=--force. May be repeated.")
	return cmd
}

// suspend is `runs suspend` or `runs resume`.
func (c *command) suspend(suspend bool) *cobra.Command {
	verb, done, short := "resume", "resumed", "Let the schedule go on"
	if suspend {
		verb, done, short = "suspend", "suspended", "Stop the schedule"
	}
	return &cobra.Command{
		Use:                   verb,
		DisableFlagsInUseLine: true,
		Short:                 short,
		Long:                  short + ". A run that goes on is not touched.",
		Example:               "# " + short + "\nkubectl externalsecret runs " + verb,
		Args:                  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			runner, err := c.runner()
			if err != nil {
				return err
			}
			changed, err := runner.Suspend(cmd.Context(), suspend)
			if err != nil {
				return err
			}
			if !changed {
				done = "was " + done + " already"
			}
			fmt.Fprintf(c.streams.Out, "cronjob.batch/%s %s\n", jobs.Name, done)
			return nil
		},
	}
}
