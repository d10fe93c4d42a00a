package status

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	typedappsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"
	typedbatchv1 "k8s.io/client-go/kubernetes/typed/batch/v1"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
)

const (
	// pageSize is how many Events a LIST asks for at once.
	pageSize = 500
	// latest is how many of the latest Events are kept.
	latest = 10
)

// gatherer reads the links of a chain.
type gatherer struct {
	core   typedv1.CoreV1Interface
	apps   typedappsv1.AppsV1Interface
	batch  typedbatchv1.BatchV1Interface
	stores storeFinder
}

func newGatherer(config *rest.Config, stores storeFinder) (*gatherer, error) {
	core, err := typedv1.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	apps, err := typedappsv1.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	batch, err := typedbatchv1.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	return &gatherer{core: core, apps: apps, batch: batch, stores: stores}, nil
}

// gather reads the chain of an ExternalSecret, of which item is known, but for who refreshes it. es is nil where it can't be decoded.
func (g *gatherer) gather(ctx context.Context, item Item, es *api.ExternalSecret) *Chain {
	chain := &Chain{
		Stores: []StoreLink{}, Refreshers: RefreshersLink{Items: []Refresher{}},
		Workloads: WorkloadsLink{Items: []consumers.Workload{}}, Pods: PodsLink{Items: []consumers.Pod{}},
	}
	for _, ref := range item.Stores {
		chain.Stores = append(chain.Stores, storeLink(ctx, g.stores, ref, item.Metadata.Namespace))
	}
	if es != nil && item.SecretName != "" {
		var changed *time.Time
		chain.Secret, changed = g.secret(ctx, es, item.SecretName)
		chain.Origins = originsOf(es, chain.Secret, ReadTemplates(ctx, g.core, es))
		chain.Workloads, chain.Pods = g.users(ctx, es.Namespace, item.SecretName, changed)
	}
	chain.Events = ReadEvents(ctx, g.core, item.Metadata)
	return chain
}

func storeLink(ctx context.Context, stores storeFinder, ref StoreRef, namespace string) StoreLink {
	link := StoreLink{StoreRef: ref}
	store, err := stores.Get(ctx, api.SecretStoreRef{Kind: ref.Kind, Name: ref.Name}, namespace)
	if err != nil {
		link.Error = secret.Printable(err.Error())
		return link
	}
	link.Exists = true
	link.Provider, link.Class = secret.Printable(store.Spec.Provider.Name()), secret.Printable(store.Spec.Controller)
	link.Ready = readyOf(store.Ready)
	return link
}

// ReadTemplates reads the ConfigMaps that hold templates. What can't be read is left out, and so said to be unread.
func ReadTemplates(ctx context.Context, core typedv1.ConfigMapsGetter, es *api.ExternalSecret) template.Objects {
	objects := template.Objects{}
	if es.Spec.Target.Template == nil {
		return objects
	}
	for _, ref := range template.Needs(es.Spec.Target.Template) {
		if ref.Kind != template.KindConfigMap {
			continue
		}
		held, err := core.ConfigMaps(es.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
		if err != nil {
			continue
		}
		objects[ref] = map[string]secret.Value{}
		for key, text := range held.Data {
			objects[ref][key] = secret.FromString(text)
		}
	}
	return objects
}

// originsOf tells where the keys of the Secret come from. Where it can't be read it lacks none.
func originsOf(es *api.ExternalSecret, link SecretLink, objects template.Objects) []provenance.Origin {
	keys := make([]string, len(link.Keys))
	for i, key := range link.Keys {
		keys[i] = key.Name
	}
	origins := provenance.Of(es, keys, objects)
	for i := range origins {
		origins[i].Missing = origins[i].Missing && link.Exists
	}
	return origins
}

// secret reads the Secret, and tells when its data last changed.
func (g *gatherer) secret(ctx context.Context, es *api.ExternalSecret, name string) (SecretLink, *time.Time) {
	s, err := g.core.Secrets(es.Namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return SecretLink{Name: name}, nil
	case err != nil:
		return SecretLink{Name: name, Error: secret.Printable(err.Error())}, nil
	default:
		return secretLink(s, es), consumers.Changed(&s.ObjectMeta)
	}
}

// ReadEvents reads the Events of an ExternalSecret, and not those of one that had the same name before.
func ReadEvents(ctx context.Context, core typedv1.EventsGetter, object Metadata) EventsLink {
	link := EventsLink{Items: []Event{}}
	about := fields.Set{"involvedObject.kind": api.KindExternalSecret, "involvedObject.name": object.Name}
	if object.UID != "" {
		about["involvedObject.uid"] = object.UID
	}
	list, err := core.Events(object.Namespace).List(ctx, metav1.ListOptions{FieldSelector: about.AsSelector().String()})
	if err != nil {
		link.Error = secret.Printable(fmt.Sprintf("list events: %v", err))
		return link
	}
	link.Items = eventsOf(list.Items)
	return link
}

// eventsOf are the latest of the Events, the latest last.
func eventsOf(events []corev1.Event) []Event {
	kept := make([]Event, 0, len(events))
	for i := range events {
		kept = append(kept, eventOf(&events[i]))
	}
	slices.SortStableFunc(kept, func(a, b Event) int {
		if a.Last == nil || b.Last == nil {
			return cmp.Compare(a.Reason, b.Reason)
		}
		return a.Last.Compare(*b.Last)
	})
	return kept[max(0, len(kept)-latest):]
}
