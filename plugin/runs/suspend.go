package runs

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// newSuspendCommand makes `runs suspend`.
func newSuspendCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) *cobra.Command {
	return schedule{use: "suspend", done: "suspended", suspend: true, short: "Stop the schedule"}.command(getter, streams)
}

// newResumeCommand makes `runs resume`.
func newResumeCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) *cobra.Command {
	return schedule{use: "resume", done: "resumed", short: "Let the schedule go on"}.command(getter, streams)
}

// schedule is a change of the schedule.
type schedule struct {
	use, done, short string
	suspend          bool
}

func (s schedule) command(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{
		Use:                   s.use,
		DisableFlagsInUseLine: true,
		Short:                 s.short,
		Long:                  s.short + ". A run that goes on is not touched. Installing again does not change it.",
		Example:               "# " + s.short + "\nkubectl externalsecret runs " + s.use,
		Args:                  scope.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			runner, err := connect(getter)
			if err != nil {
				return err
			}
			changed, err := runner.Suspend(cmd.Context(), s.suspend)
			if err != nil {
				return err
			}
			became := s.done
			if !changed {
				became = "unchanged: it was " + s.done + " already"
			}
			_, err = fmt.Fprintf(streams.Out, "cronjob.batch/%s %s\n", jobs.Name, became)
			return err
		},
	}
}
