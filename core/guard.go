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
var errGuardRail = errors.New("its Secret would be deleted or emptied, and so would too many others in the same pass, " +
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

// ParseMaxRemovals reads a number such as "10", or a share such as "20%", as Config.MaxRemovals has it.
func ParseMaxRemovals(text string) (*intstr.IntOrString, error) {
	const whole = 100
	bound := intstr.Parse(text)
	if n, err := intstr.GetScaledValueFromIntOrPercent(&bound, whole, false); err != nil || n < 0 || (bound.Type == intstr.String && n > whole) {
		return nil, fmt.Errorf("%q is neither a number of Secrets, such as 10, nor a share of them, such as 20%%", text)
	}
	return &bound, nil
}

// allowed is what a bound allows of so many Secrets.
func allowed(bound *intstr.IntOrString, secrets int) (int, error) {
	n, err := intstr.GetScaledValueFromIntOrPercent(bound, secrets, false)
	if err != nil {
		return 0, fmt.Errorf("read the bound on removals: %w", err)
	}
	if bound.Type == intstr.String && bound.StrVal != "0%" {
		n = max(n, fewRemovals)
	}
	return n, nil
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

// removes tells whether a task, as far as it has come, would delete its Secret or leave it without keys.
func (p *pass) removes(t *task) bool {
	target := t.ES.Spec.Target
	switch {
	case target.CreationPolicy == api.CreationPolicyNone:
		return false
	case len(t.data) > 0 || target.DeletionPolicy == api.DeletionPolicyMerge:
		return len(t.content.Data) == 0 && t.live.Filled(t.ES)
	default:
		return target.DeletionPolicy == api.DeletionPolicyDelete && t.live != nil
	}
}

// hold keeps a task back, once, if the number of removals is bounded; false if it is to go on.
func (p *pass) hold(t *task, do func(context.Context)) bool {
	if p.MaxRemovals == nil || t.held {
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
	if p.MaxRemovals == nil {
		return
	}
	held := p.guard.held
	counts := Removals{Secrets: int(p.guard.secrets.Load())}
	limit, err := allowed(p.MaxRemovals, counts.Secrets)
	if err != nil {
		p.note(err.Error()) // and nothing is allowed
	}
	counts.Allowed = limit
	defer func() { p.report.Removals = counts }()
	do := func(r removal) { r.do(work) }
	switch {
	case ctx.Err() != nil:
		do = func(r removal) { p.skip(r.task, Stopped, fetch.ErrStopped.Error()) }
	case len(held) > limit:
		counts.Refused = len(held)
		p.note(fmt.Sprintf("%d of %d Secrets would be deleted or emptied, and no more than %d may be in one pass: none of them was",
			len(held), counts.Secrets, limit))
		do = func(r removal) { p.fail(work, r.task, GuardRail, errGuardRail) }
	default:
		counts.Made = len(held)
	}
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
