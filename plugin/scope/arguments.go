package scope

import (
	"strings"

	"github.com/spf13/cobra"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

// NoArguments refuses arguments of a command that takes flags alone: a name is not taken for an unknown command.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	name := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().DisplayName()+" ")
	return cmdutil.UsageErrorf(cmd, "%s takes no arguments: %q", name, args[0])
}
