package core

import (
	"context"
	"errors"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// result begins the result of a task.
func (p *pass) result(t *task, outcome Outcome) Result {
	r := Result{Namespace: t.Namespace, Name: t.Name, Outcome: outcome}
	if t.ES != nil {
		if t.ES.Spec.Target.Manifest == nil {
			r.Secret = write.TargetName(t.ES)
		} else {
			r.Target = t.ES.Spec.Target.KindOf() + "/" + write.TargetName(t.ES)
		}
		r.Made = t.ES.CreationTimestamp.Time
		if last := t.ES.Status.RefreshTime; last != nil {
			r.LastSync = last.Time
		}
		if outcome != Skipped {
			r.Warnings = resolve.Warnings(t.ES)
		}
	}
	return r
}

// done ends a task.
func (p *pass) done(t *task, r Result) {
	if p.explain != nil {
		p.explain(t, r)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.report.Results = append(p.report.Results, r)
	if p.Observe != nil {
		p.Observe(r)
	}
}

func (p *pass) skip(t *task, reason Reason, message string) {
	r := p.result(t, Skipped)
	r.Reason, r.Message = reason, message
	p.done(t, r)
}

// fail records a failure in the object's status, in an Event, and as its result, all in the same masked words. What fails
// because the grace period is over is no failure of the object.
func (p *pass) fail(ctx context.Context, t *task, reason Reason, cause error) {
	if ctx.Err() != nil {
		p.skip(t, Stopped, "the run was stopped before this was finished: the next one begins it anew")
		return
	}
	unsupported := resolve.IsUnsupported(cause)
	if unsupported {
		reason = Unsupported
	}
	t.cause = trace.At(stepOf(reason), cause)
	message := p.mask(t, cause)
	r := p.result(t, Failed)
	r.Reason, r.Message = reason, message
	defer func() { p.done(t, r) }()
	if t.ES == nil || unsupported || !p.recording() {
		return
	}
	if reason != WriteError && reason != GuardRail {
		message = secret.Printable(api.MessageProviderFailed + ": " + message)
	}
	now := time.Now()
	wrote, err := write.Failed(ctx, p.client, t.ES, now, message)
	if apierrors.IsNotFound(err) || errors.Is(err, write.ErrReplaced) {
		r = p.result(t, Skipped)
		r.Reason, r.Message = Deleting, "it was deleted during the run"
		return
	}
	if err != nil {
		r.Warnings = append(r.Warnings, "the failure could not be recorded: "+p.mask(t, err))
		return
	}
	p.recorded(p.events.Record(ctx, t.ES, corev1.EventTypeWarning, api.EventUpdateFailed, message, now, !wrote))
}

// stepOf is the step at which a reason arises where the failure itself does not tell.
func stepOf(reason Reason) trace.Step {
	switch reason {
	case ProviderError:
		return trace.Read
	case DataError:
		return trace.Template
	case WriteError, GuardRail:
		return trace.Target
	default:
		return trace.Rules
	}
}

// recorded notes, once for each cause, that an Event could not be written: the work itself is done.
func (p *pass) recorded(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		p.note("an Event could not be written: " + p.credentials.Mask(err.Error()))
	}
}

// mask makes an error's text fit to be shown: none of the values that the task has been given, nor any credential, is in it.
func (p *pass) mask(t *task, err error) string {
	var mask secret.Mask
	t.mu.Lock()
	for _, answer := range t.answers {
		mask.AddPayload(answer.Value)
		for _, part := range answer.Parts {
			mask.AddPayload(part)
		}
	}
	for _, values := range slices.Concat(t.made, []map[string]secret.Value{t.data, t.content.Data}) {
		for _, value := range values {
			mask.AddPayload(value)
		}
	}
	for _, field := range t.content.Fields {
		mask.AddPayload(field.Value)
	}
	t.mu.Unlock()
	// One mask for all: a text that was masked and cut before could show the rest of what another mask would have hidden.
	p.credentials.AddTo(&mask)
	return mask.Text(err.Error())
}
