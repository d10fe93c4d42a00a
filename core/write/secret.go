// Package write brings the cluster to what the pipeline has found: the Secret, the ExternalSecret's status, an Event. It
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

// Result is what became of a Secret.
type Result string

// The results.
const (
	Created   Result = "created"
	Updated   Result = "updated"
	Unchanged Result = "unchanged"
	// Deleted means that the Secret is gone, since the provider has nothing for it any more.
	Deleted Result = "deleted"
	// Retained means that the provider has nothing and the Secret was left as it is.
	Retained Result = "retained"
	// Absent means that creationPolicy Merge found no Secret to merge into.
	Absent Result = "absent"
)

// tries is how often a write that lost a race is done again with the Secret as it is by then.
const tries = 8

// SecretWriter writes Secrets under a field manager.
type SecretWriter interface {
	DeleteSecret(ctx context.Context, namespace, name string, uid types.UID, resourceVersion string, dryRun bool) error
	CreateSecret(ctx context.Context, s *corev1.Secret, manager string, dryRun bool) error
	UpdateSecret(ctx context.Context, s *corev1.Secret, manager string, dryRun bool) error
}

// Secrets writes the Secrets of ExternalSecrets.
type Secrets struct {
	Reader SecretReader
	Writer SecretWriter
	DryRun DryRun
	// APIVersion is what owner references name.
	APIVersion string

	turns turns
}

// Outcome tells what a write did.
type Outcome struct {
	Result  Result
	Changes Changes
	// Adopted tells that the Secret was there before and not managed by any ExternalSecret.
	Adopted bool
}

// Apply brings the Secret of es to content. live is the Secret as it was read, nil if none was found among those that are
// managed. Nothing is written that would be the same, and a write that loses a race is done again on the newer Secret.
func (w *Secrets) Apply(ctx context.Context, es *api.ExternalSecret, content Content, live *Live) (Outcome, error) {
	if es.Spec.Target.CreationPolicy == api.CreationPolicyNone {
		return Outcome{Result: Unchanged}, nil
	}
	defer w.turns.wait(es.Namespace, TargetName(es))()
	var err error
	for range tries {
		if live == nil && es.Spec.Target.CreationPolicy == api.CreationPolicyMerge {
			// It may exist without the managed label: the list of managed Secrets would not have it.
			if live, err = w.fresh(ctx, es); err != nil {
				return Outcome{}, failed(err)
			}
			if live == nil {
				return Outcome{Result: Absent}, nil
			}
		}
		var outcome Outcome
		if live == nil {
			outcome, err = w.create(ctx, es, content)
		} else {
			outcome, err = w.update(ctx, es, content, live)
		}
		if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) && !apierrors.IsNotFound(err) {
			return outcome, failed(err)
		}
		fresh, readErr := w.fresh(ctx, es)
		if readErr != nil {
			return Outcome{}, failed(readErr)
		}
		if fresh == nil && apierrors.IsNotFound(err) && live == nil {
			return Outcome{}, failed(err) // not the Secret is missing but its namespace
		}
		live = fresh
	}
	return Outcome{}, failed(fmt.Errorf("lost a race %d times, the last one with: %w", tries, err))
}
