// Package version tells which versions are at work: of the plugin, of the External Secrets API, of the API server.
package version

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// NewCommand makes `version`.
func NewCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, build Build) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the versions",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(streams.Out, "Client Version:", build.Version)
			return err
		},
	}
}
