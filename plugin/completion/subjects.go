package completion

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	esapi "github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Subjects completes an ExternalSecret, store/NAME or clusterstore/NAME and, after an ExternalSecret, the keys that its spec is certain
// to give. The Secret is not read for it.
func Subjects(getter genericclioptions.RESTClientGetter) cobra.CompletionFunc {
	return Names(func(ctx context.Context, _ *cobra.Command, args []string, typed string) ([]string, error) {
		if len(args) > 1 || (len(args) == 1 && scope.NamesStore(args[0])) {
			return nil, nil
		}
		client, namespace, err := where(ctx, getter)
		switch {
		case err != nil:
			return nil, err
		case len(args) == 1:
			return keys(ctx, client, namespace, args)
		}
		return named(ctx, getter, client, typed,
			sort{"", esapi.ResourceExternalSecrets, namespace},
			sort{store, esapi.ResourceSecretStores, namespace},
			sort{clusterStore, esapi.ResourceClusterSecretStores, ""}), nil
	})
}

// keys are the keys of the Secret of an ExternalSecret.
func keys(ctx context.Context, client *kube.Client, namespace string, args []string) ([]string, error) {
	var flags scope.Flags
	selected, err := flags.ToScope(namespace, args)
	if err != nil {
		return nil, err
	}
	items, err := resolve.Select(ctx, client, selected)
	if err != nil {
		return nil, err
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
	return found, nil
}
