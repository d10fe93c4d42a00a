// Package completion prints the scripts that let a shell complete the plugin's commands, flags and names, and installs the one that
// kubectl asks. What the words mean is known to the commands themselves.
package completion

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

const long = `
Print the script that lets a shell complete the words of this plugin.

For "kubectl externalsecret", kubectl itself is the one that completes: it asks a program named
kubectl_complete-externalsecret, which must be on the PATH. "completion install" puts it there, "completion kubectl" prints it. It is
the same for all shells, and kubectl's own completion must be set up: see "kubectl completion --help".

For the program "kubectl-externalsecret" by itself, take the script of your shell: bash, zsh, fish or powershell.`

const example = `
# Complete "kubectl externalsecret" in every shell for which kubectl's completion is set up
kubectl externalsecret completion install

# Complete "kubectl-externalsecret" in this bash
source <(kubectl externalsecret completion bash)`

// NewCommand makes `completion`.
func NewCommand(streams genericiooptions.IOStreams) *cobra.Command {
	out := streams.Out
	scripts := map[string]func(root *cobra.Command) error{
		"kubectl":    func(*cobra.Command) error { _, err := io.WriteString(out, wrapper); return err },
		"bash":       func(root *cobra.Command) error { return root.GenBashCompletionV2(out, true) },
		"zsh":        func(root *cobra.Command) error { return root.GenZshCompletion(out) },
		"fish":       func(root *cobra.Command) error { return root.GenFishCompletion(out, true) },
		"powershell": func(root *cobra.Command) error { return root.GenPowerShellCompletionWithDesc(out) },
	}
	shells := []string{"kubectl", "bash", "zsh", "fish", "powershell"}
	cmd := &cobra.Command{
		Use:                   "completion (" + strings.Join(shells, " | ") + ")",
		DisableFlagsInUseLine: true,
		Short:                 "Print the script that lets a shell complete the words of this plugin, or install it",
		Long:                  long,
		Example:               example,
		ValidArgsFunction:     cobra.FixedCompletions(shells, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cmdutil.UsageErrorf(cmd, "give one of: %s", strings.Join(shells, ", "))
			}
			script, ok := scripts[args[0]]
			if !ok {
				return cmdutil.UsageErrorf(cmd, "%q is not one of: %s", args[0], strings.Join(shells, ", "))
			}
			if err := script(cmd.Root()); err != nil {
				return fmt.Errorf("write the script: %w", err)
			}
			return nil
		},
	}
	cmd.AddCommand(newInstallCommand(streams))
	return cmd
}
