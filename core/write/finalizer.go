package write

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// abandonedAfter is how long an ExternalSecret waits for its finalizer before its operator counts as gone: a running one acts
// within seconds.
const abandonedAfter = time.Minute

// ObjectPatcher patches ExternalSecrets.
type ObjectPatcher interface {
	Patch(ctx context.Context, namespace, name string, patch []byte) error
}

// Abandoned tells whether an ExternalSecret can't go because of the finalizer of External Secrets Operator, which nobody
// honours any more.
func Abandoned(es *api.ExternalSecret, now time.Time) bool {
	return es.DeletionTimestamp != nil && now.Sub(es.DeletionTimestamp.Time) > abandonedAfter &&
		slices.Contains(es.Finalizers, api.FinalizerExternalSecret)
}

// RemoveFinalizer lets an ExternalSecret go. The finalizers of others stay; the object must be as it was read.
func RemoveFinalizer(ctx context.Context, patcher ObjectPatcher, es *api.ExternalSecret) error {
	others := slices.DeleteFunc(slices.Clone(es.Finalizers), func(f string) bool { return f == api.FinalizerExternalSecret })
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": es.UID, "resourceVersion": es.ResourceVersion, "finalizers": others,
	}})
	if err != nil {
		return fmt.Errorf("encode the finalizers: %w", err)
	}
	return patcher.Patch(ctx, es.Namespace, es.Name, patch)
}
