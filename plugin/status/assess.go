package status

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
)

// The bounds of how late a refresh may be before it is overdue. A CronJob that runs every few minutes must not make what has a
// short interval look stale, and what has a long one should not go unnoticed for a day.
const (
	leastGrace = 10 * time.Minute
	mostGrace  = time.Hour
)

// Assess judges an ExternalSecret by what is recorded in it.
func Assess(item resolve.Item, now time.Time) Item {
	judged := Item{
		TypeMeta: metav1.TypeMeta{APIVersion: document.APIVersion, Kind: kindItem},
		Metadata: Metadata{Namespace: item.Namespace, Name: item.Name},
	}
	if item.ES == nil {
		return judged.as(Failed, reasonInvalid, item.Err.Error())
	}
	es := item.ES
	judged.describe(es)
	due, _, err := resolve.Due(es, now, true)
	never := es.Status.SyncedResourceVersion == "" || es.Status.RefreshTime.IsZero()
	judged.Due = due && err == nil && (never || !es.Generates())
	late := judged.schedule(es, now)
	switch ready := es.Ready(); {
	case es.DeletionTimestamp != nil:
		return judged.as(Skipped, reasonDeleting, "it is being deleted")
	case err != nil:
		return judged.as(Failed, reasonInvalid, err.Error())
	case ready != nil && ready.Status == metav1.ConditionFalse:
		return judged.as(Failed, ready.Reason, ready.Message)
	case never:
		return judged.as(NeverSynced, reasonNeverSynced, "nothing has refreshed it yet")
	case ready != nil && (ready.Reason == api.ReasonSecretMissing || ready.Reason == api.ReasonResourceMissing):
		return judged.as(Skipped, ready.Reason, ready.Message)
	case due && es.Status.SyncedResourceVersion != api.SyncedResourceVersion(es.Generation, es.Annotations, es.Labels):
		if es.Generates() {
			return judged.as(Stale, ReasonChanged, "it was changed after the last sync, and is not refreshed since that would make new values: delete its Secret to have it made anew")
		}
		return judged.as(Stale, ReasonChanged, "it was changed after the last sync, and nothing has refreshed it since")
	case late:
		return judged.as(Stale, reasonOverdue, "the next refresh is overdue: nothing refreshes it")
	case ready != nil:
		return judged.as(Synced, ready.Reason, "")
	default:
		return judged.as(Synced, api.ReasonSecretSynced, "")
	}
}

func (i Item) as(state State, reason, message string) Item {
	i.State, i.Reason, i.Message = state, secret.Printable(reason), secret.Printable(message)
	return i
}

// repeats tells whether time makes the ExternalSecret due again. Generators run once, whatever the time.
func repeats(es *api.ExternalSecret, interval time.Duration) bool {
	periodic := es.Spec.RefreshPolicy == "" || es.Spec.RefreshPolicy == api.RefreshPolicyPeriodic
	return periodic && interval > 0 && !es.Generates() && !es.Status.RefreshTime.IsZero()
}

// describe copies what the ExternalSecret says of itself.
func (i *Item) describe(es *api.ExternalSecret) {
	i.Metadata.UID, i.Metadata.Labels = string(es.UID), es.Labels
	i.Metadata.CreationTimestamp = timeOf(&es.CreationTimestamp)
	i.LastSync = timeOf(es.Status.RefreshTime)
	i.Stores = StoresOf(es)
	switch {
	case es.Spec.Target.CreationPolicy == api.CreationPolicyNone:
	case es.Spec.Target.Manifest != nil:
		i.Target = secret.Printable(es.Spec.Target.KindOf()) + "/" + write.TargetName(es)
	default:
		i.SecretName = write.TargetName(es)
	}
	i.CreationPolicy = string(cmp.Or(es.Spec.Target.CreationPolicy, api.CreationPolicyOwner))
	i.DeletionPolicy = string(cmp.Or(es.Spec.Target.DeletionPolicy, api.DeletionPolicyRetain))
	i.RefreshPolicy = string(cmp.Or(es.Spec.RefreshPolicy, api.RefreshPolicyPeriodic))
	i.RefreshInterval = secret.Printable(cmp.Or(es.Spec.RefreshInterval, api.DefaultRefreshInterval))
	i.Ready = readyOf(es.Ready())
}

// readyOf copies a condition; nil for none.
func readyOf(ready *api.Condition) *Ready {
	if ready == nil {
		return nil
	}
	return &Ready{
		Status: string(ready.Status), Reason: secret.Printable(ready.Reason), Message: secret.Printable(ready.Message),
		Since: timeOf(ready.LastTransitionTime),
	}
}

// StoresOf are the stores that the ExternalSecret refers to, each once, in the order of its spec.
func StoresOf(es *api.ExternalSecret) []StoreRef {
	var stores []StoreRef
	add := func(ref api.SecretStoreRef) {
		store := StoreRef{Kind: cmp.Or(ref.Kind, api.KindSecretStore), Name: ref.Name}
		if ref.Name != "" && !slices.Contains(stores, store) {
			stores = append(stores, store)
		}
	}
	add(es.Spec.SecretStoreRef)
	for _, data := range es.Spec.Data {
		if data.SourceRef != nil && data.SourceRef.StoreRef != nil {
			add(*data.SourceRef.StoreRef)
		}
	}
	for _, from := range es.Spec.DataFrom {
		if from.SourceRef != nil && from.SourceRef.StoreRef != nil {
			add(*from.SourceRef.StoreRef)
		}
	}
	return stores
}

// timeOf makes a recorded time one that prints as such; nil for none.
func timeOf(t *metav1.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	utc := t.UTC()
	return &utc
}
