package status

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
)

// storeFinder finds stores. resolve.Stores is one.
type storeFinder interface {
	// Known tells whether Get makes no request.
	Known(ref api.SecretStoreRef, namespace string) bool
	Get(ctx context.Context, ref api.SecretStoreRef, namespace string) (*resolve.Store, error)
}

// judge judges what Assess has judged by itself once more, by what else was read.
type judge struct {
	stores storeFinder
	// planner knows what this version has. It makes no request here.
	planner *resolve.Planner
	// lost are the Events that tell of keys that were left out, by the UID of the ExternalSecret.
	lost map[string][]Event
	// lostUnread tells that these may not be read.
	lostUnread bool
	// serving are those who refresh ExternalSecrets, and unseen tells why they are not known.
	serving serving.Seen
	unseen  error
	// alone tells that the scope is one name, so that its stores are read as they are needed.
	alone bool
}

func (j *judge) again(ctx context.Context, item Item, es *api.ExternalSecret) Item {
	return blame(ctx, lose(item, j.lost[item.Metadata.UID]), es, j.stores, j.planner)
}

// attend judges an item by who refreshes it. Of several no store is read for that.
func (j *judge) attend(ctx context.Context, item Item, es *api.ExternalSecret) Item {
	if es == nil || !item.needy() {
		return item
	}
	var stores []StoreLink
	for _, ref := range item.Stores {
		if j.alone || j.stores.Known(api.SecretStoreRef{Kind: ref.Kind, Name: ref.Name}, item.Metadata.Namespace) {
			stores = append(stores, storeLink(ctx, j.stores, ref, item.Metadata.Namespace))
		}
	}
	item, _ = Attend(item, es, classes(stores), j.serving, j.unseen)
	return item
}

// whole judges an item by its chain: by what is at fault now before what will be.
func (j *judge) whole(ctx context.Context, item Item, es *api.ExternalSecret, chain *Chain, now time.Time) Item {
	item = confirm(item, es, chain.Secret, now)
	item = lose(lack(item, chain.Origins), chain.Events.Items)
	if item.State == Synced { // the stores of others were looked at before
		item = blame(ctx, item, es, j.stores, j.planner)
	}
	return orphaned(item, chain.Refreshers)
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

// blame looks for the reason why nothing refreshes an ExternalSecret, or will, in its stores: one is of another class than the one
// that is served here, asks for what this version can't do, is not there, or was found unusable after the last sync. A store that may not
// be read is no reason. The other reason is a generator that this version can't run. For what is well no request is made: it counts what
// is known.
func blame(ctx context.Context, item Item, es *api.ExternalSecret, stores storeFinder, planner *resolve.Planner) Item {
	healthy := item.State == Synced && item.NextDue != nil
	if !healthy && !item.unserved() {
		return item
	}
	for _, named := range item.Stores {
		ref := api.SecretStoreRef{Kind: named.Kind, Name: named.Name}
		if healthy && !stores.Known(ref, item.Metadata.Namespace) {
			continue
		}
		store, err := stores.Get(ctx, ref, item.Metadata.Namespace)
		switch {
		case kube.IsForbidden(err):
			continue
		case err != nil:
			return item.hinder(ReasonStoreError, err.Error())
		case !healthy && store.Spec.Controller != "" && store.Spec.Controller != planner.Class:
			return item.as(Skipped, reasonOtherClass, fmt.Sprintf("%s %q is of class %q, and nothing of that class has refreshed it",
				store.Kind, store.Name, store.Spec.Controller))
		}
		if !healthy && resolve.ReadsFrom(es, ref) {
			if err := planner.Unsupported(store, item.Metadata.Namespace); err != nil {
				return item.unsupported(err)
			}
		}
		if item.unusable(store.Ready) {
			return item.hinder(ReasonStoreNotReady, fmt.Sprintf("%s %q is not ready: %s", store.Kind, store.Name, store.Ready.Message))
		}
	}
	if err := resolve.UnsupportedGenerator(es); !healthy && err != nil {
		return item.unsupported(err)
	}
	return item
}

// unsupported names what this version can't do. A pass does not record that: another controller may.
func (i Item) unsupported(err error) Item {
	return i.as(i.State, ReasonUnsupported, err.Error()+"; no other controller refreshes it")
}

// hinder names what keeps the next refresh from being made. What is well becomes what is at risk.
func (i Item) hinder(reason, message string) Item {
	if i.State == Synced {
		return i.as(AtRisk, reason, "it is synced, but the next refresh can't be: "+message)
	}
	return i.as(i.State, reason, message)
}

// unusable tells whether a store was found unusable, by its Ready condition, after the last sync. One that was so before has not
// kept anybody from syncing.
func (i Item) unusable(ready *api.Condition) bool {
	if ready == nil || ready.Status != metav1.ConditionFalse {
		return false
	}
	return i.LastSync == nil || (ready.LastTransitionTime != nil && ready.LastTransitionTime.After(*i.LastSync))
}
