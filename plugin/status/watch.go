package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
)

const (
	// tick is how often items are judged anew, since time alone can make them stale.
	tick = 10 * time.Second
	// pause is how long a watch that has ended is left alone before the next one.
	pause = time.Second
)

// errGap means that a watch has ended, as all do after a while: what happened before the next one begins must be listed.
var errGap = errors.New("the watch has ended")

// watcher prints what changes. A watch begins with all that is there, so that nothing is lost between list and watch, and
// what is known already is not printed again.
type watcher struct {
	*Options
	judge  *judge
	reader resolve.ObjectReader
	source dynamic.ResourceInterface
	known  map[types.NamespacedName]*seen
}

// seen is an ExternalSecret and what was printed of it.
type seen struct {
	resolve.Item
	printed Item
}

// watch goes on after a list, which was printed.
func (o *Options) watch(ctx context.Context, printed *Survey) error {
	reader := printed.client
	client, err := dynamic.NewForConfig(o.Kube)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	version, err := schema.ParseGroupVersion(reader.APIVersion())
	if err != nil {
		return fmt.Errorf("read the version of the API: %w", err)
	}
	resource := client.Resource(version.WithResource(api.ResourceExternalSecrets))
	w := &watcher{Options: o, judge: printed.judge, reader: reader, source: resource, known: map[types.NamespacedName]*seen{}}
	if namespace := o.Namespace(); namespace != "" {
		w.source = resource.Namespace(namespace)
	}
	for i, item := range printed.Read {
		w.known[item.NamespacedName] = &seen{Item: item, printed: printed.Items[i]}
	}
	return w.run(ctx)
}

// Namespace is the one that is looked at; empty means all.
func (o *Options) Namespace() string {
	switch {
	case len(o.Scope.Names) > 0:
		return o.Scope.Names[0].Namespace
	case len(o.Scope.Namespaces) > 0:
		return o.Scope.Namespaces[0]
	default:
		return ""
	}
}

func (w *watcher) run(ctx context.Context) error {
	for {
		err := w.once(ctx)
		if errors.Is(err, errGap) {
			select {
			case <-time.After(pause):
				err = w.list(ctx)
			case <-ctx.Done():
			}
		}
		switch {
		case ctx.Err() != nil:
			return exit.Silent(exit.Code(context.Cause(ctx)))
		case err != nil && !errors.Is(err, errGap):
			return err
		}
	}
}

// once watches until the watch ends.
func (w *watcher) once(ctx context.Context) error {
	options := metav1.ListOptions{LabelSelector: w.Scope.Selector.Labels, FieldSelector: w.Scope.Selector.Fields}
	if len(w.Scope.Names) > 0 {
		options.FieldSelector = fields.OneTermEqualSelector("metadata.name", w.Scope.Names[0].Name).String()
	}
	stream, err := w.source.Watch(ctx, options)
	if err != nil {
		return fmt.Errorf("watch %s: %w", api.ResourceExternalSecrets, err)
	}
	defer stream.Stop()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			err = w.refresh(ctx)
		case event, ok := <-stream.ResultChan():
			if !ok {
				return errGap
			}
			err = w.event(ctx, event)
		}
		if err != nil {
			return err
		}
	}
}

func (w *watcher) event(ctx context.Context, event watch.Event) error {
	switch event.Type {
	case watch.Error:
		err := apierrors.FromObject(event.Object)
		if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			return errGap
		}
		return fmt.Errorf("watch %s: %w", api.ResourceExternalSecrets, err)
	case watch.Added, watch.Modified, watch.Deleted:
		object, ok := event.Object.(*unstructured.Unstructured)
		if !ok {
			return nil
		}
		item := decode(object)
		if event.Type == watch.Deleted {
			return w.deleted(item.NamespacedName)
		}
		return w.changed(ctx, item)
	default:
		return nil
	}
}

// decode reads a watched object as resolve.Select reads a listed one.
func decode(object *unstructured.Unstructured) resolve.Item {
	item := resolve.Item{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}}
	object.SetManagedFields(nil)
	raw, err := object.MarshalJSON()
	if err == nil {
		var es api.ExternalSecret
		if err = json.Unmarshal(raw, &es); err == nil {
			item.ES = &es
			return item
		}
	}
	item.Err = fmt.Errorf("read the object: %w", err)
	return item
}

// list catches up with what happened between two watches.
func (w *watcher) list(ctx context.Context) error {
	read, err := resolve.Select(ctx, w.reader, w.Scope)
	if err != nil {
		return err
	}
	gone := maps.Clone(w.known)
	for _, item := range read {
		if item.Missing {
			continue
		}
		delete(gone, item.NamespacedName)
		if err := w.changed(ctx, item); err != nil {
			return err
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(gone), byName) {
		if err := w.deleted(name); err != nil {
			return err
		}
	}
	return nil
}

// refresh judges everything anew.
func (w *watcher) refresh(ctx context.Context) error {
	for _, name := range slices.SortedFunc(maps.Keys(w.known), byName) {
		if err := w.changed(ctx, w.known[name].Item); err != nil {
			return err
		}
	}
	return nil
}

func byName(a, b types.NamespacedName) int { return strings.Compare(a.String(), b.String()) }

// changed prints an item if it is not as it was printed before. That it is due or held back, which come and go, is no change.
func (w *watcher) changed(ctx context.Context, item resolve.Item) error {
	now := time.Now()
	judged := w.judge.attend(ctx, w.judge.again(ctx, Assess(item, now), item.ES), item.ES)
	before, ok := w.known[item.NamespacedName]
	w.known[item.NamespacedName] = &seen{Item: item, printed: judged}
	if ok {
		old := before.printed
		old.Due, old.Chain, old.Diagnosis = judged.Due, judged.Chain, judged.Diagnosis
		old.HeldBy, old.HeldUntil, old.LateSeconds = judged.HeldBy, judged.HeldUntil, judged.LateSeconds
		if reflect.DeepEqual(old, judged) {
			return nil
		}
	}
	return w.print([]Item{judged}, now)
}

func (w *watcher) deleted(name types.NamespacedName) error {
	before, ok := w.known[name]
	if !ok {
		return nil
	}
	delete(w.known, name)
	last := before.printed.as(Deleted, reasonDeleted, "it was deleted")
	last.Due, last.NextDue = false, nil
	return w.print([]Item{last}, time.Now())
}
