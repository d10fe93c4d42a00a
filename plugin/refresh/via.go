package refresh

import (
	"context"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
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
