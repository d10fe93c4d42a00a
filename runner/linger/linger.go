// Package linger keeps a run going after its pass: it watches ExternalSecrets, and has those synced that are new, have changed or
// come due. It syncs nothing itself, and keeps nothing but names and times.
package linger

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

const (
	// collect is how long what happens is collected, so that a store is asked for several secrets at once.
	collect = 200 * time.Millisecond
	// passesAtOnce is how many small passes are made at the same time: a slow store must not hold up the others.
	passesAtOnce = 4
	// namesInPass bounds a small pass.
	namesInPass = 500
	// look is how often it is seen which have come due.
	look = time.Second
)

// Config says what is watched and how it is synced.
type Config struct {
	Source Source
	// Scope says which ExternalSecrets are watched. It has no Names.
	Scope resolve.Scope
	// Before are the results of the pass.
	Before []core.Result
	// Sync makes a small pass over those named, several at the same time.
	Sync func(ctx context.Context, names []types.NamespacedName) []core.Result
	Log  *slog.Logger
}

// Run watches until ctx is done, and then waits for the small passes that are under way. The error is for what can't be watched.
func Run(ctx context.Context, config Config) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	l := &loop{
		Config: config, states: map[types.NamespacedName]*state{}, pending: map[types.NamespacedName]bool{},
		happened: make(chan event), done: make(chan []core.Result), failed: make(chan error, 1),
	}
	if err := l.begin(watching); err != nil {
		return err
	}
	err := l.run(ctx)
	stop()
	for l.running > 0 {
		<-l.done
		l.running--
	}
	return err
}

// event is what a watch has seen.
type event struct {
	kind watch.EventType
	item resolve.Item
	// present are all names of a namespace, or everywhere, where a list had to be made anew.
	namespace string
	present   map[types.NamespacedName]bool
}

// loop is the state of a Run: only the goroutine of run touches what is below Config.
type loop struct {
	Config
	states  map[types.NamespacedName]*state
	pending map[types.NamespacedName]bool
	running int

	happened chan event
	done     chan []core.Result
	failed   chan error
}

func (l *loop) run(ctx context.Context) error {
	clock := time.NewTicker(look)
	defer clock.Stop()
	var ripe <-chan time.Time // when what is pending has been collected for long enough
	for {
		if len(l.pending) > 0 && ripe == nil && l.running < passesAtOnce {
			ripe = time.After(collect)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-l.failed:
			return err
		case e := <-l.happened:
			l.see(e, time.Now())
		case results := <-l.done:
			l.running--
			l.finish(results, time.Now())
		case now := <-clock.C:
			l.wake(now)
		case <-ripe:
			ripe = nil
			l.start(ctx)
		}
	}
}

// start begins a small pass over what is pending.
func (l *loop) start(ctx context.Context) {
	var names []types.NamespacedName
	for name := range l.pending {
		if len(names) == namesInPass {
			break
		}
		names = append(names, name)
		delete(l.pending, name)
		if s := l.states[name]; s != nil {
			s.busy = true
		}
	}
	if len(names) == 0 {
		return // deleted again meanwhile; a pass over no names would be one over everything
	}
	slices.SortFunc(names, func(a, b types.NamespacedName) int { return strings.Compare(a.String(), b.String()) })
	l.running++
	go func() { l.done <- l.Sync(ctx, names) }()
}

// see takes in what has happened to an ExternalSecret.
func (l *loop) see(e event, now time.Time) {
	if e.present != nil {
		for name := range l.states {
			if (e.namespace == "" || e.namespace == name.Namespace) && !e.present[name] {
				l.forget(name)
			}
		}
		return
	}
	name := e.item.NamespacedName
	if e.kind == watch.Deleted {
		l.forget(name)
		return
	}
	s := l.states[name]
	if s == nil {
		s = &state{}
		l.states[name] = s
	}
	if s.see(e.item, now) {
		l.want(name, s)
	}
}

func (l *loop) forget(name types.NamespacedName) {
	delete(l.states, name)
	delete(l.pending, name)
}

// want has an ExternalSecret synced: soon, or once more where that is under way.
func (l *loop) want(name types.NamespacedName, s *state) {
	if s.busy {
		s.again = true
		return
	}
	l.pending[name] = true
}

// wake finds those that have come due.
func (l *loop) wake(now time.Time) {
	for name, s := range l.states {
		if !s.next.IsZero() && !s.next.After(now) && !s.busy {
			s.next = time.Time{}
			l.pending[name] = true
		}
	}
}

// finish takes in what came of a small pass.
func (l *loop) finish(results []core.Result, now time.Time) {
	for _, r := range results {
		name := types.NamespacedName{Namespace: r.Namespace, Name: r.Name}
		s := l.states[name]
		if s == nil {
			continue // deleted meanwhile
		}
		s.busy = false
		s.settle(r, now)
		if s.again {
			s.again = false
			l.pending[name] = true
		}
	}
}
