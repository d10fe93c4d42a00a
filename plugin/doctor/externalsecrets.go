package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// settled is how old an ExternalSecret is that should have been refreshed by now.
const settled = 10 * time.Minute

// judgeExternalSecrets tells how ExternalSecrets are, as status does, and whether their stores exist.
func judgeExternalSecrets(f *facts) []Finding {
	switch {
	case f.noAPI:
		return nil
	case f.externalSecrets.err != nil:
		return []Finding{found(Problem, idUnreadable, "the ExternalSecrets can't be listed: %v", f.externalSecrets.err).
			fix("have the right granted, or look at a namespace where you have it:", "kubectl externalsecret doctor -n NAMESPACE")}
	}
	states := map[string][]status.Item{}
	for _, item := range f.externalSecrets.value {
		judged := status.Assess(item, f.now)
		if id := idOf(judged, f.now); id != "" {
			states[id] = append(states[id], judged)
		}
	}
	findings := f.storesMissing()
	for _, of := range []struct {
		id       string
		severity Severity
		text     string
	}{
		{idFailed, Problem, "failed, or can't be read"},
		{idNeverSynced, Problem, "never refreshed"},
		{idOverdue, Problem, "overdue"},
		{idChanged, Warning, "changed and not refreshed since"},
	} {
		items := states[of.id]
		if len(items) == 0 {
			continue
		}
		slices.SortStableFunc(items, byLastSync)
		first := items[0].Metadata
		command := "kubectl externalsecret refresh --all" + scopeFlag(f.namespace)
		hint := "see who refreshes them, above, or do it now:"
		if of.id == idFailed {
			hint, command = "see at which step, why, and who can mend it:", fmt.Sprintf("kubectl externalsecret explain %s -n %s", first.Name, first.Namespace)
		}
		findings = append(findings, found(of.severity, of.id, "%d of %s: %s", len(items), counted(len(f.externalSecrets.value), "ExternalSecret"), of.text).
			about(objectsOf(items)...).fix(hint, command))
	}
	if len(findings) == 0 {
		findings = append(findings, fine(checkExternalSecrets, "%s%s: none failed, none is overdue",
			counted(len(f.externalSecrets.value), "ExternalSecret"), whereScope(f.namespace)))
	}
	return findings
}

// idOf is the kind of finding to which an ExternalSecret belongs; empty if it is well.
func idOf(item status.Item, now time.Time) string {
	switch {
	case item.State == status.Failed:
		return idFailed
	case item.State == status.Stale && item.Reason == status.ReasonChanged:
		return idChanged
	case item.State == status.Stale:
		return idOverdue
	case item.State == status.NeverSynced && (item.Metadata.CreationTimestamp == nil || now.Sub(*item.Metadata.CreationTimestamp) > settled):
		return idNeverSynced
	default:
		return ""
	}
}

// byLastSync puts those first that were never synced, then those whose last sync is longest ago.
func byLastSync(a, b status.Item) int {
	if a.LastSync == nil || b.LastSync == nil {
		return cmp.Compare(bit(a.LastSync != nil), bit(b.LastSync != nil))
	}
	return a.LastSync.Compare(*b.LastSync)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func objectsOf(items []status.Item) []Object {
	var objects []Object
	for _, item := range items {
		objects = append(objects, Object{
			Kind: api.KindExternalSecret, Namespace: item.Metadata.Namespace, Name: item.Metadata.Name, Note: item.Message,
		})
	}
	return objects
}

// storesMissing finds references to stores that do not exist, where the stores could be listed.
func (f *facts) storesMissing() []Finding {
	var objects []Object
	stores := f.index()
	for _, item := range f.externalSecrets.value {
		if item.ES == nil || item.ES.DeletionTimestamp != nil {
			continue
		}
		for _, ref := range status.StoresOf(item.ES) {
			unread := f.stores.err != nil
			if ref.Kind == kindClusterStore {
				unread = f.clusterStores.err != nil
			}
			if _, ok := stores.find(ref, item.Namespace); !ok && !unread {
				objects = append(objects, named(api.KindExternalSecret, item.NamespacedName, fmt.Sprintf("there is no %s %q", ref.Kind, ref.Name)))
			}
		}
	}
	if len(objects) == 0 {
		return nil
	}
	first := objects[0]
	return []Finding{found(Problem, idStoreMissing, "%s to a store that does not exist", refers(len(objects))).about(objects...).
		fix("make the store, or correct the reference:", fmt.Sprintf("kubectl edit externalsecret %s -n %s", first.Name, first.Namespace))}
}

func refers(n int) string {
	if n == 1 {
		return "1 reference of an ExternalSecret leads"
	}
	return fmt.Sprintf("%d references of ExternalSecrets lead", n)
}

// judgeSecrets finds managed Secrets that no ExternalSecret writes.
func judgeSecrets(f *facts) []Finding {
	switch {
	case f.noAPI || f.externalSecrets.err != nil:
		return nil
	case f.secrets.err != nil:
		return []Finding{unknown(checkSecrets, "the managed Secrets can't be listed: %v", f.secrets.err)}
	}
	claimed := map[types.NamespacedName]bool{}
	for _, item := range f.externalSecrets.value {
		claimed[item.NamespacedName] = true // as far as one knows of what can't be read
		if item.ES != nil {
			claimed[types.NamespacedName{Namespace: item.Namespace, Name: write.TargetName(item.ES)}] = true
		}
	}
	var objects []Object
	for i := range f.secrets.value {
		s := &f.secrets.value[i]
		name := types.NamespacedName{Namespace: s.Namespace, Name: s.Name}
		if !claimed[name] && metav1.GetControllerOf(s) == nil { // one with an owner goes with it
			objects = append(objects, named("Secret", name, ""))
		}
	}
	if len(objects) == 0 {
		return []Finding{fine(checkSecrets, "%s, each with an ExternalSecret", counted(len(f.secrets.value), "managed Secret"))}
	}
	first := objects[0]
	return []Finding{found(Warning, idSecretUnclaimed, "%s managed and has no ExternalSecret: its value stays as it is", is(len(objects), "Secret")).about(objects...).
		fix("delete it if nothing uses it, or say that it is not managed:", fmt.Sprintf("kubectl label secret %s -n %s %s-", first.Name, first.Namespace, api.LabelManaged))}
}
