// Package plugin is what a person types: the command `kubectl externalsecret`. What is here makes the tree of commands and
// what they share: the connection, logging, errors. Each command is a package below this one; what they do is in core.
package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/completion"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/diff"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/doctor"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/explain"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/install"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/rbac"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/refresh"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/render"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/report"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/version"
)

const long = `
Refresh and inspect ExternalSecrets, with or without an operator in the cluster.

It works with the External Secrets API (external-secrets.io): what ExternalSecrets want is read from their stores
directly, with the credentials that the stores name, and written to their Secrets.

Exit codes:

    0           all is well
    1           an error, or something failed for some of the objects
    124         --timeout passed before all was done
    129, 130    stopped by SIGHUP (the terminal went away) or SIGINT (Ctrl-C)
    143         stopped by SIGTERM

The first signal lets what is in flight finish, a second one does not.

Flags follow the command: kubectl externalsecret status -n shop, not kubectl -n shop externalsecret status.`

// NewCommand makes the tree of commands. Providers serve the stores; stamp is what the build was given.
func NewCommand(streams genericiooptions.IOStreams, providers provider.Registry, stamp version.Stamp) *cobra.Command {
	build := version.BuildOf(stamp)
	connection := newConnection(streams, build)
	root := &cobra.Command{
		Use:           "kubectl-externalsecret",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl externalsecret"},
		Short:         "Refresh and inspect ExternalSecrets",
		Long:          long,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	root.CompletionOptions.DisableDefaultCmd = true
	connection.AddFlags(root.PersistentFlags())
	addVerbosity(root.PersistentFlags(), streams.ErrOut)

	groups := templates.CommandGroups{
		{Message: "Commands for ExternalSecrets:", Commands: []*cobra.Command{
			explain.NewCommand(connection, streams, providers),
			refresh.NewCommand(connection, streams, providers),
			diff.NewCommand(connection, streams, providers),
			render.NewCommand(connection, streams, providers),
			status.NewCommand(connection, streams, providers),
			report.NewCommand(connection, streams, providers),
		}},
		{Message: "Commands for the Runner in a Cluster:", Commands: []*cobra.Command{
			install.NewCommand(connection, streams, build.Image()),
			rbac.NewCommand(connection, streams, providers),
			runs.NewCommand(connection, streams),
			doctor.NewCommand(connection, streams, build),
			install.NewUninstallCommand(connection, streams),
		}},
	}
	groups.Add(root)
	root.AddCommand(
		completion.NewCommand(streams),
		version.NewCommand(connection, streams, build),
		newOptionsCommand(streams.Out),
	)
	completeFlags(root, connection)
	templates.NormalizeAll(root)
	templates.ActsAsRootCommand(root, []string{"options"}, groups...)
	root.SetUsageFunc(withDisplayName(root))
	return root
}

// withDisplayName makes the usage of a command with subcommands name it as it is typed, kubectl externalsecret, in all places.
func withDisplayName(root *cobra.Command) func(*cobra.Command) error {
	usage := root.UsageFunc()
	return func(cmd *cobra.Command) error {
		var text bytes.Buffer
		out := cmd.OutOrStderr()
		cmd.SetOut(&text)
		err := usage(cmd)
		cmd.SetOut(out)
		if err != nil {
			return err
		}
		_, err = io.WriteString(out, strings.ReplaceAll(text.String(), `"`+root.Name()+" ", `"`+root.DisplayName()+" "))
		return err
	}
}

// newOptionsCommand prints the flags that all commands take, which their own help leaves out.
func newOptionsCommand(out io.Writer) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "options",
		Short:   "Print the list of flags inherited by all commands",
		Example: "# Print the flags inherited by all commands\nkubectl externalsecret options",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Usage() },
	}
	cmd.SetOut(out)
	cmd.SetErr(out) // usage is written to the error stream, and here it is the result
	templates.UseOptionsTemplates(cmd)
	return cmd
}

// Run executes a command that NewCommand made with args, tells on its error stream what went wrong and returns the exit code.
func Run(ctx context.Context, cmd *cobra.Command, args []string) int {
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(quietAboutGivenUp(ctx))
	var coded *exit.Error
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.As(err, &coded) {
		err = cause // what went wrong did so because the context was done
	}
	if message := exit.Message(err); message != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), message)
	}
	return exit.Code(err)
}
