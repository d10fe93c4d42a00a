package status

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Options are resolved flags.
type Options struct {
	Kube  *rest.Config
	Scope resolve.Scope
	// Class is the class of the stores that are served, besides those that name none.
	Class string
	// Providers are those that this version has.
	Providers provider.Registry
	Watch     bool
	Output    Output
	Streams   genericiooptions.IOStreams
}

// Run reads and prints.
func (o *Options) Run(ctx context.Context) error {
	seen, err := o.Survey(ctx)
	if err != nil {
		return err
	}
	for _, name := range seen.Missing {
		fmt.Fprintln(o.Streams.ErrOut, results.NotFound(name.Name)) // as kubectl does
	}
	if o.chained(seen.Items) {
		if seen.Items[0], err = o.withChain(ctx, seen); err != nil {
			return err
		}
	} else {
		seen.attend(ctx)
	}
	if err := o.print(seen.Items, seen.At); err != nil {
		return err
	}
	switch {
	case len(seen.Missing) > 0:
		return exit.Silent(exit.Failed)
	case o.Watch:
		return o.watch(ctx, seen)
	default:
		return nil
	}
}

// chained tells whether what was found is one that is shown with its chain.
func (o *Options) chained(found []Item) bool { return o.Output.Chained() && len(found) == 1 }

// read reads the ExternalSecrets and meanwhile, where there may be several, lists the stores. For one name they are read as they
// are needed.
func (o *Options) read(ctx context.Context, client *kube.Client, stores *resolve.Stores) ([]resolve.Item, error) {
	if len(o.Scope.Names) == 1 {
		return resolve.Select(ctx, client, o.Scope)
	}
	var read []resolve.Item
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		read, err = resolve.Select(ctx, client, o.Scope)
		return err
	})
	group.Go(func() error { return stores.Load(ctx, o.namespaces()) })
	return read, group.Wait()
}

// withChain reads the chain of the one item that was found, whose links have a say in how it is.
func (o *Options) withChain(ctx context.Context, seen *Survey) (Item, error) {
	item, es := seen.Items[0], seen.Read[0].ES
	gatherer, err := newGatherer(o.Kube, seen.stores)
	if err != nil {
		return item, err
	}
	chain := gatherer.gather(ctx, item, es)
	if es != nil {
		chain.Refreshers = refreshersAmong(seen.judge.serving, seen.judge.unseen, es, classes(chain.Stores))
	}
	item = seen.judge.whole(ctx, item, es, chain, seen.At)
	item.Chain = chain
	return diagnosed(item), nil
}

// print prints a list, or says that there is nothing.
func (o *Options) print(items []Item, now time.Time) error {
	switch {
	case len(items) > 0, o.Output.Form == documents && !o.Output.One && !o.Output.Apart:
		return o.Output.Print(items, now)
	case len(o.Scope.Names) == 0:
		fmt.Fprintln(o.Streams.ErrOut, scope.Nothing(o.Scope))
	}
	return nil
}
