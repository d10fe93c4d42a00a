package linger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

// Source lists and watches ExternalSecrets.
type Source interface {
	ListVersion(ctx context.Context, resource, namespace string, selector kube.Selector, page func([]json.RawMessage) error) (version string, err error)
	Watch(ctx context.Context, resource, namespace string, selector kube.Selector, version string, each func(watch.EventType, json.RawMessage)) (next string, err error)
}

// begin lists what there is since the pass, and watches it from there, a watch for each namespace or one for all.
func (l *loop) begin(ctx context.Context) error {
	before := make(map[types.NamespacedName]core.Result, len(l.Before))
	for _, r := range l.Before {
		before[types.NamespacedName{Namespace: r.Namespace, Name: r.Name}] = r
	}
	l.Before = nil
	namespaces := l.Scope.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	versions := map[string]string{}
	for _, namespace := range namespaces {
		version, err := l.list(ctx, namespace, func(item resolve.Item) {
			now := time.Now()
			s := &state{}
			l.states[item.NamespacedName] = s
			wanted := s.see(item, now)
			result, ok := before[item.NamespacedName]
			if ok {
				// The pass has tried it. What is due all the same has changed since, unless the pass has left it so.
				left := result.Outcome == core.Failed ||
					(result.Outcome == core.Skipped && result.Reason != core.NotDue && result.Reason != core.Stopped)
				wanted = wanted && item.ES != nil && !left
				s.settle(result, now)
			}
			if wanted {
				l.want(item.NamespacedName, s)
			}
		})
		if err != nil {
			return err
		}
		versions[namespace] = version
	}
	for namespace, version := range versions {
		go l.watch(ctx, namespace, version)
	}
	return nil
}

// list reads the ExternalSecrets of a namespace that are in the scope.
func (l *loop) list(ctx context.Context, namespace string, each func(resolve.Item)) (version string, err error) {
	return l.Source.ListVersion(ctx, api.ResourceExternalSecrets, namespace, l.Scope.Selector, func(page []json.RawMessage) error {
		for _, raw := range page {
			if item := resolve.Decode(raw); l.Scope.Shard.Holds(item.NamespacedName) {
				each(item)
			}
		}
		return nil
	})
}

// watch hands on what happens in a namespace until ctx is done.
func (l *loop) watch(ctx context.Context, namespace, version string) {
	const pause, longest = time.Second, 10 * time.Second
	wait := pause
	for ctx.Err() == nil {
		began := time.Now()
		next, err := l.Source.Watch(ctx, api.ResourceExternalSecrets, namespace, l.Scope.Selector, version, func(kind watch.EventType, raw json.RawMessage) {
			if item := resolve.Decode(raw); l.Scope.Shard.Holds(item.NamespacedName) {
				l.tell(ctx, event{kind: kind, item: item})
			}
		})
		if errors.Is(err, kube.ErrExpired) {
			next, err = l.listAgain(ctx, namespace)
		}
		version = next
		switch {
		case err == nil && time.Since(began) > pause:
			wait = pause
			continue
		case ctx.Err() != nil:
			return
		case kube.NeedsChange(err):
			select {
			case l.failed <- fmt.Errorf("linger: %w", err):
			default: // another watch has failed so before
			}
			return
		}
		if err != nil {
			l.Log.Warn("the watch is interrupted", "error", err.Error())
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, longest)
	}
}

// listAgain makes good for what a watch has missed.
func (l *loop) listAgain(ctx context.Context, namespace string) (version string, err error) {
	present := map[types.NamespacedName]bool{}
	version, err = l.list(ctx, namespace, func(item resolve.Item) {
		present[item.NamespacedName] = true
		l.tell(ctx, event{kind: watch.Modified, item: item})
	})
	if err == nil {
		l.tell(ctx, event{namespace: namespace, present: present})
	}
	return version, err
}

func (l *loop) tell(ctx context.Context, e event) {
	select {
	case l.happened <- e:
	case <-ctx.Done():
	}
}
