package refresh

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	typedappsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
)

// servers are those in the cluster who refresh ExternalSecrets.
type servers struct {
	controllers []serving.Server
	runner      *serving.Server
}

// automatic has each ExternalSecret refreshed by who answers for it: a controller before the runner, and both before this
// process. It says whom it has found.
func (o *Options) automatic(ctx context.Context, begin func(int), observe func(core.Result)) (core.Report, error) {
	found, err := o.find(ctx)
	if err != nil {
		return core.Report{}, err
	}
	if len(found.controllers) == 0 && found.runner == nil {
		return o.by(ctx, ViaLocal, o.Config.Scope, begin, observe)
	}
	groups, err := o.assign(ctx, found)
	if err != nil {
		return core.Report{}, err
	}
	for _, via := range slices.Sorted(maps.Keys(groups)) {
		fmt.Fprintf(o.Streams.ErrOut, "%s by %s\n", results.Count(len(groups[via]), "ExternalSecret"), found.describe(via))
	}
	switch narrowed := o.Config.Scope.Reading.Any(); {
	case narrowed: // what it reads was looked at, and is not looked at again
	case len(groups) == 0:
		return o.by(ctx, ViaLocal, o.Config.Scope, begin, observe)
	case len(groups) == 1: // the scope is as good as its names, and shorter
		for via := range groups {
			return o.forServer(via, found).by(ctx, via, o.Config.Scope, begin, observe)
		}
	}
	total := 0
	whole := core.Report{Started: time.Now(), Requests: map[string]int{}}
	for _, via := range slices.Sorted(maps.Keys(groups)) {
		report, err := o.forServer(via, found).by(ctx, via, resolve.Scope{Names: groups[via]}, func(n int) { total += n; begin(total) }, observe)
		if err != nil {
			return whole, err
		}
		whole.Results = append(whole.Results, report.Results...)
		whole.Notes = append(whole.Notes, report.Notes...)
		for operation, n := range report.Requests {
			whole.Requests[operation] += n
		}
	}
	slices.SortFunc(whole.Results, func(a, b core.Result) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	whole.Finished = time.Now()
	return whole, nil
}

// forServer are the options with the class of the controller, where that is asked.
func (o *Options) forServer(via Via, found servers) *Options {
	if via != ViaController {
		return o
	}
	with := *o
	with.Config.Class = found.controllers[0].Class
	return &with
}

// find looks for who refreshes ExternalSecrets in the cluster.
func (o *Options) find(ctx context.Context) (servers, error) {
	apps, err := typedappsv1.NewForConfig(o.Config.Kube)
	if err != nil {
		return servers{}, fmt.Errorf("make a client: %w", err)
	}
	runner, err := jobs.New(o.Config.Kube, o.RunnerNamespace)
	if err != nil {
		return servers{}, err
	}
	var found servers
	controllers, failure := serving.Controllers(ctx, apps)
	found.controllers = controllers
	if found.runner, err = serving.Runner(ctx, runner); err != nil || failure != nil {
		return servers{}, errors.Join(failure, err)
	}
	if found.runner != nil {
		if may, err := runner.MayStart(ctx); err != nil {
			return servers{}, err
		} else if !may {
			fmt.Fprintf(o.Streams.ErrOut, "Note: the runner in namespace %s is not asked, since you may not create Jobs there\n", o.RunnerNamespace)
			found.runner = nil
		}
	}
	return found, nil
}

// assign divides what is in scope. What does not exist, or can't be read, is for this process to tell of.
func (o *Options) assign(ctx context.Context, found servers) (map[Via][]types.NamespacedName, error) {
	client, err := kube.New(ctx, o.Config.Kube)
	if err != nil {
		return nil, err
	}
	items, stores, err := o.choose(ctx, client, o.Config.Scope)
	if err != nil {
		return nil, err
	}
	groups := map[Via][]types.NamespacedName{}
	for _, item := range items {
		via := ViaLocal
		if item.ES != nil {
			via = found.who(item, resolve.Classes(ctx, stores, item.ES))
		}
		groups[via] = append(groups[via], item.NamespacedName)
	}
	return groups, nil
}

// who answers for an ExternalSecret whose stores are of the classes.
func (s servers) who(item resolve.Item, classes []string) Via {
	for _, controller := range s.controllers {
		if controller.Covers(item.ES, classes) {
			return ViaController
		}
	}
	if s.runner != nil && s.runner.Covers(item.ES, classes) {
		return ViaRunner
	}
	return ViaLocal
}

// describe names who refreshes.
func (s servers) describe(via Via) string {
	switch via {
	case ViaController:
		names := make([]string, len(s.controllers))
		for i, controller := range s.controllers {
			names[i] = controller.NamespacedName.String()
		}
		return "the controller (Deployment " + strings.Join(names, ", ") + "): --via=local does it here"
	case ViaRunner:
		return "the runner (CronJob " + s.runner.NamespacedName.String() + "): --via=local does it here"
	default:
		return "this process"
	}
}
