package explain

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// Printer prints a document; nil means a screen for a person.
type Printer func(document any, out io.Writer) error

// Options are resolved flags.
type Options struct {
	// Config says what is walked, and how.
	Config core.ExplainConfig
	// Namespace is that of the context or of -n, in which a store is asked for.
	Namespace string
	// Store, if its name is set, is explained instead of ExternalSecrets.
	Store api.SecretStoreRef
	// Key, if set, is the key of the target whose value is to be traced.
	Key string
	// All tells to look at all that is in the scope, and to show causes.
	All     bool
	Printer Printer
	Streams genericiooptions.IOStreams
}

// Run explains, and prints. The error has the exit code.
func (o *Options) Run(ctx context.Context) error {
	var healthy bool
	var err error
	switch {
	case o.Store.Name != "":
		healthy, err = o.store(ctx)
	case o.All:
		healthy, err = o.causes(ctx)
	default:
		healthy, err = o.one(ctx)
	}
	switch {
	case err != nil && context.Cause(ctx) != nil:
		return err
	case err != nil:
		return coded(err)
	case !healthy:
		return exit.Silent(exit.Failed)
	default:
		return nil
	}
}

// one explains the ExternalSecret that was named.
func (o *Options) one(ctx context.Context) (healthy bool, err error) {
	walks, err := core.Explain(ctx, o.Config)
	if err != nil {
		return false, err
	}
	client, err := typedv1.NewForConfig(o.Config.Kube)
	if err != nil {
		return false, fmt.Errorf("make a client: %w", err)
	}
	e := judge(walks[0], o.recorded(ctx, client, walks[0]), time.Now())
	if es := walks[0].ES; es != nil && o.Key != "" {
		origin := provenance.OfKey(es, o.Key, status.ReadTemplates(ctx, client, es))
		e.Key = &origin
	}
	return e.Healthy, o.print(e, func(p *page) { p.explanation(e, o.Config.Offline) })
}

// recorded reads what the last refresh has left, and who makes the next one.
func (o *Options) recorded(ctx context.Context, client typedv1.CoreV1Interface, walk core.Explanation) recorded {
	last := recorded{item: status.Assess(walk.Item, time.Now())}
	if walk.ES == nil {
		return last
	}
	last.events = status.ReadEvents(ctx, client, last.item.Metadata)
	seen, err := status.See(ctx, o.Config.Kube)
	item, link := status.Attend(last.item, walk.ES, walk.Classes, seen, err)
	last.item, last.refreshers = item, &link
	return last
}

// causes explains all of a scope. What was recorded is that of the status: Events are not read for each.
func (o *Options) causes(ctx context.Context) (healthy bool, err error) {
	walks, err := core.Explain(ctx, o.Config)
	if err != nil {
		return false, err
	}
	if len(walks) == 0 {
		fmt.Fprintln(o.Streams.ErrOut, scope.Nothing(o.Config.Scope))
	}
	seen, unseen := status.See(ctx, o.Config.Kube)
	now := time.Now()
	all := make([]*Explanation, len(walks))
	for i, walk := range walks {
		last := recorded{item: status.Assess(walk.Item, now)}
		if walk.ES != nil {
			last.item, _ = status.Attend(last.item, walk.ES, walk.Classes, seen, unseen)
		}
		all[i] = judge(walk, last, now)
	}
	slices.SortFunc(all, byName)
	c := group(all)
	return c.Broken == 0, o.print(c, func(p *page) { p.causes(c, o.Config.Offline) })
}

// store explains a store, and counts who reads it.
func (o *Options) store(ctx context.Context) (healthy bool, err error) {
	walk, err := core.ExplainStore(ctx, o.Config, o.Namespace, o.Store)
	if err != nil {
		return false, err
	}
	e := judge(walk, recorded{}, time.Now())
	e.Kind = kindStore
	e.Steps = e.Steps[:len(e.Steps)-1] // nothing is recorded of a store by a refresh
	if e.UsedBy, err = o.usedBy(ctx); err != nil {
		return false, err
	}
	return e.Healthy, o.print(e, func(p *page) { p.store(e, o.Store, o.Config.Offline) })
}

func (o *Options) print(document any, screen func(*page)) error {
	if o.Printer != nil {
		if err := o.Printer(document, o.Streams.Out); err != nil {
			return fmt.Errorf("print the explanation: %w", err)
		}
		return nil
	}
	p := newPage()
	screen(p)
	return p.writeTo(o.Streams.Out)
}
