package core

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// task is an ExternalSecret on its way through the pipeline.
type task struct {
	resolve.Item
	live    *write.Live
	reads   []resolve.Read
	invalid error  // why there are no reads
	reason  Reason // of invalid; empty means Invalid

	mu      sync.Mutex
	answers map[fetch.Key]provider.Answer
	awaited int
	data    map[string]secret.Value // what the answers became
}

// urgency orders tasks: the time of the last success, the zero time for never.
func (t *task) urgency() int64 {
	if t.ES.Status.RefreshTime.IsZero() {
		return 0
	}
	return t.ES.Status.RefreshTime.Unix()
}

// await returns the distinct remote secrets that the task needs, and makes it wait for them.
func (t *task) await() []fetch.Key {
	if t.invalid != nil {
		return nil
	}
	var keys []fetch.Key
	seen := map[fetch.Key]bool{}
	for _, read := range t.reads {
		if key := keyOf(read); !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	t.awaited = len(keys)
	t.answers = make(map[fetch.Key]provider.Answer, len(keys))
	return keys
}

func keyOf(read resolve.Read) fetch.Key { return fetch.Key{Identity: read.Identity, Ref: read.Ref} }

// answer takes an answer in and tells whether it was the last one awaited.
func (t *task) answer(key fetch.Key, answer provider.Answer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answers[key] = answer
	return len(t.answers) == t.awaited
}

// admit tells whether an item becomes a task: it can be read, is not being deleted, and is due or forced. What is wrong with it
// is kept and not recorded yet: it may turn out to be another controller's.
func (p *pass) admit(ctx, work context.Context, t *task) bool {
	switch {
	case t.Missing:
		p.done(Result{Namespace: t.Namespace, Name: t.Name, Outcome: Failed, Reason: NotFound, Message: t.Err.Error()})
		return false
	case t.Err != nil:
		p.fail(work, t, Invalid, t.Err)
		return false
	case t.ES.DeletionTimestamp != nil:
		p.skip(t, Deleting, "it is being deleted")
		return false
	case ctx.Err() != nil:
		p.skip(t, Stopped, fetch.ErrStopped.Error())
		return false
	}
	var err error
	if t.live, err = p.index.Target(work, t.ES); err != nil {
		t.invalid, t.reason = err, WriteError
		return true
	}
	now := time.Now()
	// A Secret to merge into that is not there can't be repaired; once it is, it lacks the marks of a sync.
	nothingToMerge := t.ES.Spec.Target.CreationPolicy == api.CreationPolicyMerge && t.live == nil
	due, why, err := resolve.Due(t.ES, now, nothingToMerge || t.live.Valid())
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

// complete shapes and writes a task whose answers are all there.
func (p *pass) complete(ctx context.Context, t *task) {
	if t.invalid != nil {
		p.fail(ctx, t, cmp.Or(t.reason, Invalid), t.invalid)
		return
	}
	defer t.release()
	entries := make([]shape.Entry, len(t.reads))
	for i, read := range t.reads {
		answer := t.answers[keyOf(read)]
		switch {
		case errors.Is(answer.Err, fetch.ErrStopped):
			p.skip(t, Stopped, answer.Err.Error())
			return
		case answer.Err != nil:
			p.fail(ctx, t, ProviderError, &entryError{read: read, err: answer.Err})
			return
		}
		entries[i] = shape.Entry{Path: read.Path, SecretKey: read.SecretKey, Remote: read.Remote, Payload: answer.Value}
	}
	data, err := shape.Assemble(entries)
	if err != nil {
		p.fail(ctx, t, DataError, err)
		return
	}
	t.data = data
	p.write(ctx, t, data)
}

// release lets go of the values, so that a run holds none for longer than it needs it.
func (t *task) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answers, t.data = nil, nil
}

// write applies the data and records the success.
func (p *pass) write(ctx context.Context, t *task, data map[string]secret.Value) {
	result := p.result(t, Unchanged)
	success := write.Success{Reason: api.ReasonSecretSynced, Message: api.MessageSecretRetained}
	if len(data) > 0 { // a provider that has nothing is no reason to empty a Secret
		outcome, err := p.writer.Apply(ctx, t.ES, data, t.live)
		if err != nil {
			p.fail(ctx, t, WriteError, err)
			return
		}
		success = successOf(outcome)
		result.Outcome, result.Changes = Outcome(outcome.Result), outcome.Changes
		if outcome.Result == write.Absent {
			result.Outcome, result.Reason = Skipped, NoTarget
		}
		if outcome.Adopted {
			result.Warnings = append(result.Warnings, "Secret "+result.Secret+adopted)
		}
	}
	if success.Message != api.MessageSecretSynced {
		result.Message = success.Message
	}
	if p.recording() {
		if err := write.Synced(ctx, p.client, t.ES, p.report.Started, success); err != nil {
			p.fail(ctx, t, WriteError, err)
			return
		}
		if success.Event != "" {
			p.recorded(p.events.Record(ctx, t.ES, corev1.EventTypeNormal, success.Event, success.EventMessage, time.Now(), false))
		}
	}
	p.done(result)
}

// adopted is said of a Secret, after its name, that was not managed before.
const adopted = " was there before and not managed by an ExternalSecret: it is now"

// successOf words what a write did as ESO does.
func successOf(outcome write.Outcome) write.Success {
	success := write.Success{Reason: api.ReasonSecretSynced, Message: api.MessageSecretSynced, Bound: true}
	switch outcome.Result {
	case write.Absent:
		return write.Success{Reason: api.ReasonSecretMissing, Message: api.MessageSecretMissing}
	case write.Created:
		success.Event, success.EventMessage = api.EventCreated, api.EventMessageCreated
	case write.Updated:
		success.Event, success.EventMessage = api.EventUpdated, api.EventMessageUpdated
		if outcome.Adopted {
			success.EventMessage += ": it" + adopted
		}
	}
	return success
}

// recording tells whether status and Events are written.
func (p *pass) recording() bool { return p.DryRun == "" || p.DryRun == write.DryRunNone }
