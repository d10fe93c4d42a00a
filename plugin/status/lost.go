package status

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
)

// operatorsWords are those with which the operator's Events of what the provider does not have begin, before the entry.
const operatorsWords = "secret does not exist at provider using "

// lose takes the Events of an ExternalSecret into account: those of the last refresh may say that it has left keys out, as the
// deletion policies Merge and Delete want, though the condition has nothing of it.
func lose(item Item, events []Event) Item {
	if item.State != Synced || item.LastSync == nil {
		return item
	}
	var absent []string
	for _, event := range events {
		recent := event.Last != nil && !event.Last.Before(*item.LastSync)
		entry := strings.TrimPrefix(event.Message, operatorsWords)
		if event.Reason == api.EventMissingProviderSecret && recent && !slices.Contains(absent, entry) {
			absent = append(absent, entry)
		}
	}
	if len(absent) == 0 {
		return item
	}
	return item.as(Incomplete, reasonKeysMissing, "the last refresh left out "+strings.Join(absent, "; "))
}

// lack compares the keys of the Secret with those that the spec is certain to give.
func lack(item Item, origins []provenance.Origin) Item {
	if item.State != Synced {
		return item
	}
	var keys []string
	for _, origin := range origins {
		switch {
		case !origin.Missing:
		case len(origin.Entries) > 0:
			keys = append(keys, fmt.Sprintf("%s (%s)", origin.Key, origin.Entries[0]))
		default:
			keys = append(keys, origin.Key)
		}
	}
	if len(keys) == 0 {
		return item
	}
	return item.as(Incomplete, reasonKeysMissing, fmt.Sprintf("Secret %s lacks %s, though it is said to be synced", item.SecretName, strings.Join(keys, ", ")))
}

// losing tells whether the last refresh of an ExternalSecret may have left keys out.
func (i Item) losing() bool {
	return i.State == Synced && i.DeletionPolicy != string(api.DeletionPolicyRetain)
}

// loadLost lists the Events that tell of keys that were left out, for a judge of items, where there are ExternalSecrets whose
// deletion policy leaves keys out. Where Events may not be read there are none.
func (o *Options) loadLost(ctx context.Context, judge *judge, items []Item) error {
	if !slices.ContainsFunc(items, Item.losing) {
		return nil
	}
	core, err := typedv1.NewForConfig(o.Kube)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	judge.lost = map[string][]Event{}
	about := fields.Set{"involvedObject.kind": api.KindExternalSecret, "reason": api.EventMissingProviderSecret}
	for _, namespace := range o.namespaces() {
		options := metav1.ListOptions{Limit: pageSize, FieldSelector: about.AsSelector().String()}
		for {
			page, err := core.Events(namespace).List(ctx, options)
			if kube.IsForbidden(err) {
				judge.lostUnread = true
				break
			}
			if err != nil {
				return fmt.Errorf("list events: %w", err)
			}
			for i := range page.Items {
				uid := string(page.Items[i].InvolvedObject.UID)
				judge.lost[uid] = append(judge.lost[uid], eventOf(&page.Items[i]))
			}
			if options.Continue = page.Continue; options.Continue == "" {
				break
			}
		}
	}
	return nil
}

// namespaces are those that the scope is in; one that is empty means all.
func (o *Options) namespaces() []string {
	var all []string
	for _, name := range o.Scope.Names {
		if !slices.Contains(all, name.Namespace) {
			all = append(all, name.Namespace)
		}
	}
	switch {
	case len(all) > 0:
		return all
	case len(o.Scope.Namespaces) > 0:
		return o.Scope.Namespaces
	default:
		return []string{""}
	}
}
