// Package core is the pipeline: resolve, fetch, shape, write. Sync is one pass over the ExternalSecrets of a scope. It knows
// neither commands nor CronJobs nor terminals; the stations do not know each other: this package connects them.
package core

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// DefaultConcurrency is how many ExternalSecrets are written at once where a Config does not say.
const DefaultConcurrency = 16

// Config says what a pass is about and how it is made.
type Config struct {
	// Kube is the connection to the API server. Its rate limits apply: negative QPS means none.
	Kube *rest.Config
	// Providers serve the stores.
	Providers provider.Registry
	// Scope says which ExternalSecrets the pass is about.
	Scope resolve.Scope
	// Class is the class of the stores that are served, besides those that name none.
	Class string
	// GenericTargets permits ExternalSecrets to write other objects than Secrets (spec.target.manifest).
	GenericTargets bool
	// Force refreshes what is not due, as a person who asks for it means.
	Force bool
	// DryRun says how far the pass goes; empty means write.DryRunNone.
	DryRun write.DryRun
	// Concurrency is how many ExternalSecrets are written at once; zero means DefaultConcurrency.
	Concurrency int
	// Guard bounds how many Secrets may be deleted or emptied. Nil means any number.
	Guard *RemovalGuard
	// Grace is how long what is in flight may go on once the context is done.
	Grace time.Duration
	// Abort, if set, is closed when nothing may go on any more, not even what is in flight: another may be writing already. The
	// context is done by then.
	Abort <-chan struct{}
	// Component names the program that makes the pass, as the source of Events.
	Component string
	// Begin, if set, is told once how many ExternalSecrets the pass is about.
	Begin func(total int)
	// Observe, if set, is told each result as it comes, one at a time.
	Observe func(Result)
	// Compare, if set, makes the pass one that asks nobody to write anything, whatever DryRun says: it is told each target that would
	// be changed, one at a time. What it is told has values in it and is not to be kept. Its error fails the ExternalSecret.
	Compare func(Difference) error
}

// Sync makes a pass. When ctx is done it takes in nothing new, finishes what is in flight within the grace period and
// reports the rest as skipped. The error is for what kept the pass as a whole from being made; what fails for one
// ExternalSecret is that one's result.
func Sync(ctx context.Context, config Config) (Report, error) {
	p := &pass{Config: config, report: Report{Started: time.Now()}}
	if p.Concurrency <= 0 {
		p.Concurrency = DefaultConcurrency
	}
	if p.Compare != nil {
		p.DryRun = write.DryRunClient
	}
	work, cancel := outlive(ctx, config.Grace, config.Abort)
	defer cancel()

	items, err := p.prepare(ctx)
	if err != nil {
		return p.report, err
	}
	items = p.fanOut(ctx, work, items)
	if p.comparer != nil {
		p.comparer.know(items)
	}
	if p.Begin != nil {
		p.Begin(len(items))
	}
	tasks := p.resolve(ctx, work, items)
	p.run(ctx, work, tasks)
	p.report.Finished = time.Now()
	p.report.sort()
	return p.report, nil
}

// outlive makes a context that is done a while after ctx is, or with abort.
func outlive(ctx context.Context, grace time.Duration, abort <-chan struct{}) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(work, func() { timer.Stop() })
	})
	go func() {
		select {
		case <-abort:
			cancel()
		case <-work.Done():
		}
	}()
	return work, func() { stop(); cancel() }
}

// pass is the state of one Sync.
type pass struct {
	Config
	client      *kube.Client
	index       *write.Index
	credentials *resolve.Credentials
	templates   *resolve.Templates
	planner     *resolve.Planner
	readers     *fetch.Readers
	writer      *write.Targets
	events      *write.Events
	fanout      *fanout.FanOut // nil where none is made
	comparer    *comparer      // nil unless what would be written is to be compared
	guard       guard
	// explain, if set, is told of each ExternalSecret before its values are let go of, from several goroutines.
	explain func(t *task, result Result)

	mu     sync.Mutex
	report Report
}

