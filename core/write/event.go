package write

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// EventWriter writes Events.
type EventWriter interface {
	CreateEvent(ctx context.Context, e *corev1.Event) error
	GetEvent(ctx context.Context, namespace, name string) (*corev1.Event, error)
	PatchEvent(ctx context.Context, namespace, name string, patch []byte) error
}

// The programs that make passes, as the sources of their Events.
const (
	ComponentPlugin = "kubectl-externalsecret"
	ComponentRunner = "externalsecret-runner"
)

// Events records on ExternalSecrets what was done to them.
type Events struct {
	Writer EventWriter
	// APIVersion is that of the ExternalSecrets, "external-secrets.io/v1".
	APIVersion string
	// Component is the source of the Events: the program that makes the pass.
	Component string
}

// Record writes an Event. A repeated one, of which the caller knows that the same was recorded before, raises the count of
// the Event that is there; a new one costs a single request. eventType is corev1.EventTypeNormal or EventTypeWarning.
func (w *Events) Record(ctx context.Context, es *api.ExternalSecret, eventType, reason, message string, now time.Time, repeated bool) error {
	event := w.event(es, eventType, reason, message, now)
	if eventType == corev1.EventTypeNormal {
		return w.Writer.CreateEvent(ctx, event)
	}
	if repeated {
		found, err := w.again(ctx, event)
		if found || err != nil {
			return err
		}
	}
	err := w.Writer.CreateEvent(ctx, event)
	if apierrors.IsAlreadyExists(err) { // it failed so before, and was well in between
		_, err = w.again(ctx, event)
	}
	return err
}

// again raises the count of an Event; false if there is none, because it has expired.
func (w *Events) again(ctx context.Context, event *corev1.Event) (bool, error) {
	before, err := w.Writer.GetEvent(ctx, event.Namespace, event.Name)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	patch, err := json.Marshal(map[string]any{"count": before.Count + 1, "lastTimestamp": event.LastTimestamp})
	if err != nil {
		return false, fmt.Errorf("encode the event's count: %w", err)
	}
	err = w.Writer.PatchEvent(ctx, event.Namespace, event.Name, patch)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return true, err
}

// event builds an Event. The name of a warning follows from what it says, so that a repetition finds it; that of a normal one
// is unique.
func (w *Events) event(es *api.ExternalSecret, eventType, reason, message string, now time.Time) *corev1.Event {
	distinct := fmt.Sprintf("%s %s %s", es.UID, reason, message)
	if eventType == corev1.EventTypeNormal {
		distinct += now.Format(time.RFC3339Nano)
	}
	sum := sha256.Sum256([]byte(distinct))
	at := metav1.NewTime(now)
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: es.Namespace, Name: eventName(es.Name, hex.EncodeToString(sum[:8]))},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: w.APIVersion, Kind: api.KindExternalSecret, Namespace: es.Namespace, Name: es.Name,
			UID: es.UID, ResourceVersion: es.ResourceVersion,
		},
		Type: eventType, Reason: reason, Message: message, Count: 1, FirstTimestamp: at, LastTimestamp: at,
		Source:              corev1.EventSource{Component: w.Component},
		ReportingController: w.Component,
	}
}

// eventName keeps within the limit of names, 253 bytes, and to their rule that each part ends with a letter or a digit.
func eventName(object, suffix string) string {
	if limit := 253 - len(suffix) - 1; len(object) > limit {
		object = strings.TrimRight(object[:limit], "-.")
	}
	return object + "." + suffix
}
