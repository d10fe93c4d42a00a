package explain

import (
	"slices"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// Recorded groups those ExternalSecrets that are not well by their causes. It makes no walk, as --all --offline does: it goes by how they
// were judged. What is at risk, of which a walk warns, is among them. They come out in the order of their names.
func Recorded(items []status.Item, now time.Time) Causes {
	all := make([]*Explanation, len(items))
	for i, item := range items {
		e := &Explanation{
			Metadata: Metadata{Namespace: item.Metadata.Namespace, Name: item.Metadata.Name}, Healthy: true, stores: item.Stores,
		}
		if step := failedAt(item, now); step != "" {
			names := item.Names()
			for _, store := range item.Stores {
				names["store"] = store.Name
			}
			e.fail(step, item.Message, diagnose.Text(item.Message, names))
		}
		all[i] = e
	}
	slices.SortFunc(all, byName)
	return group(all)
}

// failedAt is the step at which an ExternalSecret fails, by how it was judged; empty for one that is well, or too young to tell
// where somebody may come.
func failedAt(item status.Item, now time.Time) trace.Step {
	switch {
	case item.State == status.Synced, item.State == status.Skipped, item.State == status.NeverSynced && waits(item, now):
		return ""
	case item.Reason == status.ReasonStoreError, item.Reason == status.ReasonStoreNotReady, item.Reason == status.ReasonUnsupported:
		return trace.Store
	case item.State == status.Stale, item.State == status.NeverSynced, item.State == status.AtRisk:
		return trace.Due
	case item.State == status.Failed && item.RefreshPolicy == "": // nothing of it could be read
		return trace.Object
	case item.State == status.Failed && (item.Ready == nil || item.Ready.Message != item.Message):
		return trace.Rules
	default:
		return trace.Recorded
	}
}

// waits tells whether somebody may yet come to refresh an ExternalSecret that is new.
func waits(item status.Item, now time.Time) bool {
	return !old(item, now) && !item.Unattended() && item.Reason != status.ReasonUnsupported
}