// prepare connects, and reads the ExternalSecrets, their stores and their Secrets at the same time.
func (p *pass) prepare(ctx context.Context) ([]resolve.Item, error) {
	client, err := kube.New(ctx, p.Kube)
	if err != nil {
		return nil, err
	}
	p.client = client
	if p.Compare == nil {
		p.use(client, client, client, client, client.APIVersion())
	} else {
		p.comparer = &comparer{compareSource: client, tell: p.Compare}
		p.use(client, client, p.comparer, p.comparer, client.APIVersion())
		p.writer.DryRun = write.DryRunServer // all is sent to the comparer, as to a server that stores nothing
	}
	p.events = &write.Events{Writer: client, APIVersion: client.APIVersion(), Component: p.Component}

	fansOut := p.explain == nil && p.Scope.Whole() && p.Scope.Shard.Index == 0 // an explanation is of what is there
	selected := p.Scope
	if fansOut {
		selected.Shard = resolve.Shard{} // what is fanned out is in all of them
	}
	var items []resolve.Item
	var group errgroup.Group // no context of its own: one failure must not cut the others' answers short, which is logged on its own
	group.Go(func() (err error) {
		items, err = resolve.Select(ctx, client, selected)
		return err
	})
	if len(p.Scope.Names) == 0 {
		group.Go(func() error { return p.planner.Stores.Load(ctx, p.Scope.Namespaces) })
		group.Go(func() error {
			err := p.index.Load(ctx, p.Scope.Namespaces)
			if kube.IsForbidden(err) {
				p.note("Secrets are read one by one, a request each: " + err.Error())
				return nil
			}
			return err
		})
	}
	if fansOut {
		group.Go(func() error { return p.loadFanOut(ctx) })
	}
	if err := group.Wait(); err != nil {
		return items, err
	}
	items, notes := p.planner.Narrow(ctx, items, p.Scope.Reading)
	for _, note := range notes {
		p.note(note)
	}
	return items, nil
}

// Source is what a pass reads of a cluster, besides the Secrets that it writes to.
type Source interface {
	resolve.ObjectReader
	resolve.GeneratorReader
	resolve.NamespaceReader
	resolve.CredentialReader
	resolve.TemplateReader
}

// use connects the stations: to where they read, to the Secrets that are there and to where those that are wanted go, and to
// targets that are no Secrets.
func (p *pass) use(from Source, live write.SecretReader, to write.SecretWriter, objects write.ObjectClient, apiVersion string) {
	p.index = write.NewIndex(live, objects)
	p.credentials = resolve.NewCredentials(from)
	p.templates = resolve.NewTemplates(from)
	p.planner = &resolve.Planner{
		Stores: resolve.NewStores(from, from), Generators: resolve.NewGenerators(from),
		Credentials: p.credentials, Providers: p.Providers, Class: p.Class,
	}
	p.readers = fetch.NewReaders(p.planner.Open)
	p.writer = &write.Targets{Reader: live, Writer: to, Objects: objects, DryRun: p.DryRun, APIVersion: apiVersion}
}

// resolve decides about each item: skipped, failed, or a task. Tasks come out most urgent first: never synced, then stalest.
func (p *pass) resolve(ctx, work context.Context, items []resolve.Item) []*task {
	tasks := make([]*task, len(items))
	var group errgroup.Group
	group.SetLimit(p.Concurrency)
	for i, item := range items {
		group.Go(func() error {
			if t := (&task{Item: item}); p.admit(ctx, work, t) && !p.left(work, t) {
				tasks[i] = t
			}
			return nil
		})
	}
	_ = group.Wait() // failures are results
	tasks = slices.DeleteFunc(tasks, func(t *task) bool { return t == nil })
	slices.SortStableFunc(tasks, func(a, b *task) int { return cmp.Compare(a.urgency(), b.urgency()) })
	for _, t := range tasks {
		if t.invalid == nil && !t.there && t.ES.DeletionTimestamp == nil {
			if t.reads, t.invalid = p.plan(work, t.ES); t.invalid == nil {
				t.reached = trace.Namespace
			}
		}
	}
	return tasks
}

// plan resolves an ExternalSecret to its reads, after the rules that its template must keep.
func (p *pass) plan(ctx context.Context, es *api.ExternalSecret) ([]resolve.Read, error) {
	if wanted := es.Spec.Target.Template; wanted != nil {
		check := template.Check
		if es.Spec.Target.Manifest != nil {
			check = template.CheckObject
		}
		if err := check(wanted); err != nil {
			return nil, err
		}
	}
	return p.planner.Plan(ctx, es)
}

// run reads what the tasks need and completes each as soon as its last answer has come.
func (p *pass) run(ctx, work context.Context, tasks []*task) {
	ready := make(chan *task, len(tasks))
	var workers sync.WaitGroup
	for range min(p.Concurrency, len(tasks)) {
		workers.Go(func() {
			for t := range ready {
				p.complete(work, t)
			}
		})
	}
	p.read(ctx, work, tasks, ready)
	close(ready)
	workers.Wait()
	p.remove(ctx, work)
	p.closeReaders(work)
	for identity, s := range p.readers.Stats() {
		p.report.addStats(p.planner.StoreOf(identity), s)
		for _, note := range s.Notes {
			p.note(fmt.Sprintf("%s: %s", p.planner.StoreOf(identity), p.credentials.Mask(note)))
		}
	}
}

// closeReaders ends what the readers have begun. That they can't fails nothing: all has been read.
func (p *pass) closeReaders(ctx context.Context) {
	for identity, err := range p.readers.Close(ctx) {
		p.note(fmt.Sprintf("%s: %s", p.planner.StoreOf(identity), p.credentials.Mask(err.Error())))
	}
}

// note adds something about the pass as a whole to the report, once.
func (p *pass) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.report.Notes, text) {
		p.report.Notes = append(p.report.Notes, text)
	}
}
