package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

const (
	// pageSize is how many objects a LIST asks for at once.
	pageSize = 500
	// atOnce is how many requests are made at once.
	atOnce = 8
)

// gatherer reads facts. Each is read by itself: what fails leaves the others as they are.
type gatherer struct {
	clients
	// objects reads the External Secrets API; nil where it is not served.
	objects *kube.Client

	mu  sync.Mutex // guards old
	old []Object
}

// scopeOf says where to look.
type scopeOf struct {
	// namespace is where to look if all is false or, unless strict, forbidden.
	namespace   string
	all, strict bool
}

// gather reads all facts. The error is that of a server which can't be talked to at all.
func gather(ctx context.Context, config *rest.Config, scope scopeOf, plugin string) (*facts, error) {
	clients, err := newClients(config)
	if err != nil {
		return nil, err
	}
	f := &facts{now: time.Now(), plugin: plugin}
	objects, err := kube.New(ctx, config)
	switch {
	case errors.Is(err, kube.ErrNoCRDs):
		f.noAPI = true
	case err != nil:
		return nil, err
	default:
		f.version = objects.APIVersion()
	}
	g := &gatherer{clients: clients, objects: objects}
	g.externalSecrets(ctx, f, scope)

	together(ctx,
		func(ctx context.Context) { f.crds = g.crds(ctx) },
		func(ctx context.Context) { f.webhooks = g.webhooks(ctx) },
		func(ctx context.Context) { f.operators = g.operators(ctx, f.namespace) },
		func(ctx context.Context) { f.runners = g.runners(ctx, f.namespace, f.now) },
		func(ctx context.Context) { f.stores = g.stores(ctx, kindStore, f.namespace) },
		func(ctx context.Context) { f.clusterStores = g.stores(ctx, kindClusterStore, "") },
		func(ctx context.Context) { f.clusterExternalSecrets = g.clusterExternalSecrets(ctx) },
		func(ctx context.Context) { f.namespaces = g.namespaces(ctx, f.namespace) },
		func(ctx context.Context) { f.secrets = g.secrets(ctx, f.namespace) },
		func(ctx context.Context) { f.user = g.user(ctx) },
	)
	f.endpoints = g.endpoints(ctx, f)
	f.rights = g.rights(ctx, rightsFor(f), f.namespace)
	f.old = g.old
	return f, context.Cause(ctx)
}

// together does things at once, but not too many.
func together(ctx context.Context, all ...func(context.Context)) {
	var group sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for _, each := range all {
		group.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			each(ctx)
		})
	}
	group.Wait()
}

// externalSecrets reads the ExternalSecrets, and settles thereby what is looked at: all, or where that is forbidden the
// namespace, unless all were asked for.
func (g *gatherer) externalSecrets(ctx context.Context, f *facts, scope scopeOf) {
	if !scope.all {
		f.namespace = scope.namespace
	}
	if g.objects == nil {
		return
	}
	f.externalSecrets = g.externalSecretsIn(ctx, f.namespace)
	if scope.all && !scope.strict && kube.IsForbidden(f.externalSecrets.err) {
		f.namespace, f.narrowed = scope.namespace, true
		f.externalSecrets = g.externalSecretsIn(ctx, f.namespace)
	}
}

func (g *gatherer) externalSecretsIn(ctx context.Context, namespace string) known[[]resolve.Item] {
	var selected resolve.Scope
	if namespace != "" {
		selected.Namespaces = []string{namespace}
	}
	items, err := resolve.Select(ctx, watchful{g.objects, g.note}, selected)
	return known[[]resolve.Item]{items, err}
}

// watchful shows each object that is listed to somebody who wants of it what its type does not keep.
type watchful struct {
	resolve.ObjectReader
	see func(resource string, raw json.RawMessage)
}

func (w watchful) List(
	ctx context.Context, resource, namespace string, selector kube.Selector, page func([]json.RawMessage) error,
) error {
	return w.ObjectReader.List(ctx, resource, namespace, selector, func(objects []json.RawMessage) error {
		for _, raw := range objects {
			w.see(resource, raw)
		}
		return page(objects)
	})
}

// pages reads a list to its end. What it has read before an error counts.
func pages[T any](list func(metav1.ListOptions) (items []T, next string, err error), options metav1.ListOptions) ([]T, error) {
	var all []T
	options.Limit = pageSize
	for {
		items, next, err := list(options)
		if err != nil {
			return all, err
		}
		all = append(all, items...)
		if options.Continue = next; next == "" {
			return all, nil
		}
	}
}

// somewhere lists everywhere or, where that is forbidden, in the namespaces in which things usually are. The error tells that
// there may be more.
func somewhere[T any](list func(namespace string) ([]T, error), usual ...string) known[[]T] {
	all, err := list("")
	if err == nil || !kube.IsForbidden(err) {
		return known[[]T]{all, err}
	}
	for i, namespace := range usual {
		if namespace == "" || slices.Contains(usual[:i], namespace) {
			continue
		}
		if some, err := list(namespace); err == nil {
			all = append(all, some...)
		}
	}
	return known[[]T]{all, err}
}
