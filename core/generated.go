package core

import (
	"context"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/generate"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// left tells whether a task is left to another controller, or left alone because its generators must not run, and reports it if so.
// A target that they made before, and that a pass had no time to record, makes a task all the same.
func (p *pass) left(ctx context.Context, t *task) bool {
	if other := p.planner.Foreign(ctx, t.ES); other != nil {
		p.skip(t, OtherClass, other.Error())
		return true
	}
	if t.invalid != nil || t.ES.DeletionTimestamp != nil || !t.ES.Generates() {
		return false
	}
	if why := resolve.Withheld(t.ES, targetOf(t), t.live != nil); why != "" {
		if t.there = t.unrecorded(); t.there {
			return false
		}
		p.skip(t, Generator, why)
		return true
	}
	if other := p.planner.ForeignGenerator(ctx, t.ES); other != nil {
		p.skip(t, OtherClass, other.Error())
		return true
	}
	return false
}

// targetOf names the target of a task.
func targetOf(t *task) string {
	return fmt.Sprintf("%s %q", t.ES.Spec.Target.KindOf(), write.TargetName(t.ES))
}

// unrecorded tells whether the target is this ExternalSecret's, as a sync left it, and the status does not know it: the pass that
// made it was killed, or something failed since.
func (t *task) unrecorded() bool {
	if t.live == nil || !t.live.MadeFor(t.ES) {
		return false
	}
	status, ready := t.ES.Status, t.ES.Ready()
	bound := t.ES.Spec.Target.Manifest != nil || (status.Binding != nil && status.Binding.Name == write.TargetName(t.ES))
	recorded := status.SyncedResourceVersion != "" && !status.RefreshTime.IsZero() &&
		ready != nil && ready.Status == metav1.ConditionTrue && bound
	return !recorded
}

// generate makes up what the generators of a task are to make, into the entries that wait for it. Each task gets values of its own.
func (t *task) generate(entries []shape.Entry) error {
	for _, read := range t.reads {
		if read.Generator == nil {
			continue
		}
		values, err := generate.Values(read.Generator)
		if err != nil {
			return fmt.Errorf("%s.sourceRef.generatorRef: the generator can't be run: %w", read.Path, err)
		}
		t.keep(values)
		i := slices.IndexFunc(entries, func(e shape.Entry) bool { return e.Path == read.Path })
		entries[i].Made = values
	}
	return nil
}

// keep remembers what was made, to mask it in messages.
func (t *task) keep(values map[string]secret.Value) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made = append(t.made, values)
}
