// Package completion prints the scripts that let a shell complete the plugin's commands, flags and names.
package completion

import (
	"io"

	"github.com/spf13/cobra"
)

// NewCommand makes `completion`.
func NewCommand(out io.Writer) *cobra.Command {
	return &cobra.Command{
		Use: "completion", Short: "Print a completion script",
		RunE: func(cmd *cobra.Command, args []string) error { return cmd.Root().GenBashCompletionV2(out, true) },
	}
}
