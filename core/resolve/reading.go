package resolve

import (
	"cmp"
	"context"
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// Reading says what ExternalSecrets read. The zero value is anything.
type Reading struct {
	// Store is the store that they read, or any if it has no name. Its kind is never empty then.
	Store api.SecretStoreRef
	// Key is the remote secret that they read, in their words or in those of its provider; empty is any.
	Key string
}

// Any tells whether it says anything.
func (r Reading) Any() bool { return r != Reading{} }

// Narrow keeps the ExternalSecrets that read what is wanted; those that can't be decoded are left out, since what they read is not
// known. Notes are what a person should know about the choice. It makes no request to a provider: a search is kept if it could come
// upon the remote secret.
func (p *Planner) Narrow(ctx context.Context, items []Item, want Reading) (kept []Item, notes []string) {
	if !want.Any() {
		return items, nil
	}
	unknown := 0
	for _, item := range items {
		if item.ES == nil {
			unknown++
			continue
		}
		reads, byTags := p.reads(ctx, item.ES, want)
		if !reads {
			continue
		}
		kept = append(kept, item)
		if byTags {
			notes = append(notes, fmt.Sprintf("ExternalSecret %q in namespace %q searches by tags: it is refreshed since it may find remote secret %q",
				item.Name, item.Namespace, want.Key))
		}
	}
	if unknown > 0 {
		notes = append(notes, fmt.Sprintf("%d of the ExternalSecrets can't be decoded, and what they read is not known: status shows why", unknown))
	}
	return kept, notes
}

// reads tells whether an ExternalSecret reads what is wanted. byTags tells that this depends on tags, which only the provider knows.
func (p *Planner) reads(ctx context.Context, es *api.ExternalSecret, want Reading) (reads, byTags bool) {
	if want.Key == "" {
		for _, ref := range storeRefs(es) {
			if want.from(ref) {
				return true, false
			}
		}
		return false, false
	}
	for i := range es.Spec.Data {
		data := &es.Spec.Data[i]
		if p.names(ctx, es, data.SourceRef, &data.RemoteRef, want) {
			return true, false
		}
	}
	for i := range es.Spec.DataFrom {
		from := &es.Spec.DataFrom[i]
		switch {
		case from.Find != nil: // which goes before extract
			found := p.finds(ctx, es, from, want)
			byTags = byTags || (found && len(from.Find.Tags) > 0)
			if found && len(from.Find.Tags) == 0 {
				return true, false
			}
		case from.Extract != nil && p.names(ctx, es, from.SourceRef, from.Extract, want):
			return true, false
		}
	}
	return byTags, byTags
}

// from tells whether a reference is to the store that is wanted.
func (r Reading) from(ref api.SecretStoreRef) bool {
	return r.Store.Name == "" || r.Store == api.SecretStoreRef{Kind: cmp.Or(ref.Kind, api.KindSecretStore), Name: ref.Name}
}

// names tells whether a remoteRef is to the remote secret that is wanted.
func (p *Planner) names(ctx context.Context, es *api.ExternalSecret, source *api.SourceRef, remote *api.RemoteRef, want Reading) bool {
	ref, ok := storeOf(es, source)
	if !ok || !want.from(ref) {
		return false
	}
	if remote.Key == want.Key {
		return true
	}
	location, err := p.locationOf(ctx, ref, es.Namespace)
	return err == nil && location.Ref(remote).Key == want.Key
}

// finds tells whether a search could come upon the remote secret that is wanted. It could where nothing is known of its store.
func (p *Planner) finds(ctx context.Context, es *api.ExternalSecret, from *api.DataFrom, want Reading) bool {
	ref, ok := storeOf(es, from.SourceRef)
	if !ok || !want.from(ref) {
		return false
	}
	location, err := p.locationOf(ctx, ref, es.Namespace)
	if err != nil || location.Finds == nil {
		return true
	}
	return location.Finds(from.Find, want.Key) || location.Finds(from.Find, location.Ref(&api.RemoteRef{Key: want.Key}).Key)
}

// RemoteKeys are the remote secrets that an ExternalSecret names, in its own words; none for one that can't be decoded.
func RemoteKeys(es *api.ExternalSecret) []string {
	if es == nil {
		return nil
	}
	var keys []string
	for i := range es.Spec.Data {
		keys = append(keys, es.Spec.Data[i].RemoteRef.Key)
	}
	for i := range es.Spec.DataFrom {
		if extract := es.Spec.DataFrom[i].Extract; extract != nil {
			keys = append(keys, extract.Key)
		}
	}
	return keys
}

// storeOf is the store of an entry; false for one of a generator.
func storeOf(es *api.ExternalSecret, source *api.SourceRef) (api.SecretStoreRef, bool) {
	return es.StoreRefOf(source), source == nil || source.GeneratorRef == nil
}

func (p *Planner) locationOf(ctx context.Context, ref api.SecretStoreRef, namespace string) (provider.Location, error) {
	store, err := p.Stores.Get(ctx, ref, namespace)
	if err != nil {
		return provider.Location{}, err
	}
	_, _, location, err := p.place(store, namespace)
	return location, err
}
