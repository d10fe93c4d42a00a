// Package status tells how ExternalSecrets are.
package status

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// NewCommand makes `status`.
func NewCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Tell how ExternalSecrets are",
		RunE: func(*cobra.Command, []string) error { return nil },
	}
}
