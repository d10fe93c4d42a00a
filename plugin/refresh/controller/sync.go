// Package controller has the controller that runs in a cluster refresh ExternalSecrets: it asks for it as a person would, by an
// annotation, and waits until the controller tells what came of it. It reads no store and writes no Secret.
package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// Refreshed is the outcome of an ExternalSecret that the controller has refreshed: whether its Secret has changed is not known.
const Refreshed core.Outcome = "refreshed"

// The reasons that a pass does not have.
const (
	// NeverAgain: the controller does not refresh it again, whatever is asked.
	NeverAgain core.Reason = "NeverAgain"
	// ControllerError: the controller has tried, and failed.
	ControllerError core.Reason = "ControllerError"
	// NoAnswer: the controller did nothing about it in time.
	NoAnswer core.Reason = "NoAnswer"
)

// annotation is what the documentation of External Secrets Operator has people change.
const annotation = "force-sync"

// Config says what is to be refreshed.
type Config struct {
	Kube  *rest.Config
	Scope resolve.Scope
	// Class is the class of the stores that the controller serves, besides those that name none.
	Class string
	// Runner tells that not a controller is asked but a runner that lingers.
	Runner bool
	// Concurrency is how many ExternalSecrets are annotated at once.
	Concurrency int
	// Patience is how long the controller may take for one.
	Patience time.Duration
	// Begin and Observe are told what core.Config tells them.
	Begin   func(total int)
	Observe func(core.Result)
}

// asking is the state of one Sync.
type asking struct {
	Config
	client *kube.Client

	mu      sync.Mutex
	report  core.Report
	waiting map[string]*wait // by namespace/name
	empty   chan struct{}    // closed once nothing is waited for
}

// wait is an ExternalSecret that the controller was asked for.
type wait struct {
	es     *api.ExternalSecret // as it was before
	result core.Result
	asked  bool
}

// Sync asks for the refresh of each ExternalSecret of the scope and waits for the controller. What fails for one is that one's
// result.
func Sync(ctx context.Context, config Config) (core.Report, error) {
	client, err := kube.New(ctx, config.Kube)
	if err != nil {
		return core.Report{}, err
	}
	a := &asking{
		Config: config, client: client, report: core.Report{Started: time.Now()}, waiting: map[string]*wait{}, empty: make(chan struct{}),
	}
	items, err := resolve.Select(ctx, client, config.Scope)
	if err != nil {
		return core.Report{}, err
	}
	config.Begin(len(items))
	a.sort(ctx, items)
	if len(a.waiting) > 0 {
		if err := a.ask(ctx); err != nil {
			return core.Report{}, err
		}
	}
	a.report.Finished = time.Now()
	slices.SortFunc(a.report.Results, func(x, y core.Result) int {
		return strings.Compare(x.Namespace+"/"+x.Name, y.Namespace+"/"+y.Name)
	})
	return a.report, nil
}

// sort finds those that the controller can be asked for; the others have their results.
func (a *asking) sort(ctx context.Context, items []resolve.Item) {
	planner := resolve.Planner{Stores: resolve.NewStores(a.client, a.client), Class: a.Class}
	for _, item := range items {
		result := core.Result{Namespace: item.Namespace, Name: item.Name, Outcome: core.Failed, Reason: core.Invalid}
		switch {
		case item.Missing:
			result.Reason, result.Message = core.NotFound, item.Err.Error()
		case item.Err != nil:
			result.Message = secret.Printable(item.Err.Error())
		case item.ES.DeletionTimestamp != nil:
			result.Outcome, result.Reason, result.Message = core.Skipped, core.Deleting, "it is being deleted"
		default:
			result.Secret = write.TargetName(item.ES)
			if other := planner.Foreign(ctx, item.ES); other != nil {
				result.Outcome, result.Reason, result.Message = core.Skipped, core.OtherClass, other.Error()
			} else if item.ES.Generates() && item.ES.Status.SyncedResourceVersion != "" {
				result.Outcome, result.Reason = core.Skipped, core.Generator
				result.Message = "the controller would have its generators make new values, and so rotate live credentials"
			} else if why := never(item.ES); why != "" {
				result.Reason = NeverAgain
				result.Message = why + ", and the controller does not refresh it again, whatever is asked: use --via=local"
			} else {
				a.waiting[key(item.Namespace, item.Name)] = &wait{es: item.ES, result: result}
				continue
			}
		}
		a.done(result)
	}
}

