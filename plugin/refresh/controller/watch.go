package controller

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

const (
	// pause is how long a watch that has ended is left alone before the next one.
	pause = time.Second
	// detail is how long the Event with the cause of a failure is waited for once the condition tells of one.
	detail = 2 * time.Second
)

// begin begins a watch, which sends all that is there first.
type begin func(ctx context.Context) (watch.Interface, error)

// watch follows the ExternalSecrets and their Events until ctx is done. The error is for what can't be watched at all.
func (a *asking) watch(ctx context.Context) (*errgroup.Group, error) {
	client, err := dynamic.NewForConfig(a.Kube)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	events, err := typedv1.NewForConfig(a.Kube)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	version, err := schema.ParseGroupVersion(a.client.APIVersion())
	if err != nil {
		return nil, fmt.Errorf("read the version of the API: %w", err)
	}
	namespace, selector := a.where()
	failures := metav1.ListOptions{FieldSelector: fields.Set{
		"involvedObject.kind": api.KindExternalSecret, "reason": api.EventUpdateFailed,
	}.String()}
	known, err := events.Events(namespace).List(ctx, failures)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	seen := map[types.UID]string{}
	for _, event := range known.Items {
		seen[event.UID] = event.ResourceVersion
	}
	var group errgroup.Group
	for _, w := range []struct {
		begin begin
		take  func(runtime.Object, watch.EventType)
	}{
		{func(ctx context.Context) (watch.Interface, error) {
			return client.Resource(version.WithResource(api.ResourceExternalSecrets)).Namespace(namespace).
				Watch(ctx, metav1.ListOptions{FieldSelector: selector})
		}, a.object},
		{func(ctx context.Context) (watch.Interface, error) {
			return events.Events(namespace).Watch(ctx, failures)
		},
			func(object runtime.Object, _ watch.EventType) { a.event(object, seen) }},
	} {
		stream, err := w.begin(ctx)
		if err != nil {
			return nil, fmt.Errorf("watch: %w", err)
		}
		group.Go(func() error {
			follow(ctx, stream, w.begin, w.take)
			return nil
		})
	}
	return &group, nil
}

// where is the namespace of all that is waited for, empty if there are several, and a field selector if it is a single one.
func (a *asking) where() (namespace, selector string) {
	pending := a.pending()
	namespace = pending[0].es.Namespace
	for _, w := range pending {
		if w.es.Namespace != namespace {
			return "", ""
		}
	}
	if len(pending) == 1 {
		selector = fields.OneTermEqualSelector("metadata.name", pending[0].es.Name).String()
	}
	return namespace, selector
}

// follow takes what a watch sends, and begins a new one whenever it ends.
func follow(ctx context.Context, stream watch.Interface, begin begin, take func(runtime.Object, watch.EventType)) {
	for {
		for stream != nil {
			select {
			case <-ctx.Done():
				stream.Stop()
				return
			case event, ok := <-stream.ResultChan():
				if !ok || event.Type == watch.Error {
					stream.Stop()
					stream = nil
					continue
				}
				take(event.Object, event.Type)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		stream, _ = begin(ctx) // if it fails, the next try is a pause away
	}
}

// object looks at an ExternalSecret: it is refreshed once the controller has recorded that it has seen it as it is now.
func (a *asking) object(object runtime.Object, kind watch.EventType) {
	u, ok := object.(*unstructured.Unstructured)
	if !ok {
		return
	}
	namespace, name := u.GetNamespace(), u.GetName()
	a.mu.Lock()
	w := a.waiting[key(namespace, name)]
	asked := w != nil && w.asked
	a.mu.Unlock()
	switch {
	case !asked:
		return
	case kind == watch.Deleted || u.GetUID() != w.es.UID:
		a.answer(namespace, name, core.Skipped, core.Deleting, "it was deleted meanwhile")
		return
	}
	synced, _, _ := unstructured.NestedString(u.Object, "status", "syncedResourceVersion")
	if synced != w.es.Status.SyncedResourceVersion && synced != "" {
		a.answer(namespace, name, Refreshed, "", "")
		return
	}
	if message, failed := turnedFalse(u, w.es); failed {
		// The condition has general words only: an Event with the cause comes at about the same time.
		time.AfterFunc(detail, func() { a.answer(namespace, name, core.Failed, ControllerError, message) })
	}
}

// turnedFalse tells whether the Ready condition says of a failure what it did not say before.
func turnedFalse(u *unstructured.Unstructured, before *api.ExternalSecret) (message string, failed bool) {
	var now api.ExternalSecret
	if runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, &now) != nil {
		return "", false
	}
	ready, was := now.Ready(), before.Ready()
	if ready == nil || ready.Status != metav1.ConditionFalse {
		return "", false
	}
	if was != nil && was.Status == ready.Status && was.Message == ready.Message {
		return "", false
	}
	return ready.Message, true
}

// event looks at an Event about a failure that was not there before. It is the one thing that is always new: a condition that
// fails in the same words twice does not change.
func (a *asking) event(object runtime.Object, seen map[types.UID]string) {
	event, ok := object.(*corev1.Event)
	if !ok || seen[event.UID] == event.ResourceVersion || !a.asked(event) {
		return
	}
	seen[event.UID] = event.ResourceVersion
	about := event.InvolvedObject
	a.mu.Lock()
	w := a.waiting[key(about.Namespace, about.Name)]
	asked := w != nil && w.asked && (about.UID == "" || about.UID == w.es.UID)
	a.mu.Unlock()
	if asked {
		a.answer(about.Namespace, about.Name, core.Failed, ControllerError, event.Message)
	}
}

// asked tells whether an Event is of who was asked, and not of a pass, of a person or a runner, that goes on at the same time.
func (a *asking) asked(event *corev1.Event) bool {
	switch event.Source.Component {
	case write.ComponentPlugin:
		return false
	case write.ComponentRunner:
		return a.Runner
	default:
		return !a.Runner
	}
}
