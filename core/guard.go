package core

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// DefaultMaxRemovals is how many of its Secrets a pass may delete or empty unless it is told otherwise.
const DefaultMaxRemovals = "20%"

// fewRemovals is what a share never means less than: where there are few Secrets one would be too many.
const fewRemovals = 3

// errGuardRail says the same in each pass, so that it is recorded once.
var errGuardRail = errors.New("its Secret, or the one under its former name, would be deleted or emptied, and so would too many others in this run, " +
	"so that none of them was: see that the stores are right, and allow it with --max-removals if they are")

// Removals tells how many Secrets of a pass were to lose all that they had.
type Removals struct {
	// Secrets is how many targets of the pass were there, due or not, and Allowed how many of them it might delete or empty.
	Secrets int `json:"secrets"`
	Allowed int `json:"allowed"`
	// Made were deleted or emptied, or failed to be; Refused were not, because they would have been more than are allowed.
	Made    int `json:"made"`
	Refused int `json:"refused"`
}

// RemovalGuard bounds how many Secrets may be deleted or emptied by a run, which is a pass or several. It is made by
// NewRemovalGuard.
type RemovalGuard struct {
	bound intstr.IntOrString

	mu            sync.Mutex
	begun         bool
	limit         int
	made, refused int
}

// NewRemovalGuard bounds removals by a number such as "10", or by a share such as "20%" of the Secrets of the first pass.
func NewRemovalGuard(bound string) (*RemovalGuard, error) {
	const whole = 100
	g := &RemovalGuard{bound: intstr.Parse(bound)}
	if n, err := intstr.GetScaledValueFromIntOrPercent(&g.bound, whole, false); err != nil || n < 0 || (g.bound.Type == intstr.String && n > whole) {
		return nil, fmt.Errorf("%q is neither a number of Secrets, such as 10, nor a share of them, such as 20%%", bound)
	}
	return g, nil
}

// admit tells whether a pass that knows of so many Secrets may remove n of them, and how many it might. Once a run was refused
// removals no more are made: they might be those, by and by.
func (g *RemovalGuard) admit(n, secrets int) (limit int, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.begun {
		g.begun = true
		g.limit, _ = intstr.GetScaledValueFromIntOrPercent(&g.bound, secrets, false) // which NewRemovalGuard has tried
		if g.bound.Type == intstr.String && g.bound.StrVal != "0%" {
			g.limit = max(g.limit, fewRemovals)
		}
	}
	limit = max(g.limit-g.made, 0)
	if g.refused > 0 {
		limit = 0
	}
	if n > limit {
		g.refused += n
		return limit, false
	}
	g.made += n
	return limit, true
}

// guard keeps back what would delete or empty a Secret until everything has been read: only then is it known whether it is one
// of a few or one of too many, of which none is to be done.
type guard struct {
	secrets atomic.Int64

	mu   sync.Mutex
	held []removal
}

// removal is a task that would remove a Secret, and what does it.
type removal struct {
	task *task
	do   func(context.Context)
}

// saw counts the Secret of an ExternalSecret, if it is there under its present name or was under the one before.
func (g *guard) saw(es *api.ExternalSecret, live *write.Live) {
	if live != nil || write.Orphan(es) != "" {
		g.secrets.Add(1)
	}
}

// removes tells whether a task, as far as it has come, would delete its Secret or leave it without keys. One that is not marked as
// managed is looked for then: the list of those that are has not brought it.
func (p *pass) removes(ctx context.Context, t *task) (bool, error) {
	target := &t.ES.Spec.Target
	writes := len(t.data) > 0 || target.DeletionPolicy == api.DeletionPolicyMerge
	if target.CreationPolicy == api.CreationPolicyNone || (writes && len(t.content.Data) > 0) ||
		(!writes && target.DeletionPolicy != api.DeletionPolicyDelete) {
		return false, nil
	}
	if t.live == nil {
		var err error
		if t.live, err = p.index.Unmarked(ctx, t.ES); err != nil {
			return false, err
		}
		if t.live != nil && write.Orphan(t.ES) == "" { // which saw has counted
			p.guard.secrets.Add(1)
		}
	}
	if writes {
		return t.live.Filled(t.ES), nil
	}
	return t.live != nil, nil
}

// hold keeps a task back, once, if the number of removals is bounded; false if it is to go on.
func (p *pass) hold(t *task, do func(context.Context)) bool {
	if p.Guard == nil || t.held {
		return false
	}
	t.held = true
	p.guard.mu.Lock()
	defer p.guard.mu.Unlock()
	p.guard.held = append(p.guard.held, removal{t, do})
	return true
}

// remove does what was held, or refuses all of it where it is more than is allowed. A pass that was stopped has not seen
// everything, and removes nothing.
func (p *pass) remove(ctx, work context.Context) {
	if p.Guard == nil {
		return
	}
	held := p.guard.held
	counts := Removals{Secrets: int(p.guard.secrets.Load())}
	do := func(r removal) { r.do(work) }
	if ctx.Err() != nil {
		do = func(r removal) { p.skip(r.task, Stopped, fetch.ErrStopped.Error()) }
	} else if limit, ok := p.Guard.admit(len(held), counts.Secrets); ok {
		counts.Allowed, counts.Made = limit, len(held)
	} else {
		counts.Allowed, counts.Refused = limit, len(held)
		p.note(fmt.Sprintf("%d of %d Secrets would be deleted or emptied, and no more than %d may be: none of them was",
			len(held), counts.Secrets, counts.Allowed))
		do = func(r removal) { p.fail(work, r.task, GuardRail, errGuardRail) }
	}
	p.report.Removals = counts
	var group errgroup.Group
	group.SetLimit(p.Concurrency)
	for _, r := range held {
		group.Go(func() error {
			defer r.task.release()
			do(r)
			return nil
		})
	}
	_ = group.Wait() // failures are results
}
