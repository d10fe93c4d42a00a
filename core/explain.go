package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// ExplainConfig says what is explained, and at what expense.
type ExplainConfig struct {
	Kube      *rest.Config
	Providers provider.Registry
	Scope     resolve.Scope
	// Class, GenericTargets and Concurrency are those of Config.
	Class          string
	GenericTargets bool
	Concurrency    int
	// Offline asks no provider: the walk ends where one would be asked.
	Offline bool
	// Evidence has asked, besides what a pass asks, whom providers take the caller for and what the API server permits.
	Evidence bool
}

// Explanation is how an ExternalSecret fares in a pass that writes nothing. No field holds a secret value.
type Explanation struct {
	Result
	// ES is nil where there is none, or none that can be decoded.
	ES *api.ExternalSecret
	// Item is the ExternalSecret as it was selected.
	Item resolve.Item
	// Classes are those of the stores that it names and that were found.
	Classes []string
	// Steps are those up to trace.Writers, each once and in order.
	Steps []trace.Taken
	// Failed is the step at which it ends; empty if it comes to the end.
	Failed trace.Step
	// Cause is why, in words that are fit to be shown; its chain is that of the failure.
	Cause error
}

// Explain makes the pass that Sync would make, whether or not anything is due, lets the API server check what would be written and
// writes nothing. Names that do not exist are explained, too. The error is for what kept the whole from being known.
func Explain(ctx context.Context, config ExplainConfig) ([]Explanation, error) {
	p := &pass{Config: Config{
		Kube: config.Kube, Providers: config.Providers, Scope: config.Scope, Class: config.Class, GenericTargets: config.GenericTargets,
		Concurrency: config.Concurrency, Force: true, DryRun: write.DryRunServer,
	}, report: Report{Started: time.Now()}}
	if p.Concurrency <= 0 {
		p.Concurrency = DefaultConcurrency
	}
	x := &explainer{ExplainConfig: config, pass: p}
	p.explain = func(t *task, r Result) { x.tell(ctx, t, r) }

	items, err := p.prepare(ctx)
	if errors.Is(err, kube.ErrNoCRDs) && len(config.Scope.Names) > 0 {
		p.credentials = resolve.NewCredentials(nil) // nobody has been asked for any
		for _, name := range config.Scope.Names {
			p.fail(ctx, &task{Item: resolve.Item{NamespacedName: name, Err: err}}, Invalid, trace.At(trace.Object, err))
		}
		return x.explanations, nil
	}
	if err != nil {
		return nil, err
	}
	p.readers = fetch.NewReaders(x.open)
	p.planner.MaxAttempts = attempts
	tasks := p.resolve(ctx, ctx, items)
	if config.Offline {
		for _, t := range tasks {
			p.rest(ctx, t)
		}
	} else {
		p.run(ctx, ctx, tasks)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("explain: %w", context.Cause(ctx))
	}
	return x.explanations, nil
}

// rest ends a task before a provider is asked.
func (p *pass) rest(ctx context.Context, t *task) {
	if t.invalid != nil {
		p.complete(ctx, t)
		return
	}
	r := p.result(t, Skipped)
	r.Warnings = resolve.Warnings(t.ES)
	p.done(t, r)
}

// maskedError is an error in words that may be shown.
type maskedError struct {
	text  string
	cause error
}

func (m *maskedError) Error() string { return m.text }

func (m *maskedError) Unwrap() error { return m.cause }

// attempts is how often a provider is asked for the same: a person waits, and most of what fails will fail again.
const attempts = 3

// explainer makes explanations of tasks as they end.
type explainer struct {
	ExplainConfig
	*pass
	// login tells that nothing is asked of a store but to be logged in to: that it can't tell who the caller is is a failure then.
	login bool

	mu           sync.Mutex
	witnesses    map[string]*witness // by store identity
	explanations []Explanation
}

// tell explains a task that has ended with r.
func (x *explainer) tell(ctx context.Context, t *task, r Result) {
	e := Explanation{Result: r, ES: t.ES, Item: t.Item, Cause: t.cause, Failed: trace.Of(t.cause)}
	switch {
	case r.Reason == OtherClass:
		e.Failed, e.Cause = trace.Class, errors.New(r.Message)
	case t.ES != nil && t.ES.DeletionTimestamp != nil && t.cause == nil: // also where a pass would let it go
		e.Failed, e.Cause = trace.Object, errors.New(beingDeleted)
	case r.Reason == NoTarget:
		e.Failed, e.Cause = trace.Target, errors.New(r.Message)
	}
	if e.Cause != nil {
		e.Cause = &maskedError{text: x.mask(t, e.Cause), cause: e.Cause}
	}
	if t.ES != nil && x.planner != nil {
		for _, store := range x.planner.StoresOf(ctx, t.ES) {
			e.Classes = append(e.Classes, store.Spec.Controller)
		}
	}
	e.Steps = (&story{explainer: x, task: t, Explanation: &e}).steps(ctx)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.explanations = append(x.explanations, e)
}

// storeSteps are those that a store has a part in without anything being read.
func storeSteps(step trace.Step) bool {
	return step.Index() >= trace.Store.Index() && step.Index() <= trace.Identity.Index()
}

// ExplainStore logs in to a store as a pass would for an ExternalSecret of namespace, and reads nothing of it. ref names the store.
func ExplainStore(ctx context.Context, config ExplainConfig, namespace string, ref api.SecretStoreRef) (Explanation, error) {
	client, err := kube.New(ctx, config.Kube)
	if err != nil {
		return Explanation{}, err
	}
	p := &pass{Config: Config{Providers: config.Providers, Class: config.Class}}
	p.client = client
	p.use(client, client, client, client, client.APIVersion())
	p.planner.MaxAttempts = attempts
	x := &explainer{ExplainConfig: config, pass: p, login: true}

	es := &api.ExternalSecret{}
	es.Namespace, es.Spec.SecretStoreRef = namespace, ref
	t := &task{Item: resolve.Item{ES: es}, reached: trace.Due}
	if other := p.planner.Foreign(ctx, es); other != nil {
		t.cause = trace.At(trace.Class, other)
	} else if read, err := p.planner.PlanStore(ctx, es); err != nil && trace.Of(err) != trace.Namespace {
		t.cause = err
	} else {
		t.warned = err // whoever asks about the store need not be in a namespace that may read it
		t.reads, t.reached = []resolve.Read{read}, trace.Namespace
		if !config.Offline {
			p.readers = fetch.NewReaders(x.open)
			if _, t.cause = p.readers.Open(ctx, read.Identity); t.cause == nil {
				t.reached = trace.Identity
			}
			p.closeReaders(ctx)
		}
	}
	x.tell(ctx, t, Result{Namespace: namespace, Name: ref.Name, Outcome: Skipped})
	e := x.explanations[0]
	e.Steps = slices.DeleteFunc(e.Steps, func(taken trace.Taken) bool { return !storeSteps(taken.Step) })
	return e, ctx.Err()
}
