package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// task is an ExternalSecret on its way through the pipeline.
type task struct {
	resolve.Item
	live    *write.Live
	reads   []resolve.Read
	invalid error  // why there are no reads
	reason  Reason // of invalid; empty means Invalid
	there   bool   // the target is as its generators made it once, and only the status does not say so

	mu       sync.Mutex
	found    map[string]fetch.SearchResult // what searches came upon, by the path of the read
	answers  map[fetch.Key]provider.Answer
	made     []map[string]secret.Value // what generators have made
	unknown  int                       // store identities that may have to be searched before it is known what is read of them
	awaited  int
	data     map[string]secret.Value // what the answers became
	content  write.Content           // what the Secret is to hold: the data, or what the template makes of it
	warnings []string                // about the template
	held     bool                    // by the guard: it would remove a Secret
	absent   []string                // entries that the provider has nothing for, under a policy that lives with it

	due     string     // why it is refreshed now, or would not be if that were not forced
	reached trace.Step // the furthest step that it has taken
	unread  error      // why the target can't be read; only where that is to be explained
	warned  error      // why the store that it stands for does not admit its namespace
	cause   error      // what it failed with or, where it did not fail, what the provider has nothing for
}

// urgency orders tasks: the time of the last success, the zero time for never.
func (t *task) urgency() int64 {
	if t.ES.Status.RefreshTime.IsZero() {
		return 0
	}
	return t.ES.Status.RefreshTime.Unix()
}

