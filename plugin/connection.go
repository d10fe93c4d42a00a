package plugin

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/completion"
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

// completeFlags lets the shell complete the values of connection flags. Files are offered for no words but the values of flags that
// name one.
func completeFlags(root *cobra.Command, connection *genericclioptions.ConfigFlags) {
	for flag, complete := range map[string]cobra.CompletionFunc{
		"namespace": completion.Namespaces(connection),
		"context":   completion.Kubeconfig(connection, completion.Contexts),
		"cluster":   completion.Kubeconfig(connection, completion.Clusters),
		"user":      completion.Kubeconfig(connection, completion.Users),
	} {
		_ = root.RegisterFlagCompletionFunc(flag, complete) // fails only for a flag that is not there, or the second time
	}
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	completion.Files(root, "cache-dir", "certificate-authority", "client-certificate", "client-key", "kubeconfig", "template", "values")
}
