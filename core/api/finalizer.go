package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// abandonedAfter is how long an object waits for its finalizer before the operator counts as gone: a running one acts within seconds.
const abandonedAfter = time.Minute

// Abandoned tells whether an object can't go because of a finalizer of External Secrets Operator, which nobody honours any more.
func Abandoned(meta *metav1.ObjectMeta, finalizer string, now time.Time) bool {
	return meta.DeletionTimestamp != nil && now.Sub(meta.DeletionTimestamp.Time) > abandonedAfter && slices.Contains(meta.Finalizers, finalizer)
}

// WithoutFinalizer is the JSON merge patch that takes a finalizer off. Those of others stay; the object must be as it was read.
func WithoutFinalizer(meta *metav1.ObjectMeta, finalizer string) ([]byte, error) {
	others := slices.DeleteFunc(slices.Clone(meta.Finalizers), func(f string) bool { return f == finalizer })
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": meta.UID, "resourceVersion": meta.ResourceVersion, "finalizers": others,
	}})
	if err != nil {
		return nil, fmt.Errorf("encode the finalizers: %w", err)
	}
	return patch, nil
}
