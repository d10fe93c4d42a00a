package write

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// secretTarget is a target that is a Secret, of the name that it has or had before.
type secretTarget struct {
	*Targets
	es   *api.ExternalSecret
	name string
}

func (t *secretTarget) read(ctx context.Context) (*Live, error) {
	return readSecret(ctx, t.Reader, t.es.Namespace, t.name)
}

func (t *secretTarget) create(ctx context.Context, content Content) (Outcome, error) {
	want, err := desired(t.es, t.APIVersion, content, nil, nil)
	if err != nil {
		return Outcome{}, err
	}
	if t.DryRun == DryRunClient {
		// A dry run must not promise a creation that would turn out to be an update.
		if live, err := t.read(ctx); err != nil {
			return Outcome{}, err
		} else if live != nil {
			return Outcome{}, apierrors.NewAlreadyExists(corev1.Resource("secrets"), want.Name)
		}
	} else if err := t.Writer.CreateSecret(ctx, want, api.FieldManager(t.es.Name), t.DryRun == DryRunServer); err != nil {
		return Outcome{}, err
	}
	return Outcome{Result: Created, Changes: Changes{Added: slices.Sorted(maps.Keys(want.Data))}}, nil
}

func (t *secretTarget) update(ctx context.Context, content Content, live *Live) (Outcome, error) {
	want, err := desired(t.es, t.APIVersion, content, live, nil)
	if err != nil {
		return Outcome{}, err
	}
	if t.es.Spec.Target.Immutable {
		return t.freeze(ctx, live, want)
	}
	merging := t.es.Spec.Target.Merges()
	if merging {
		// The values of others are not known here, so neither is the hash of the whole, unless nothing changes.
		want.Annotations[api.AnnotationDataHash] = live.DataHash
	}
	mine := live.ownedBy(t.es).Data
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
	outcome := Outcome{Result: Updated, Changes: difference, Adopted: !managed(&live.Meta)}
	if t.DryRun == DryRunClient {
		return outcome, nil
	}
	if merging {
		current, err := t.Reader.GetSecret(ctx, t.es.Namespace, want.Name)
		if err != nil {
			return Outcome{}, err
		}
		if want, err = desired(t.es, t.APIVersion, content, NewLive(current), current.Data); err != nil {
			return Outcome{}, err
		}
	}
	if err := t.Writer.UpdateSecret(ctx, want, api.FieldManager(t.es.Name), t.DryRun == DryRunServer); err != nil {
		return Outcome{}, err
	}
	return outcome, nil
}

// freeze leaves a Secret as it is, as spec.target.immutable has it, but for the marks of who manages it. want is what it would be
// otherwise.
func (t *secretTarget) freeze(ctx context.Context, live *Live, want *corev1.Secret) (Outcome, error) {
	meta, err := desiredMeta(t.es, t.APIVersion, Content{}, &live.Meta, owned{})
	if err != nil {
		return Outcome{}, err
	}
	meta.Annotations[api.AnnotationDataHash] = live.DataHash
	outcome := Outcome{Result: Unchanged, Frozen: changes(live, want, func(string) bool { return t.es.Spec.Target.Merges() }).Data()}
	if live.Immutable && sameMeta(&meta, &live.Meta) {
		return outcome, nil
	}
	outcome.Result, outcome.Changes, outcome.Adopted = Updated, Changes{Metadata: true}, !managed(&live.Meta)
	if t.DryRun == DryRunClient {
		return outcome, nil
	}
	frozen, err := t.Reader.GetSecret(ctx, t.es.Namespace, t.name)
	if err != nil {
		return Outcome{}, err
	}
	frozen.ObjectMeta, frozen.Immutable = meta, &[]bool{true}[0]
	if err := t.Writer.UpdateSecret(ctx, frozen, api.FieldManager(t.es.Name), t.DryRun == DryRunServer); err != nil {
		return Outcome{}, err
	}
	return outcome, nil
}

func (t *secretTarget) remove(ctx context.Context, live *Live) error {
	return t.Writer.DeleteSecret(ctx, t.es.Namespace, live.Meta.Name, live.Meta.UID, live.Meta.ResourceVersion, t.DryRun == DryRunServer)
}
