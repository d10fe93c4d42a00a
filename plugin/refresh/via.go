package refresh

import (
	"context"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/refresh/controller"
)

// Via says who refreshes.
type Via string

// The values of Via.
const (
	// ViaLocal refreshes in this process, with a person's own rights and credentials.
	ViaLocal Via = "local"
	// ViaRunner has a Job of the runner that is installed in the cluster refresh.
	ViaRunner Via = "runner"
	// ViaController has the controller that runs in the cluster refresh.
	ViaController Via = "controller"
)

// vias are all values of Via.
func vias() []string { return []string{string(ViaLocal), string(ViaRunner), string(ViaController)} }

// defaultPatience is how long the controller may take where --timeout does not say.
const defaultPatience = time.Minute

// refresh makes the refresh by the means that were chosen. begin and observe are told how it goes.
func (o *Options) refresh(ctx context.Context, begin func(int), observe func(core.Result)) (core.Report, error) {
	switch o.Via {
	case ViaRunner:
		return o.byRunner(ctx, begin, observe)
	case ViaController:
		return controller.Sync(ctx, controller.Config{
			Kube: o.Config.Kube, Scope: o.Config.Scope, Class: o.Config.Class, Concurrency: o.Config.Concurrency,
			Patience: o.Timeout + defaultPatience, // with a --timeout the context is done first
			Begin:    begin, Observe: observe,
		})
	default:
		config := o.Config
		config.Begin, config.Observe = begin, observe
		return core.Sync(ctx, config)
	}
}

// outcomes are those of a pass, and what a controller says.
func outcomes() []core.Outcome {
	return append([]core.Outcome{controller.Refreshed}, core.Outcomes()...)
}
