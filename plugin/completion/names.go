package completion

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/clientcmd/api"

	esapi "github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

const (
	// patience is how long a person who has pressed the tab key is made to wait for the server.
	patience = 3 * time.Second
	// enough is how many names are read: who has more types a few letters first, and waits no longer for it.
	enough = 2000
)

// ExternalSecrets completes the names of those in the namespace of the command, less those that it has already.
func ExternalSecrets(getter genericclioptions.RESTClientGetter) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), patience)
		defer cancel()
		client, namespace, err := where(ctx, getter)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		found := served(ctx, getter, client, esapi.ResourceExternalSecrets, namespace)
		return begin(toComplete, slices.DeleteFunc(found, func(name string) bool { return slices.Contains(args, name) }))
	}
}

// What is written before the name of a SecretStore, where it does not go without saying, and of a ClusterSecretStore.
const (
	store        = "store/"
	clusterStore = "clusterstore/"
)

// Stores completes the names of the SecretStores in the namespace of the command and, after "clusterstore/", of ClusterSecretStores.
func Stores(getter genericclioptions.RESTClientGetter) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), patience)
		defer cancel()
		client, namespace, err := where(ctx, getter)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		sorts := []sort{{"", esapi.ResourceSecretStores, namespace}, {clusterStore, esapi.ResourceClusterSecretStores, ""}}
		if strings.HasPrefix(toComplete, store) {
			sorts = append(sorts, sort{store, esapi.ResourceSecretStores, namespace})
		}
		return begin(toComplete, named(ctx, getter, client, toComplete, sorts...))
	}
}

// RemoteKeys completes the remote secrets that ExternalSecrets of the namespace of the command name.
func RemoteKeys(getter genericclioptions.RESTClientGetter) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), patience)
		defer cancel()
		client, namespace, err := where(ctx, getter)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		items, err := resolve.Select(ctx, client, resolve.Scope{Namespaces: []string{namespace}})
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		keys := map[string]bool{}
		for _, item := range items {
			for _, key := range resolve.RemoteKeys(item.ES) {
				keys[key] = true
			}
		}
		return begin(toComplete, slices.Sorted(maps.Keys(keys)))
	}
}

// where is a client, which knows what version of the API is served, and the namespace of the command.
func where(ctx context.Context, getter genericclioptions.RESTClientGetter) (*kube.Client, string, error) {
	config, err := getter.ToRESTConfig()
	if err != nil {
		return nil, "", err
	}
	client, err := kube.New(ctx, config)
	if err != nil {
		return nil, "", err
	}
	namespace, _, err := getter.ToRawKubeConfigLoader().Namespace()
	return client, namespace, err
}

// sort is a sort of objects, with what is written before the name of one.
type sort struct{ prefix, resource, namespace string }

// named are the names of objects of several sorts, less those of which none begins with what was typed.
func named(
	ctx context.Context, getter genericclioptions.RESTClientGetter, client *kube.Client, typed string, sorts ...sort,
) []string {
	var found []string
	for _, of := range sorts {
		if !strings.HasPrefix(of.prefix, typed) && !strings.HasPrefix(typed, of.prefix) {
			continue
		}
		for _, name := range served(ctx, getter, client, of.resource, of.namespace) {
			found = append(found, of.prefix+name)
		}
	}
	return found
}

// served are the names of objects of the External Secrets API.
func served(ctx context.Context, getter genericclioptions.RESTClientGetter, client *kube.Client, resource, namespace string) []string {
	version, err := schema.ParseGroupVersion(client.APIVersion())
	if err != nil {
		return nil
	}
	return names(ctx, getter, version.WithResource(resource), namespace)
}

// Namespaces completes the names of namespaces.
func Namespaces(getter genericclioptions.RESTClientGetter) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), patience)
		defer cancel()
		return begin(toComplete, names(ctx, getter, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, ""))
	}
}

// Kubeconfig completes names that stand in the kubeconfig: those that list takes from it.
func Kubeconfig(getter genericclioptions.RESTClientGetter, list func(api.Config) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		config, err := getter.ToRawKubeConfigLoader().RawConfig()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return begin(toComplete, list(config))
	}
}

// Contexts lists the contexts of a kubeconfig.
func Contexts(c api.Config) []string { return slices.Sorted(maps.Keys(c.Contexts)) }

// Clusters lists the clusters of a kubeconfig.
func Clusters(c api.Config) []string { return slices.Sorted(maps.Keys(c.Clusters)) }

// Users lists the users of a kubeconfig.
func Users(c api.Config) []string { return slices.Sorted(maps.Keys(c.AuthInfos)) }

// names reads the names of objects and nothing else of them. There are none where they can't be read: a shell has no place
// for an error.
func names(
	ctx context.Context, getter genericclioptions.RESTClientGetter, resource schema.GroupVersionResource, namespace string,
) []string {
	config, err := getter.ToRESTConfig()
	if err != nil {
		return nil
	}
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return nil
	}
	list, err := client.Resource(resource).Namespace(namespace).List(ctx, metav1.ListOptions{Limit: enough})
	if err != nil {
		return nil
	}
	found := make([]string, 0, len(list.Items))
	for i := range list.Items {
		found = append(found, list.Items[i].Name)
	}
	return found
}

// begin keeps the names that begin with what was typed.
func begin(typed string, names []string) ([]string, cobra.ShellCompDirective) {
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, typed) })
	return names, cobra.ShellCompDirectiveNoFileComp
}
