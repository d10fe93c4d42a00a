package completion

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/metadata"

	esapi "github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

const (
	// patience is how long a person who has pressed the tab key is made to wait for the server.
	patience = 3 * time.Second
	// enough is how many names of a kind are read, in one request: the first of the alphabet. Those behind are not offered.
	enough = 2000
)

// errEnough ends a list after its first page.
var errEnough = errors.New("enough was read")

// Names completes what list finds and begins with what was typed. list has a few seconds. If it fails nothing is offered, and nothing
// said: a shell has no place for an error.
func Names(list func(ctx context.Context, cmd *cobra.Command, args []string, typed string) ([]string, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), patience)
		defer cancel()
		names, err := list(ctx, cmd, args, typed)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp // an error would let some shells offer files
		}
		names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, typed) })
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// ExternalSecrets completes the names of those in the namespace of the command, less those that it has already.
func ExternalSecrets(getter genericclioptions.RESTClientGetter) cobra.CompletionFunc {
	return Names(func(ctx context.Context, _ *cobra.Command, args []string, _ string) ([]string, error) {
		client, namespace, err := where(ctx, getter)
		if err != nil {
			return nil, err
		}
		found := served(ctx, getter, client, esapi.ResourceExternalSecrets, namespace)
		return slices.DeleteFunc(found, func(name string) bool { return slices.Contains(args, name) }), nil
	})
}

// What is written before the name of a SecretStore, where it does not go without saying, and of a ClusterSecretStore.
const (
	store        = "store/"
	clusterStore = "clusterstore/"
)

// Stores completes the names of the SecretStores in the namespace of the command and, after "clusterstore/", of ClusterSecretStores.
func Stores(getter genericclioptions.RESTClientGetter) cobra.CompletionFunc {
	return Names(func(ctx context.Context, _ *cobra.Command, _ []string, typed string) ([]string, error) {
		client, namespace, err := where(ctx, getter)
		if err != nil {
			return nil, err
		}
		sorts := []sort{{"", esapi.ResourceSecretStores, namespace}, {clusterStore, esapi.ResourceClusterSecretStores, ""}}
		if strings.HasPrefix(typed, store) {
			sorts = append(sorts, sort{store, esapi.ResourceSecretStores, namespace})
		}
		return named(ctx, getter, client, typed, sorts...), nil
	})
}

// RemoteKeys completes the remote secrets that ExternalSecrets name: those of the first page of the command's namespace, or of all
// namespaces.
func RemoteKeys(getter genericclioptions.RESTClientGetter) cobra.CompletionFunc {
	return Names(func(ctx context.Context, cmd *cobra.Command, _ []string, _ string) ([]string, error) {
		client, namespace, err := where(ctx, getter)
		if err != nil {
			return nil, err
		}
		if everywhere, err := cmd.Flags().GetBool("all-namespaces"); err == nil && everywhere {
			namespace = ""
		}
		keys := map[string]bool{}
		err = client.List(ctx, esapi.ResourceExternalSecrets, namespace, kube.Selector{}, func(page []json.RawMessage) error {
			for _, raw := range page {
				for _, key := range resolve.RemoteKeys(resolve.Decode(raw).ES) {
					keys[key] = true
				}
			}
			return errEnough
		})
		if err != nil && !errors.Is(err, errEnough) {
			return nil, err
		}
		return slices.Sorted(maps.Keys(keys)), nil
	})
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

// named are the names of objects of several sorts. Those are not asked for of which none can begin with what was typed.
func named(
	ctx context.Context, getter genericclioptions.RESTClientGetter, client *kube.Client, typed string, sorts ...sort,
) []string {
	var found []string
	for _, of := range sorts {
		if rest, ok := strings.CutPrefix(typed, of.prefix); strings.Contains(rest, "/") || (!ok && !strings.HasPrefix(of.prefix, typed)) {
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
	return Names(func(ctx context.Context, _ *cobra.Command, _ []string, _ string) ([]string, error) {
		return names(ctx, getter, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, ""), nil
	})
}

// names reads the names of objects and nothing else of them: none where they can't be read, so that those of other kinds are offered
// still.
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
