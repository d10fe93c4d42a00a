package write

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// CreateOnly makes the target of es with content that must never replace another. A target that is there by now is left as it is:
// the result is Exists.
func (w *Targets) CreateOnly(ctx context.Context, es *api.ExternalSecret, content Content) (Outcome, error) {
	defer w.turns.wait(es.Namespace, TargetName(es))()
	outcome, err := w.of(es).create(ctx, content)
	if apierrors.IsAlreadyExists(err) {
		return Outcome{Result: Exists}, nil
	}
	return outcome, failed(es, err)
}

// MadeFor tells whether a sync of this very ExternalSecret made the target and nobody has altered its data since.
func (l *Live) MadeFor(es *api.ExternalSecret) bool {
	return l.Valid() && !l.Meta.CreationTimestamp.Before(&es.CreationTimestamp) &&
		slices.ContainsFunc(l.Meta.ManagedFields, func(f metav1.ManagedFieldsEntry) bool { return f.Manager == api.FieldManager(es.Name) })
}
