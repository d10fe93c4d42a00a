package completion

import "github.com/spf13/cobra"

// Files lets the shell offer files as the values of the named flags, wherever a command of the tree has them.
func Files(root *cobra.Command, flags ...string) {
	anyFile := cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	for _, flag := range flags {
		_ = root.RegisterFlagCompletionFunc(flag, anyFile) // fails for a flag that the command does not have
	}
	for _, cmd := range root.Commands() {
		Files(cmd, flags...)
	}
}
