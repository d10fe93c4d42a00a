package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// gathered is what was read. Parts that could not be are empty, and unknown.
type gathered struct {
	seen *status.Survey
	// secrets are those of the scope's namespaces; nil where they are not known.
	secrets map[types.NamespacedName]status.SecretLink
	changed map[types.NamespacedName]*time.Time
	users   map[types.NamespacedName]consumers.Found
	// servers are those who refresh one of the ExternalSecrets at least.
	servers []serving.Server
	runs    []runs.Run
	stores  map[storeKey]Store
	unknown []Unknown
}

// storeKey names a store; the namespace is empty for one that is in none.
type storeKey struct{ kind, namespace, name string }

// gather reads everything, in lists. The error is for what a report can't be without: the ExternalSecrets.
func (o *Options) gather(ctx context.Context) (*gathered, error) {
	g := &gathered{}
	readers, err := newReaders(o.Status.Kube)
	if err != nil {
		return nil, err
	}
	namespace := o.Status.Namespace()
	var work sync.WaitGroup
	var failed, unlisted error
	work.Go(func() { g.seen, failed = o.Status.Survey(ctx) })
	work.Go(func() { unlisted = g.listSecrets(ctx, readers.metadata, namespace) })
	work.Wait()
	if failed != nil {
		return nil, failed
	}
	servers, unseen := g.seen.Serving()
	if unseen == nil && !servers.Whole {
		unseen = errors.New("you may not list Deployments or CronJobs in all namespaces: there may be more")
	}
	g.miss(partSecrets, unlisted)
	g.miss(partRefreshers, unseen)
	if g.seen.EventsUnread() {
		g.miss(partEvents, errors.New("you may not list Events: a key that a refresh has left out may be unseen"))
	}
	g.findStores(ctx)
	g.weigh(ctx, servers)
	g.findUsers(ctx, readers.users, namespace)
	g.miss(partRuns, g.readRuns(ctx, o.Status.Kube))
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) // what was not read for want of time is not unknown
	}
	return g, nil
}

// miss notes that a part is unknown, if it is.
func (g *gathered) miss(part string, err error) {
	if err != nil {
		g.unknown = append(g.unknown, Unknown{part, secret.Printable(secret.Redact(err.Error()))})
	}
}

// readRuns reads the runs of the runners or, where none is known, of one that is where it usually is.
func (g *gathered) readRuns(ctx context.Context, config *rest.Config) error {
	var namespaces []string
	for _, server := range g.servers {
		if server.Kind == "CronJob" && !slices.Contains(namespaces, server.Namespace) {
			namespaces = append(namespaces, server.Namespace)
		}
	}
	if len(namespaces) == 0 {
		namespaces = []string{jobs.Namespace}
	}
	var all error
	for _, namespace := range namespaces {
		runner, err := jobs.New(config, namespace)
		if err != nil {
			return err
		}
		found, err := runs.Gather(ctx, runner)
		if apierrors.IsForbidden(err) {
			err = fmt.Errorf("you may not read the reports of the runner in namespace %q (forbidden)", namespace)
		}
		all = errors.Join(all, err)
		g.runs = append(g.runs, found...)
	}
	slices.SortStableFunc(g.runs, func(a, b runs.Run) int { return b.Started.Compare(a.Started) })
	return all
}

// findStores looks up the stores that ExternalSecrets refer to.
func (g *gathered) findStores(ctx context.Context) {
	g.stores = map[storeKey]Store{}
	unknown := false
	for _, item := range g.seen.Items {
		for _, ref := range item.Stores {
			key := keyOf(ref, item.Metadata.Namespace)
			if _, ok := g.stores[key]; ok {
				continue
			}
			store := Store{Namespace: key.namespace}
			store.StoreLink, store.Known = g.seen.Store(ctx, ref, item.Metadata.Namespace)
			store.Error = secret.Redact(store.Error)
			store.Ready = hideReady(store.Ready)
			unknown = unknown || !store.Known
			g.stores[key] = store
		}
	}
	if unknown {
		g.miss(partStores, errors.New("you may not list stores: their providers and conditions are not known"))
	}
}

// findUsers looks for the workloads and Pods that use the Secrets.
func (g *gathered) findUsers(ctx context.Context, users consumers.Clients, namespace string) {
	wanted := map[types.NamespacedName]*time.Time{}
	for _, item := range g.seen.Items {
		if item.SecretName != "" {
			name := secretOf(item)
			wanted[name] = g.changed[name]
		}
	}
	if len(wanted) == 0 {
		return
	}
	var trouble consumers.Trouble
	g.users, trouble = users.FindAll(ctx, namespace, wanted)
	g.miss(partWorkloads, trouble.Workloads)
	g.miss(partPods, trouble.Pods)
}

// weigh judges the ExternalSecrets by what was read beside them: their Secrets, and who refreshes what.
func (g *gathered) weigh(ctx context.Context, seen serving.Seen) {
	serves := make([]bool, len(seen.Servers))
	for i, item := range g.seen.Items {
		es := g.seen.Read[i].ES
		if es == nil {
			continue
		}
		classes := g.classes(item)
		for s, server := range seen.Servers {
			serves[s] = serves[s] || server.Covers(es, classes)
		}
		var link status.SecretLink // of which nothing is known
		if g.secrets != nil && item.SecretName != "" {
			if link = g.secrets[secretOf(item)]; link.Name == "" {
				link.Name = item.SecretName
			}
		}
		g.seen.Weigh(ctx, i, link, status.RefreshersOf(seen, es, classes))
	}
	for s, server := range seen.Servers {
		if serves[s] {
			g.servers = append(g.servers, server)
		}
	}
}

// classes are those of the stores of an ExternalSecret that are known.
func (g *gathered) classes(item status.Item) []string {
	var all []string
	for _, ref := range item.Stores {
		if store := g.stores[keyOf(ref, item.Metadata.Namespace)]; store.Exists {
			all = append(all, store.Class)
		}
	}
	return all
}

func keyOf(ref status.StoreRef, namespace string) storeKey {
	if ref.Kind == api.KindClusterSecretStore {
		namespace = ""
	}
	return storeKey{ref.Kind, namespace, ref.Name}
}

func secretOf(item status.Item) types.NamespacedName {
	return types.NamespacedName{Namespace: item.Metadata.Namespace, Name: item.SecretName}
}