// never tells why the controller does not refresh an ExternalSecret again; empty if it does.
func never(es *api.ExternalSecret) string {
	interval, err := resolve.Interval(es)
	synced := es.Status.SyncedResourceVersion != "" && !es.Status.RefreshTime.IsZero()
	switch {
	case !synced:
		return ""
	case es.Spec.RefreshPolicy == api.RefreshPolicyCreatedOnce:
		return "refreshPolicy is CreatedOnce, it was synced"
	case err == nil && interval <= 0 && es.Spec.RefreshPolicy != api.RefreshPolicyOnChange:
		return "refreshInterval is 0, it was synced"
	default:
		return ""
	}
}

func key(namespace, name string) string { return namespace + "/" + name }

// ask begins to watch, annotates, and waits until all are answered or patience is at an end.
func (a *asking) ask(ctx context.Context) error {
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	watchers, err := a.watch(watching)
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(max(a.Concurrency, 1))
	for _, w := range a.pending() {
		group.Go(func() error {
			if ctx.Err() == nil {
				a.annotate(ctx, w)
			}
			return nil
		})
	}
	_ = group.Wait() // failures are results
	patience := time.NewTimer(a.Patience)
	defer patience.Stop()
	select {
	case <-a.empty:
	case <-patience.C:
	case <-ctx.Done():
	}
	cancel()
	_ = watchers.Wait() // a watch that failed was begun again
	a.giveUp(ctx)
	return nil
}

// annotate asks for the refresh of one.
func (a *asking) annotate(ctx context.Context, w *wait) {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": w.es.UID, "annotations": map[string]string{annotation: strconv.FormatInt(time.Now().UnixNano(), 10)},
	}})
	if err == nil {
		a.mu.Lock()
		w.asked = true
		a.mu.Unlock()
		err = a.client.Patch(ctx, w.es.Namespace, w.es.Name, patch)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		a.answer(w.es.Namespace, w.es.Name, core.Failed, core.WriteError, fmt.Sprintf("it could not be annotated: %v", err))
	}
}

// giveUp gives those that nobody has answered their results.
func (a *asking) giveUp(ctx context.Context) {
	for _, w := range a.pending() {
		if ctx.Err() != nil {
			a.answer(w.es.Namespace, w.es.Name, core.Skipped, core.Stopped, "the refresh was stopped before the controller had answered")
			continue
		}
		a.answer(w.es.Namespace, w.es.Name, core.Failed, NoAnswer, fmt.Sprintf(
			"the controller did nothing about it within %s: is it running, and does it serve this class of stores (%s)?", a.Patience, a.Class))
	}
}

// pending are those that are waited for.
func (a *asking) pending() []*wait {
	a.mu.Lock()
	defer a.mu.Unlock()
	pending := make([]*wait, 0, len(a.waiting))
	for _, w := range a.waiting {
		pending = append(pending, w)
	}
	return pending
}

// answer ends the wait for an ExternalSecret, if there is one.
func (a *asking) answer(namespace, name string, outcome core.Outcome, reason core.Reason, message string) {
	a.mu.Lock()
	w := a.waiting[key(namespace, name)]
	delete(a.waiting, key(namespace, name))
	last := w != nil && len(a.waiting) == 0
	a.mu.Unlock()
	if w == nil {
		return
	}
	w.result.Outcome, w.result.Reason, w.result.Message = outcome, reason, secret.Printable(message)
	a.done(w.result)
	if last {
		close(a.empty)
	}
}

func (a *asking) done(result core.Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.report.Results = append(a.report.Results, result)
	a.Observe(result)
}
