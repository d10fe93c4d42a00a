package status

import (
	"context"
	"fmt"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Options are resolved flags.
type Options struct {
	Kube  *rest.Config
	Scope resolve.Scope
	// Class is the class of the stores that are served, besides those that name none.
	Class   string
	Watch   bool
	Output  Output
	Streams genericiooptions.IOStreams
}

// Run reads and prints.
func (o *Options) Run(ctx context.Context) error {
	client, err := kube.New(ctx, o.Kube)
	if err != nil {
		return err
	}
	read, err := resolve.Select(ctx, client, o.Scope)
	if err != nil {
		return err
	}
	now := time.Now()
	stores := resolve.NewStores(client, client)
	found, missing := o.judge(read, now)
	if err := o.loadStores(ctx, stores, found); err != nil {
		return err
	}
	for i := range found {
		found[i] = blame(ctx, found[i], stores, o.Class)
	}
	if o.Output.Chained() && len(found) == 1 {
		if found[0], err = o.withChain(ctx, found[0], read[0].ES, stores, now); err != nil {
			return err
		}
	}
	if err := o.print(found, now); err != nil {
		return err
	}
	switch {
	case missing > 0:
		return exit.Silent(exit.Failed)
	case o.Watch:
		return o.watch(ctx, client, stores, read, found)
	default:
		return nil
	}
}

// withChain reads the chain of an item, whose Secret has a say in how it is.
func (o *Options) withChain(
	ctx context.Context, item Item, es *api.ExternalSecret, stores storeFinder, now time.Time,
) (Item, error) {
	core, err := typedv1.NewForConfig(o.Kube)
	if err != nil {
		return item, fmt.Errorf("make a client: %w", err)
	}
	chain := (&gatherer{core: core, stores: stores}).gather(ctx, item, es)
	item = confirm(item, es, chain.Secret, now)
	item.Chain = chain
	return item, nil
}

// judge assesses what was read. Those that do not exist are told on the error stream, as kubectl does, and counted.
func (o *Options) judge(read []resolve.Item, now time.Time) (found []Item, missing int) {
	found = make([]Item, 0, len(read))
	for _, item := range read {
		if item.Missing {
			missing++
			fmt.Fprintf(o.Streams.ErrOut, "Error from server (NotFound): %s.%s %q not found\n",
				api.ResourceExternalSecrets, api.Group, item.Name)
			continue
		}
		found = append(found, Assess(item, now))
	}
	return found, missing
}

// loadStores lists the stores if a list of ExternalSecrets has any that nothing refreshes; for names they are read by name.
func (o *Options) loadStores(ctx context.Context, stores *resolve.Stores, items []Item) error {
	if len(o.Scope.Names) > 0 {
		return nil
	}
	for _, item := range items {
		if item.unserved() {
			return stores.Load(ctx, o.Scope.Namespaces)
		}
	}
	return nil
}

// print prints a list, or says that there is nothing.
func (o *Options) print(items []Item, now time.Time) error {
	switch {
	case len(items) > 0, o.Output.Form == documents && !o.Output.One:
		return o.Output.Print(items, now)
	case len(o.Scope.Names) == 0:
		fmt.Fprintln(o.Streams.ErrOut, scope.Nothing(o.Scope))
	}
	return nil
}
