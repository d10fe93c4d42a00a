package completion

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig completes names that stand in the kubeconfig: those that list takes from it.
func Kubeconfig(getter genericclioptions.RESTClientGetter, list func(api.Config) []string) cobra.CompletionFunc {
	return Names(func(context.Context, *cobra.Command, []string, string) ([]string, error) {
		config, err := getter.ToRawKubeConfigLoader().RawConfig()
		if err != nil {
			return nil, err
		}
		return list(config), nil
	})
}

// Contexts lists the contexts of a kubeconfig.
func Contexts(c api.Config) []string { return slices.Sorted(maps.Keys(c.Contexts)) }

// Clusters lists the clusters of a kubeconfig.
func Clusters(c api.Config) []string { return slices.Sorted(maps.Keys(c.Clusters)) }

// Users lists the users of a kubeconfig.
func Users(c api.Config) []string { return slices.Sorted(maps.Keys(c.AuthInfos)) }
