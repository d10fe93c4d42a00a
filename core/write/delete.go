package write

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// The texts that ESO gives failures to delete in a condition.
var (
	errDelete        = errors.New(api.MessageDeleteFailed)
	errDeleteOrphans = errors.New(api.MessageDeleteOrphansFailed)
)

// Delete deletes the target of es. live is the target as it was read, marked as managed or not; nil if there is none. Only under
// creationPolicy Owner is there an own one to delete; that of anyone else stays, and is an error.
func (w *Targets) Delete(ctx context.Context, es *api.ExternalSecret, live *Live) (Outcome, error) {
	if !owns(es) {
		return Outcome{}, fmt.Errorf("%w: the provider has nothing for it any more, and deletionPolicy Delete needs creationPolicy Owner, not %s",
			errDelete, es.Spec.Target.CreationPolicy)
	}
	return w.deleteOwn(ctx, es, w.of(es), live)
}

func (w *Targets) deleteOwn(ctx context.Context, es *api.ExternalSecret, target target, live *Live) (Outcome, error) {
	for range tries {
		if live == nil {
			return Outcome{Result: Deleted}, nil
		}
		if !controls(es, live) {
			return Outcome{}, fmt.Errorf("%w: %s %q is not controlled by this ExternalSecret", errDelete, es.Spec.Target.KindOf(), live.Meta.Name)
		}
		gone := Changes{Removed: slices.Sorted(maps.Keys(live.digests)), Metadata: true}
		err := error(nil)
		if w.DryRun != DryRunClient {
			err = target.remove(ctx, live)
		}
		switch {
		case err == nil || apierrors.IsNotFound(err):
			return Outcome{Result: Deleted, Changes: gone}, nil
		case !apierrors.IsConflict(err):
			return Outcome{}, fmt.Errorf("%w: %w", errDelete, err)
		}
		if live, err = target.read(ctx); err != nil {
			return Outcome{}, fmt.Errorf("%w: %w", errDelete, err)
		}
	}
	return Outcome{}, fmt.Errorf("%w: it was changed %d times meanwhile", errDelete, tries)
}

// DeleteOwn deletes the target if es is its controller, and leaves it alone otherwise.
func (w *Targets) DeleteOwn(ctx context.Context, es *api.ExternalSecret, live *Live) (Outcome, error) {
	if live == nil || !controls(es, live) {
		return Outcome{Result: Unchanged}, nil
	}
	return w.deleteOwn(ctx, es, w.of(es), live)
}

// Orphan is the Secret that es has written under another spec.target.name before, as its status tells; empty if there was none.
func Orphan(es *api.ExternalSecret) string {
	before := es.Status.Binding
	if !owns(es) || es.Spec.Target.Manifest != nil || before == nil || before.Name == TargetName(es) {
		return ""
	}
	return before.Name
}

// DeleteOrphan deletes the Orphan of es, if that is still its own. It returns the name of what was deleted, empty if nothing was.
func (w *Targets) DeleteOrphan(ctx context.Context, es *api.ExternalSecret) (string, error) {
	before := Orphan(es)
	if before == "" {
		return "", nil
	}
	orphan := &secretTarget{w, es, before}
	live, err := orphan.read(ctx)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errDeleteOrphans, err)
	}
	if live == nil || !controls(es, live) || live.Meta.Labels[api.LabelOwner] != api.OwnerLabel(es.Namespace, es.Name) {
		return "", nil
	}
	if _, err := w.deleteOwn(ctx, es, orphan, live); err != nil {
		return "", fmt.Errorf("%w: %w", errDeleteOrphans, err)
	}
	return before, nil
}

// owns tells whether an ExternalSecret is to be the controller of its target.
func owns(es *api.ExternalSecret) bool {
	policy := es.Spec.Target.CreationPolicy
	return policy == "" || policy == api.CreationPolicyOwner
}

// controls tells whether this very ExternalSecret is the controller of a target.
func controls(es *api.ExternalSecret, live *Live) bool {
	controller := metav1.GetControllerOf(&live.Meta)
	return controller != nil && controller.UID == es.UID
}
