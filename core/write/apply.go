package write

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

func (w *Secrets) create(ctx context.Context, es *api.ExternalSecret, content Content) (Outcome, error) {
	want, err := desired(es, w.APIVersion, content, nil, nil)
	if err != nil {
		return Outcome{}, err
	}
	if w.DryRun == DryRunClient {
		// A dry run must not promise a creation that would turn out to be an update.
		if live, err := w.fresh(ctx, es); err != nil {
			return Outcome{}, err
		} else if live != nil {
			return Outcome{}, apierrors.NewAlreadyExists(corev1.Resource("secrets"), want.Name)
		}
	} else if err := w.Writer.CreateSecret(ctx, want, api.FieldManager(es.Name), w.DryRun == DryRunServer); err != nil {
		return Outcome{}, err
	}
	return Outcome{Result: Created, Changes: Changes{Added: slices.Sorted(maps.Keys(want.Data))}}, nil
}

func (w *Secrets) update(ctx context.Context, es *api.ExternalSecret, content Content, live *Live) (Outcome, error) {
	want, err := desired(es, w.APIVersion, content, live, nil)
	if err != nil {
		return Outcome{}, err
	}
	merging := es.Spec.Target.Merges()
	if merging {
		// The values of others are not known here, so neither is the hash of the whole, unless nothing changes.
		want.Annotations[api.AnnotationDataHash] = live.DataHash
	}
	mine := live.ownedBy(api.FieldManager(es.Name)).Data
	difference := changes(live, want, func(key string) bool {
		_, wrote := mine[key]
		return merging && !wrote
	})
	switch {
	case !difference.Any():
		return Outcome{Result: Unchanged}, nil
	case live.Immutable && difference.Data():
		return Outcome{}, fmt.Errorf("%w: delete Secret %q to have it made anew", ErrImmutable, want.Name)
	}
	outcome := Outcome{Result: Updated, Changes: difference, Adopted: live.Meta.Labels[api.LabelManaged] != api.LabelManagedValue}
	if w.DryRun == DryRunClient {
		return outcome, nil
	}
	if merging {
		current, err := w.Reader.GetSecret(ctx, es.Namespace, want.Name)
		if err != nil {
			return Outcome{}, err
		}
		if want, err = desired(es, w.APIVersion, content, NewLive(current), current.Data); err != nil {
			return Outcome{}, err
		}
	}
	if err := w.Writer.UpdateSecret(ctx, want, api.FieldManager(es.Name), w.DryRun == DryRunServer); err != nil {
		return Outcome{}, err
	}
	return outcome, nil
}

// fresh reads the target Secret now; nil if there is none.
func (w *Secrets) fresh(ctx context.Context, es *api.ExternalSecret) (*Live, error) {
	return NewIndex(w.Reader).Fresh(ctx, es.Namespace, TargetName(es))
}

// failed gives an error the text that ESO gives it in a condition, where it does not have one already.
func failed(err error) error {
	for _, known := range []error{nil, ErrImmutable, ErrOwnedByAnother, ErrOwnership} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%s: %w", api.MessageUpdateFailed, err)
}