// keysOf are the distinct remote secrets that the task reads of a store identity: those it names, and what its searches have found.
func (t *task) keysOf(identity string) []fetch.Key {
	t.mu.Lock()
	defer t.mu.Unlock()
	var keys []fetch.Key
	seen := map[fetch.Key]bool{}
	add := func(ref provider.Ref) {
		if key := (fetch.Key{Identity: identity, Ref: ref}); !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	for _, read := range t.reads {
		switch {
		case read.Generator != nil || read.Identity != identity:
		case read.Find == nil:
			add(read.Ref)
		default:
			for _, found := range t.found[read.Path].Found {
				add(found.Ref)
			}
		}
	}
	return keys
}

// await makes the task wait for n more answers, which are all of one store identity, and tells whether it has all answers of all.
func (t *task) await(n int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unknown--
	t.awaited += n
	return t.isComplete()
}

// answer takes an answer in and tells whether it was the last one awaited.
func (t *task) answer(key fetch.Key, answer provider.Answer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answers[key] = answer
	return t.isComplete()
}

// isComplete tells whether it is known what the task reads, and all of that is there.
func (t *task) isComplete() bool { return t.unknown == 0 && len(t.answers) == t.awaited }

// admit tells whether an item becomes a task: it can be read, is not being deleted, and is due or forced. What is wrong with it
// is kept and not recorded yet: it may turn out to be another controller's.
func (p *pass) admit(ctx, work context.Context, t *task) bool {
	switch {
	case t.Missing:
		t.cause = trace.At(trace.Object, t.Err)
		p.done(t, Result{Namespace: t.Namespace, Name: t.Name, Outcome: Failed, Reason: NotFound, Message: t.Err.Error()})
		return false
	case t.Err != nil:
		p.fail(work, t, Invalid, trace.At(trace.Object, t.Err))
		return false
	case t.ES.DeletionTimestamp != nil && !write.Abandoned(t.ES, time.Now()):
		p.skip(t, Deleting, beingDeleted)
		return false
	case ctx.Err() != nil:
		p.skip(t, Stopped, fetch.ErrStopped.Error())
		return false
	}
	t.reached = trace.Object
	var err error
	if t.ES.Spec.Target.Manifest != nil && !p.GenericTargets {
		t.invalid = errGenericTargets
		return true
	}
	if t.live, err = p.index.Target(work, t.ES); err != nil {
		if p.explain != nil && kube.IsForbidden(err) {
			t.unread = err // all that comes before the target can still be explained
			return true
		}
		t.invalid, t.reason = err, WriteError
		if errors.Is(err, kube.ErrKind) {
			t.invalid, t.reason = fmt.Errorf("spec.target.manifest: %w", err), Invalid
		}
		return true
	}
	if p.Guard != nil && p.planner.Foreign(work, t.ES) == nil {
		p.guard.saw(t.ES, t.live)
	}
	if t.ES.DeletionTimestamp != nil {
		return true
	}
	now := time.Now()
	due, why, err := resolve.Due(t.ES, now, t.live.Valid() || (t.live == nil && resolve.RestsWithout(t.ES)))
	t.due = why
	switch {
	case err != nil:
		t.invalid = err
		return true
	case !due && !p.Force:
		p.skip(t, NotDue, why)
		return false
	}
	return true
}

const beingDeleted = "it is being deleted"

// errGenericTargets is another controller's business: it may well be permitted to write such targets.
var errGenericTargets = resolve.UnsupportedError("spec.target.manifest means another object than a Secret, " +
	"which is written only with --unsafe-allow-generic-targets: it is not encrypted at rest as Secrets are")

// complete shapes and writes a task whose answers are all there.
func (p *pass) complete(ctx context.Context, t *task) {
	if t.invalid != nil {
		p.fail(ctx, t, cmp.Or(t.reason, Invalid), t.invalid)
		return
	}
	if t.ES.DeletionTimestamp != nil {
		p.finalize(ctx, t)
		return
	}
	if t.there {
		p.write(ctx, t)
		return
	}
	defer func() {
		if !t.held {
			t.release()
		}
	}()
	entries, absent, err := t.entries()
	switch {
	case errors.Is(err, fetch.ErrStopped):
		p.skip(t, Stopped, fetch.ErrStopped.Error())
		return
	case err != nil:
		p.fail(ctx, t, ProviderError, err)
		return
	}
	if err := t.generate(entries); err != nil {
		p.fail(ctx, t, Invalid, trace.At(trace.Read, err))
		return
	}
	t.reached = trace.Read
	wanted := t.ES.Spec.Target.Template
	data, err := shape.Assemble(entries, !wanted.HasData() || wanted.MergePolicy == api.TemplateMergePolicyMerge)
	if err != nil {
		p.fail(ctx, t, DataError, err)
		return
	}
	t.data, t.reached = data, trace.Decoding
	for _, cause := range absent {
		if t.cause == nil {
			t.cause = cause
		}
		t.absent = append(t.absent, p.mask(t, cause)) // a provider's text, as any failure is
	}
	if t.live == nil && t.ES.Spec.Target.CreationPolicy == api.CreationPolicyMerge {
		// What was not there to be merged into may be by now.
		if t.live, err = p.index.Target(ctx, t.ES); err != nil {
			p.fail(ctx, t, WriteError, err)
			return
		}
	}
	if t.writes() {
		if t.content, t.warnings, err = p.content(ctx, t, data); err != nil {
			p.fail(ctx, t, DataError, err)
			return
		}
	}
	t.reached = trace.Template
	if t.unread != nil {
		p.fail(ctx, t, WriteError, t.unread)
		return
	}
	removes, err := p.removes(ctx, t)
	if err != nil {
		p.fail(ctx, t, WriteError, err)
		return
	}
	if removes && p.hold(t, func(ctx context.Context) { p.write(ctx, t) }) {
		return
	}
	p.write(ctx, t)
}

// writes tells whether the target is to be written: what its template says matters to no other. The data is known by now.
func (t *task) writes() bool {
	target := &t.ES.Spec.Target
	switch {
	case target.CreationPolicy == api.CreationPolicyNone:
		return false
	case target.CreationPolicy == api.CreationPolicyMerge && t.live == nil:
		return false // there is nothing to merge into
	default:
		return len(t.data) > 0 || target.DeletionPolicy == api.DeletionPolicyMerge
	}
}

// release lets go of the values, so that a run holds none for longer than it needs it.
func (t *task) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answers, t.made, t.data, t.content = nil, nil, nil, write.Content{}
}
