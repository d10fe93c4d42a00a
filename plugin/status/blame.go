package status

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

// storeFinder finds stores. resolve.Stores is one.
type storeFinder interface {
	Get(ctx context.Context, ref api.SecretStoreRef, namespace string) (*resolve.Store, error)
}

// confirm takes the Secret itself into account, which a list does not look at: one that is gone or altered is to be refreshed.
func confirm(item Item, es *api.ExternalSecret, link SecretLink, now time.Time) Item {
	if link.Name == "" || link.Error != "" || link.Integrity == Intact || (!link.Exists && resolve.RestsWithout(es)) {
		return item
	}
	due, _, err := resolve.Due(es, now, false)
	if err != nil || !due {
		return item
	}
	item.Due = !link.Exists || !es.Generates()
	switch {
	case item.State != Synced:
		return item
	case !link.Exists:
		return item.as(Stale, reasonNoSecret, fmt.Sprintf("Secret %s is gone since the last sync", link.Name))
	default:
		return item.as(Stale, reasonAltered, fmt.Sprintf("Secret %s is not as the last sync left it", link.Name))
	}
}

// unserved tells whether it takes a look at the stores to say why nothing refreshes the ExternalSecret.
func (i Item) unserved() bool { return i.State == NeverSynced || i.State == Stale }

// blame looks for the reason why nothing refreshes an ExternalSecret in its stores: one is of another class than the one that
// is served here, or is not there. A store that may not be read is no reason.
func blame(ctx context.Context, item Item, stores storeFinder, class string) Item {
	if !item.unserved() {
		return item
	}
	for _, ref := range item.Stores {
		store, err := stores.Get(ctx, api.SecretStoreRef{Kind: ref.Kind, Name: ref.Name}, item.Metadata.Namespace)
		switch {
		case kube.IsForbidden(err):
		case err != nil:
			return item.as(item.State, reasonStoreError, err.Error())
		case store.Spec.Controller != "" && store.Spec.Controller != class:
			return item.as(Skipped, reasonOtherClass, fmt.Sprintf("%s %q is of class %q, and nothing of that class has refreshed it",
				store.Kind, store.Name, store.Spec.Controller))
		}
	}
	return item
}
