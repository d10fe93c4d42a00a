package core

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// write brings the Secret to the task's data, and records the success.
func (p *pass) write(ctx context.Context, t *task) {
	outcome, err := p.apply(ctx, t)
	if err != nil {
		p.fail(ctx, t, WriteError, err)
		return
	}
	if outcome.Result == write.Exists {
		p.skip(t, Generator, targetOf(t)+" was made meanwhile: it is left as it is, and what its generators made is dropped")
		return
	}
	if write.Orphan(t.ES) != "" && p.hold(t, func(ctx context.Context) { p.conclude(ctx, t, outcome) }) {
		return
	}
	p.conclude(ctx, t, outcome)
}

// conclude deletes the Secret that was the target before, if there is one, and records what was done to the present one.
func (p *pass) conclude(ctx context.Context, t *task, outcome write.Outcome) {
	orphan, err := p.writer.DeleteOrphan(ctx, t.ES)
	if err != nil {
		p.fail(ctx, t, WriteError, err)
		return
	}
	t.reached = trace.Writers
	success := successOf(t.ES, outcome)
	result := p.result(t, Outcome(outcome.Result))
	result.Changes = outcome.Changes
	switch outcome.Result {
	case write.Absent:
		result.Outcome, result.Reason = Skipped, NoTarget
	case write.Retained:
		result.Outcome = Unchanged
	case write.Deleted:
		if !outcome.Changes.Any() { // it was gone before
			result.Outcome = Unchanged
		}
	}
	if success.Message != t.ES.Spec.Target.Words(api.MessageSecretSynced) {
		result.Message = success.Message
	}
	if outcome.Adopted {
		result.Warnings = append(result.Warnings, t.ES.Spec.Target.KindOf()+" "+write.TargetName(t.ES)+adopted)
	}
	if outcome.Frozen {
		result.Warnings = append(result.Warnings, "Secret "+result.Secret+" is immutable, and what the store holds has changed: delete it to have it made anew")
	}
	if orphan != "" {
		result.Warnings = append(result.Warnings, "Secret "+orphan+", the target before spec.target.name was changed, goes")
	}
	result.Warnings = append(result.Warnings, t.warnings...)
	for _, entry := range t.absent {
		result.Warnings = append(result.Warnings, "left out: "+entry)
	}
	if p.recording() {
		if !p.record(ctx, t, success) {
			return
		}
		if orphan != "" {
			p.recorded(p.events.Record(ctx, t.ES, corev1.EventTypeNormal, api.EventDeleted, api.EventMessageOrphaned, time.Now(), false))
		}
	}
	p.done(t, result)
}

// apply chooses what is to be done with the data under the deletion policy.
func (p *pass) apply(ctx context.Context, t *task) (write.Outcome, error) {
	if t.there {
		return write.Outcome{Result: write.Unchanged}, nil
	}
	target := &t.ES.Spec.Target
	switch {
	case t.writes():
	case len(t.data) == 0 && target.DeletionPolicy == api.DeletionPolicyDelete:
		return p.writer.Delete(ctx, t.ES, t.live)
	case len(t.data) == 0 && target.Retains(): // a provider that has nothing is no reason to empty a Secret
		return write.Outcome{Result: write.Retained}, nil
	case target.CreationPolicy == api.CreationPolicyMerge:
		return write.Outcome{Result: write.Absent}, nil
	default:
		return write.Outcome{Result: write.Unchanged}, nil
	}
	if t.ES.Generates() {
		return p.writer.CreateOnly(ctx, t.ES, t.content)
	}
	return p.writer.Apply(ctx, t.ES, t.content, t.live)
}

// record writes the success into the status, and an Event where something changed; false if that failed and was said.
func (p *pass) record(ctx context.Context, t *task, success write.Success) bool {
	if err := write.Synced(ctx, p.client, t.ES, p.report.Started, success); err != nil {
		p.fail(ctx, t, WriteError, err)
		return false
	}
	if success.Event == "" {
		return true
	}
	now := time.Now()
	p.recorded(p.events.Record(ctx, t.ES, corev1.EventTypeNormal, success.Event, success.EventMessage, now, false))
	for _, entry := range t.absent {
		p.recorded(p.events.Record(ctx, t.ES, corev1.EventTypeNormal, api.EventMissingProviderSecret, entry, now, false))
	}
	return true
}

// finalize does for an ExternalSecret that is being deleted what its operator, gone by now, had promised to do.
func (p *pass) finalize(ctx context.Context, t *task) {
	result := p.result(t, Unchanged)
	result.Message = "it is being deleted, and nobody has honoured its finalizer: it is removed"
	if t.ES.Spec.Target.DeletionPolicy == api.DeletionPolicyDelete {
		outcome, err := p.writer.DeleteOwn(ctx, t.ES, t.live)
		if err != nil {
			p.fail(ctx, t, WriteError, err)
			return
		}
		result.Outcome, result.Changes = Outcome(outcome.Result), outcome.Changes
	}
	if p.recording() {
		if err := write.RemoveFinalizer(ctx, p.client, t.ES); err != nil {
			p.fail(ctx, t, WriteError, err)
			return
		}
	}
	p.done(t, result)
}

// adopted is said of a target, after its name, that was not managed before.
const adopted = " was there before and not managed by an ExternalSecret: it is now"

// successOf words what a write did as ESO does.
func successOf(es *api.ExternalSecret, outcome write.Outcome) write.Success {
	target := &es.Spec.Target
	success := write.Success{Reason: api.ReasonSecretSynced, Message: api.MessageSecretSynced, Bound: target.Manifest == nil}
	switch outcome.Result {
	case write.Absent:
		success = write.Success{Reason: api.ReasonSecretMissing, Message: api.MessageSecretMissing}
	case write.Retained:
		success = write.Success{Reason: api.ReasonSecretSynced, Message: api.MessageSecretRetained}
	case write.Deleted:
		success = write.Success{Reason: api.ReasonSecretDeleted, Message: api.MessageSecretDeleted}
		if outcome.Changes.Any() {
			success.Event, success.EventMessage = api.EventDeleted, api.EventMessageDeleted
		}
	case write.Created:
		success.Event, success.EventMessage = api.EventCreated, api.EventMessageCreated
	case write.Updated:
		success.Event, success.EventMessage = api.EventUpdated, api.EventMessageUpdated
	}
	success.Reason, success.Message = target.Words(success.Reason), target.Words(success.Message)
	if target.Manifest != nil && success.Event != "" {
		success.EventMessage = success.Event + " " + target.KindOf() + " " + write.TargetName(es)
	}
	if outcome.Result == write.Updated && outcome.Adopted {
		success.EventMessage += ": it" + adopted
	}
	return success
}

// recording tells whether status and Events are written.
func (p *pass) recording() bool { return p.DryRun == "" || p.DryRun == write.DryRunNone }
