package completion

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	esapi "github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Subjects completes an ExternalSecret, store/NAME or clusterstore/NAME and, after an ExternalSecret, the keys that its spec is certain
// to give. The Secret is not read for it.
func Subjects(getter genericclioptions.RESTClientGetter) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), patience)
		defer cancel()
		switch {
		case len(args) > 1 || (len(args) == 1 && scope.NamesStore(args[0])):
			return nil, cobra.ShellCompDirectiveNoFileComp
		case len(args) == 1:
			return keys(ctx, getter, args, toComplete)
		}
		client, namespace, err := where(ctx, getter)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return begin(toComplete, named(ctx, getter, client, toComplete,
			sort{"", esapi.ResourceExternalSecrets, namespace},
			sort{store, esapi.ResourceSecretStores, namespace},
			sort{clusterStore, esapi.ResourceClusterSecretStores, ""}))
	}
}

// keys completes the keys of the Secret of an ExternalSecret.
func keys(
	ctx context.Context, getter genericclioptions.RESTClientGetter, args []string, toComplete string,
) ([]string, cobra.ShellCompDirective) {
	client, namespace, err := where(ctx, getter)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var flags scope.Flags
	selected, err := flags.ToScope(namespace, args)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	items, err := resolve.Select(ctx, client, selected)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var found []string
	for _, item := range items {
		if item.ES == nil {
			continue
		}
		for _, origin := range provenance.Of(item.ES, nil, nil) {
			found = append(found, origin.Key)
		}
	}
	return begin(toComplete, found)
}
