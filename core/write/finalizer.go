package write

import (
	"context"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// ObjectPatcher patches ExternalSecrets.
type ObjectPatcher interface {
	Patch(ctx context.Context, namespace, name string, patch []byte) error
}

// Abandoned tells whether an ExternalSecret waits for an operator that is gone.
func Abandoned(es *api.ExternalSecret, now time.Time) bool {
	return api.Abandoned(&es.ObjectMeta, api.FinalizerExternalSecret, now)
}

// RemoveFinalizer lets an ExternalSecret go.
func RemoveFinalizer(ctx context.Context, patcher ObjectPatcher, es *api.ExternalSecret) error {
	patch, err := api.WithoutFinalizer(&es.ObjectMeta, api.FinalizerExternalSecret)
	if err != nil {
		return err
	}
	return patcher.Patch(ctx, es.Namespace, es.Name, patch)
}
