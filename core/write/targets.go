// Package write brings the cluster to what the pipeline has found: the target, the ExternalSecret's status, an Event. It
// writes nothing that is already so, and never the user's spec, labels or annotations.
package write

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// DryRun says how far a write goes.
type DryRun string

// The values of DryRun: as kubectl's --dry-run.
const (
	DryRunNone DryRun = "none"
	// DryRunClient compares and sends nothing.
	DryRunClient DryRun = "client"
	// DryRunServer sends the Secret for the server to check and not to store. Status and Events are not written.
	DryRunServer DryRun = "server"
)

// Refusals to write, with the texts that ESO gives them in a condition.
var (
	ErrImmutable      = errors.New(api.MessageTargetImmutable)
	ErrOwnedByAnother = errors.New(api.MessageOwnedByAnother)
	ErrOwnership      = errors.New(api.MessageOwnershipFailed)
)

// Result is what became of a target.
type Result string

// The results.
const (
	Created   Result = "created"
	Updated   Result = "updated"
	Unchanged Result = "unchanged"
	// Deleted means that the target is gone, since the provider has nothing for it any more.
	Deleted Result = "deleted"
	// Retained means that the provider has nothing and the target was left as it is.
	Retained Result = "retained"
	// Absent means that creationPolicy Merge found nothing to merge into.
	Absent Result = "absent"
	// Exists means that a target that was to be made is there, and was left as it is.
	Exists Result = "exists"
)

// tries is how often a write that lost a race is done again with the target as it is by then.
const tries = 8

// SecretWriter writes Secrets under a field manager.
type SecretWriter interface {
	DeleteSecret(ctx context.Context, namespace, name string, uid types.UID, resourceVersion string, dryRun bool) error
	CreateSecret(ctx context.Context, s *corev1.Secret, manager string, dryRun bool) error
	UpdateSecret(ctx context.Context, s *corev1.Secret, manager string, dryRun bool) error
}

// Targets writes what ExternalSecrets want written: Secrets and, where there is a spec.target.manifest, other objects.
type Targets struct {
	Reader  SecretReader
	Writer  SecretWriter
	Objects ObjectClient
	DryRun  DryRun
	// APIVersion is what owner references name.
	APIVersion string

	turns turns
}

// target is what an ExternalSecret writes, as a Secret or another object.
type target interface {
	// read returns it as it is now; nil if it does not exist.
	read(ctx context.Context) (*Live, error)
	create(ctx context.Context, content Content) (Outcome, error)
	update(ctx context.Context, content Content, live *Live) (Outcome, error)
	// remove deletes the one that was read.
	remove(ctx context.Context, live *Live) error
}

// of is the target of an ExternalSecret.
func (w *Targets) of(es *api.ExternalSecret) target {
	if es.Spec.Target.Manifest != nil {
		return &objectTarget{w, es}
	}
	return &secretTarget{w, es, TargetName(es)}
}

// Outcome tells what a write did.
type Outcome struct {
	Result  Result
	Changes Changes
	// Adopted tells that the target was there before and not managed by any ExternalSecret.
	Adopted bool
	// Frozen tells that the target is immutable, and what it holds is not what it would be given otherwise.
	Frozen bool
}

// Apply brings the target of es to content. live is the target as it was read, nil if none was found among those that are
// managed. Nothing is written that would be the same, and a write that loses a race is done again on the newer one.
func (w *Targets) Apply(ctx context.Context, es *api.ExternalSecret, content Content, live *Live) (Outcome, error) {
	if es.Spec.Target.CreationPolicy == api.CreationPolicyNone {
		return Outcome{Result: Unchanged}, nil
	}
	defer w.turns.wait(es.Namespace, TargetName(es))()
	target := w.of(es)
	var err error
	for range tries {
		if live == nil && es.Spec.Target.CreationPolicy == api.CreationPolicyMerge {
			// It may exist without the managed label: the list of managed Secrets would not have it.
			if live, err = target.read(ctx); err != nil {
				return Outcome{}, failed(es, err)
			}
			if live == nil {
				return Outcome{Result: Absent}, nil
			}
		}
		var outcome Outcome
		if live == nil {
			outcome, err = target.create(ctx, content)
		} else {
			outcome, err = target.update(ctx, content, live)
		}
		if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) && !apierrors.IsNotFound(err) {
			return outcome, failed(es, err)
		}
		fresh, readErr := target.read(ctx)
		if readErr != nil {
			return Outcome{}, failed(es, readErr)
		}
		if fresh == nil && apierrors.IsNotFound(err) && live == nil {
			return Outcome{}, failed(es, err) // not the target is missing but its namespace
		}
		live = fresh
	}
	return Outcome{}, failed(es, fmt.Errorf("lost a race %d times, the last one with: %w", tries, err))
}

// failed gives an error the text that ESO gives it in a condition, where it does not have one already.
func failed(es *api.ExternalSecret, err error) error {
	for _, known := range []error{nil, ErrImmutable, ErrOwnedByAnother, ErrOwnership} {
		if errors.Is(err, known) {
			return err
		}
	}
	if es.Spec.Target.Manifest != nil {
		return fmt.Errorf("could not update %s: %w", es.Spec.Target.Manifest.Kind, err)
	}
	return fmt.Errorf("%s: %w", api.MessageUpdateFailed, err)
}
