package write

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// StatusPatcher patches the status of ExternalSecrets.
type StatusPatcher interface {
	PatchStatus(ctx context.Context, namespace, name string, patch []byte) error
}

// statusPatch is a JSON merge patch of an ExternalSecret's status. The UID makes it fail on an object that was deleted and
// made anew since it was read.
type statusPatch struct {
	Metadata struct {
		UID string `json:"uid"`
	} `json:"metadata"`
	Status api.ExternalSecretStatus `json:"status"`
}

// Success is what a refresh that went well is recorded with.
type Success struct {
	// Reason and Message go into the Ready condition.
	Reason, Message string
	// Bound tells that the target Secret is there and ours.
	Bound bool
	// Event and EventMessage are the reason and text of an Event; empty means none.
	Event, EventMessage string
}

// Synced records a success in the status: the time the refresh began, what was seen of the object, the Secret it wrote.
func Synced(ctx context.Context, patcher StatusPatcher, es *api.ExternalSecret, began time.Time, success Success) error {
	status := api.ExternalSecretStatus{
		RefreshTime:           &metav1.Time{Time: began},
		SyncedResourceVersion: api.SyncedResourceVersion(es.Generation, es.Annotations, es.Labels),
		Conditions:            withReady(es.Status.Conditions, metav1.ConditionTrue, success.Reason, success.Message, began),
	}
	if success.Bound && es.Spec.Target.CreationPolicy != api.CreationPolicyNone {
		status.Binding = &api.Binding{Name: TargetName(es)}
	}
	return patchStatus(ctx, patcher, es, status)
}

// Failed records a failure in the Ready condition and leaves the rest of the status as it was. The same failure twice is not
// written twice: it returns whether it wrote.
func Failed(ctx context.Context, patcher StatusPatcher, es *api.ExternalSecret, now time.Time, message string) (wrote bool, err error) {
	if ready := es.Ready(); ready != nil && ready.Status == metav1.ConditionFalse && ready.Message == message {
		return false, nil
	}
	conditions := withReady(es.Status.Conditions, metav1.ConditionFalse, api.ReasonSecretSyncedError, message, now)
	return true, patchStatus(ctx, patcher, es, api.ExternalSecretStatus{Conditions: conditions})
}

// withReady copies conditions with a new Ready condition, whose time of transition is kept unless the status flips.
func withReady(conditions []api.Condition, status metav1.ConditionStatus, reason, message string, now time.Time) []api.Condition {
	ready := api.Condition{
		Type: api.ConditionReady, Status: status, Reason: reason, Message: message, LastTransitionTime: &metav1.Time{Time: now},
	}
	result := slices.Clone(conditions)
	for i, c := range result {
		if c.Type != api.ConditionReady {
			continue
		}
		if c.Status == status && c.LastTransitionTime != nil {
			ready.LastTransitionTime = c.LastTransitionTime
		}
		result[i] = ready
		return result
	}
	return append(result, ready)
}

func patchStatus(ctx context.Context, patcher StatusPatcher, es *api.ExternalSecret, status api.ExternalSecretStatus) error {
	patch := statusPatch{Status: status}
	patch.Metadata.UID = string(es.UID)
	body, err := json.Marshal(patch)
	if err != nil {
		return fmt.Errorf("encode the status: %w", err)
	}
	return patcher.PatchStatus(ctx, es.Namespace, es.Name, body)
}
