package refresh

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/refresh/controller"
)

// Via says who refreshes.
type Via string

// The values of Via.
const (
	// ViaAuto is one of the others, for each ExternalSecret by who answers for its stores in the cluster.
	ViaAuto Via = "auto"
	// ViaLocal refreshes in this process, with a person's own rights and credentials.
	ViaLocal Via = "local"
	// ViaRunner has a Job of the runner that is installed in the cluster refresh.
	ViaRunner Via = "runner"
	// ViaController has the controller that runs in the cluster refresh.
	ViaController Via = "controller"
)

// vias are all values of Via.
func vias() []string {
	return []string{string(ViaAuto), string(ViaLocal), string(ViaRunner), string(ViaController)}
}

// defaultPatience is how long the controller may take where --timeout does not say.
const defaultPatience = time.Minute

// refresh makes the refresh by the means that were chosen. begin and observe are told how it goes. A dry run is made here: nobody
// else makes any.
func (o *Options) refresh(ctx context.Context, begin func(int), observe func(core.Result)) (core.Report, error) {
	switch {
	case o.Via == ViaAuto && o.dry():
		return o.by(ctx, ViaLocal, o.Config.Scope, begin, observe)
	case o.Via == ViaAuto:
		return o.automatic(ctx, begin, observe)
	default:
		return o.by(ctx, o.Via, o.Config.Scope, begin, observe)
	}
}

// by makes the refresh of a scope by certain means.
func (o *Options) by(
	ctx context.Context, via Via, scope resolve.Scope, begin func(int), observe func(core.Result),
) (core.Report, error) {
	if via != ViaLocal && scope.Reading.Any() {
		named, err := o.named(ctx, scope)
		if err != nil || len(named) == 0 {
			now := time.Now()
			return core.Report{Started: now, Finished: now}, err
		}
		scope = resolve.Scope{Names: named}
	}
	switch via {
	case ViaRunner:
		return o.byRunner(ctx, scope, begin, observe)
	case ViaController:
		return controller.Sync(ctx, o.asking(scope, false, begin, observe))
	default:
		config := o.Config
		config.Scope, config.Begin, config.Observe = scope, begin, observe
		return core.Sync(ctx, config)
	}
}

// named are the names of what is in a scope, for those who can't be told what it reads.
func (o *Options) named(ctx context.Context, scope resolve.Scope) ([]types.NamespacedName, error) {
	client, err := kube.New(ctx, o.Config.Kube)
	if err != nil {
		return nil, err
	}
	items, _, err := o.choose(ctx, client, scope)
	names := make([]types.NamespacedName, len(items))
	for i, item := range items {
		names[i] = item.NamespacedName
	}
	return names, err
}

// choose reads what is in a scope, and the stores unless it is named. What a person should know about the choice is told.
func (o *Options) choose(ctx context.Context, client *kube.Client, scope resolve.Scope) ([]resolve.Item, *resolve.Stores, error) {
	items, err := resolve.Select(ctx, client, scope)
	if err != nil {
		return nil, nil, err
	}
	stores := resolve.NewStores(client, client)
	if len(scope.Names) == 0 {
		if err := stores.Load(ctx, scope.Namespaces); err != nil {
			return nil, nil, err
		}
	}
	planner := resolve.Planner{Stores: stores, Providers: o.Config.Providers}
	items, notes := planner.Narrow(ctx, items, scope.Reading)
	for _, note := range notes {
		fmt.Fprintf(o.Streams.ErrOut, "Note: %s\n", printable(note))
	}
	return items, stores, nil
}

// asking is how a controller, or a runner that lingers, is asked.
func (o *Options) asking(scope resolve.Scope, runner bool, begin func(int), observe func(core.Result)) controller.Config {
	return controller.Config{
		Kube: o.Config.Kube, Scope: scope, Class: o.Config.Class, Runner: runner, Concurrency: o.Config.Concurrency,
		Patience: o.Timeout + defaultPatience, // with a --timeout the context is done first
		Begin:    begin, Observe: observe,
	}
}

// outcomes are those of a pass, and what a controller says.
func outcomes() []core.Outcome {
	return append([]core.Outcome{controller.Refreshed}, core.Outcomes()...)
}
