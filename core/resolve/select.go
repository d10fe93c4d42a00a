// Package resolve finds out which ExternalSecrets a run is about, which of them are due, which stores they read and whether
// they may, and as whom. It makes no request to a provider and writes nothing.
package resolve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

// ObjectReader reads objects of the External Secrets API as raw JSON.
type ObjectReader interface {
	List(ctx context.Context, resource, namespace string, selector kube.Selector, page func([]json.RawMessage) error) error
	Get(ctx context.Context, resource, namespace, name string) (json.RawMessage, error)
}

// Scope says which ExternalSecrets a run is about.
type Scope struct {
	// Names are read one by one; if there are any, namespaces and selector do not matter.
	Names []types.NamespacedName
	// Namespaces are listed; none means all.
	Namespaces []string
	// Selector narrows the lists.
	Selector kube.Selector
	// Reading narrows the lists by what ExternalSecrets read, which is not Select's to know: see Planner.Narrow.
	Reading Reading
	// Shard narrows all of it to a part.
	Shard Shard
}

// Whole tells whether a scope is all that there is.
func (s Scope) Whole() bool {
	return len(s.Names) == 0 && len(s.Namespaces) == 0 && s.Selector == kube.Selector{} && !s.Reading.Any()
}

// Item is an ExternalSecret of the run, or what is left of one that can't be read.
type Item struct {
	types.NamespacedName
	// ES is nil where Err says that the object can't be decoded or found.
	ES *api.ExternalSecret
	// Err is why the object can't be refreshed.
	Err error
	// Missing tells that Err means: there is no such object.
	Missing bool
	// Raw is the object as it was read, for ClusterExternalSecrets: that of one of theirs, or of one that can't be decoded.
	Raw json.RawMessage
}

// Select reads the ExternalSecrets of a scope. Each is decoded on its own: one that can't be is an Item with an error. The
// error is for the request that failed as a whole.
func Select(ctx context.Context, reader ObjectReader, scope Scope) ([]Item, error) {
	if len(scope.Names) > 0 {
		return named(ctx, reader, scope)
	}
	var items []Item
	namespaces := distinct(scope.Namespaces)
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	for _, namespace := range namespaces {
		err := reader.List(ctx, api.ResourceExternalSecrets, namespace, scope.Selector, func(page []json.RawMessage) error {
			for _, raw := range page {
				if item := Decode(raw); scope.Shard.Holds(item.NamespacedName) {
					items = append(items, item)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return items, nil
}

// named reads the ExternalSecrets that a scope names, some at a time.
func named(ctx context.Context, reader ObjectReader, scope Scope) ([]Item, error) {
	const atOnce = 16
	names := slices.DeleteFunc(distinct(scope.Names), func(name types.NamespacedName) bool { return !scope.Shard.Holds(name) })
	items := make([]Item, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, name := range names {
		group.Go(func() error {
			raw, err := reader.Get(ctx, api.ResourceExternalSecrets, name.Namespace, name.Name)
			switch {
			case apierrors.IsNotFound(err) && !errors.Is(err, kube.ErrNoCRDs):
				items[i] = Item{Missing: true, Err: fmt.Errorf("there is no ExternalSecret %q in namespace %q", name.Name, name.Namespace)}
			case err != nil:
				return err
			default:
				items[i] = Decode(raw)
			}
			items[i].NamespacedName = name // also where the object is too broken to tell
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return items, nil
}

// distinct keeps the first of equal values: an ExternalSecret that is asked for twice must not race against itself.
func distinct[T comparable](all []T) []T {
	var kept []T
	seen := make(map[T]bool, len(all))
	for _, value := range all {
		if !seen[value] {
			seen[value] = true
			kept = append(kept, value)
		}
	}
	return kept
}

// Decode reads an ExternalSecret. What is wrong with it is in the Item.
func Decode(raw json.RawMessage) Item {
	var identity struct {
		Metadata struct {
			Namespace string `json:"namespace"`
			Name      string `json:"name"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(raw, &identity); err != nil {
		return Item{Err: fmt.Errorf("read the object's name: %w", err)}
	}
	item := Item{NamespacedName: types.NamespacedName{Namespace: identity.Metadata.Namespace, Name: identity.Metadata.Name}}
	var es api.ExternalSecret
	if err := json.Unmarshal(raw, &es); err != nil {
		item.Err, item.Raw = fmt.Errorf("read the object: %w", err), raw
		return item
	}
	if api.ClusterExternalSecretOf(&es.ObjectMeta) != "" {
		item.Raw = raw
	}
	es.ManagedFields = nil // of no use here, and often larger than the rest
	if m := es.Spec.Target.Manifest; m != nil && *m == (api.ManifestRef{APIVersion: "v1", Kind: "Secret"}) {
		es.Spec.Target.Manifest = nil // what a target is anyway
	}
	item.ES = &es
	return item
}
