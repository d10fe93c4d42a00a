package write

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// StatusPatcher patches the status of ExternalSecrets.
type StatusPatcher interface {
	PatchStatus(ctx context.Context, namespace, name string, patch []byte) error
}

// operation is one step of a JSON patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// statusPatch is a JSON patch that adds the fields that status has to the one that was read. It begins with a test of the
// UID, which makes it fail on an object that was deleted and made anew since.
func statusPatch(es *api.ExternalSecret, status api.ExternalSecretStatus) ([]byte, error) {
	operations := []operation{{"test", "/metadata/uid", es.UID}}
	if before := es.Status; before.RefreshTime == nil && before.SyncedResourceVersion == "" && before.Binding == nil && len(before.Conditions) == 0 {
		return json.Marshal(append(operations, operation{"add", "/status", status}))
	}
	if status.RefreshTime != nil {
		operations = append(operations, operation{"add", "/status/refreshTime", status.RefreshTime})
	}
	if status.SyncedResourceVersion != "" {
		operations = append(operations, operation{"add", "/status/syncedResourceVersion", status.SyncedResourceVersion})
	}
	if status.Binding != nil {
		operations = append(operations, operation{"add", "/status/binding", status.Binding})
	}
	return json.Marshal(append(operations, operation{"add", "/status/conditions", status.Conditions}))
}

// ErrReplaced means that the ExternalSecret was deleted and made anew since it was read.
var ErrReplaced = errors.New("the ExternalSecret was made anew meanwhile")

// Success is what a refresh that went well is recorded with.
type Success struct {
	// Reason and Message go into the Ready condition.
	Reason, Message string
	// Bound tells that the target is a Secret that is there and ours.
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
	conditions := withReady(es.Status.Conditions, metav1.ConditionFalse, es.Spec.Target.Words(api.ReasonSecretSyncedError), message, now)
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
	body, err := statusPatch(es, status)
	if err != nil {
		return fmt.Errorf("encode the status: %w", err)
	}
	err = patcher.PatchStatus(ctx, es.Namespace, es.Name, body)
	if apierrors.IsInvalid(err) {
		// What the schema refuses has causes; what remains is the test of the UID.
		if status := apierrors.APIStatus(nil); errors.As(err, &status) && (status.Status().Details == nil || len(status.Status().Details.Causes) == 0) {
			return fmt.Errorf("%w: %w", ErrReplaced, err)
		}
	}
	return err
}
