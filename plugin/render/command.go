// Package render is the command that prints the Secrets that ExternalSecrets in manifests would have. The work is core.Render's;
// what is here reads files, stands in for what they lack, and prints. It contacts no cluster.
package render

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

const long = `
Print the Secrets that a refresh would write for the ExternalSecrets in manifests, without a cluster.

Each Secret is printed as it would be created where it does not exist yet: data, type, labels and annotations, its owner
without the UID. With creationPolicy Merge the Secret to merge into has to be in the manifests. Values are replaced by their
length unless --show-secrets is given; so are labels and annotations that a template computes.

A ClusterExternalSecret stands for the ExternalSecrets that it makes in those Namespaces of the manifests that it matches.

Stores, ConfigMaps and Secrets that the ExternalSecrets refer to are taken from the same manifests; other objects are passed
over. Manifests are YAML or JSON, of one or more documents.

With --values the values come from a file, a map in YAML or JSON:

    my-app/db: {username: app}    what the remote key my-app/db holds, as JSON
    my-app/token: abc             a text as it is
    my-app/token@v2: def          version v2 of the remote key my-app/token
    my-app/db#metadata: {env: x}  its tags, or labels and annotations

A remote key is that of remoteRef.key, without what the store puts before it; dataFrom.find finds among the keys of the file.
Stores that are not in the manifests are assumed then. Without --values the providers of the stores are asked, with the
credentials that are in the manifests or, where a store names none, with those of the process. A store that logs in with a
token of a ServiceAccount needs a cluster, and so needs --values here.

Secrets go to standard output; warnings, and what can't be rendered and why, to standard error. What can't be read or rendered
does not stop the rest.

Exit codes: 0 if all were rendered; 1 if any failed.`

const example = `
# Print the Secrets of an ExternalSecret, with values from a file
kubectl externalsecret render -f externalsecret.yaml --values values.yaml

# Check all manifests of a folder and of those below it, and print no Secret
kubectl externalsecret render -R -f manifests/ --values values.yaml -o name

# Ask the stores that are in the manifests
kubectl externalsecret render -f externalsecret.yaml -f store.yaml

# Render what a chart makes, in the namespace shop
helm template chart | kubectl externalsecret render -n shop -f - --values values.yaml

# Print the values, too
kubectl externalsecret render -f externalsecret.yaml --values values.yaml --show-secrets`

// NewCommand makes `render`.
func NewCommand(
	getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry,
) *cobra.Command {
	flags := NewFlags(getter, streams, providers)
	cmd := &cobra.Command{
		Use:                   "render -f FILE... [--values FILE]",
		DisableFlagsInUseLine: true,
		Short:                 "Print the Secrets that manifests would have",
		Long:                  long,
		Example:               example,
		SuggestFor:            []string{"template", "build", "preview"},
		Args:                  scope.NoArguments,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.Validate(); err != nil {
				return cmdutil.UsageErrorf(cmd, "%v", err)
			}
			options, err := flags.ToOptions()
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd)
	return cmd
}
