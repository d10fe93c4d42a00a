package api

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ExternalSecretStatus records the last refresh. A failed one changes the conditions only.
type ExternalSecretStatus struct {
	// When the last successful refresh began.
	// +optional
	// +nullable
	RefreshTime *metav1.Time `json:"refreshTime,omitempty"`

	// Generation, labels and annotations that the last successful refresh saw.
	// +optional
	SyncedResourceVersion string `json:"syncedResourceVersion,omitempty"`

	// Ready tells how the last refresh ended.
	// +optional
	Conditions []Condition `json:"conditions,omitempty"`

	// The Secret that was written, for servicebinding.io.
	// +optional
	Binding *Binding `json:"binding,omitempty"`
}

// Binding names the Secret of a provisioned service.
//
// +structType=atomic
type Binding struct {
	// Name of the Secret.
	// +optional
	Name string `json:"name,omitempty"`
}

// Condition is one aspect of the state of an object.
type Condition struct {
	// Type of the condition.
	Type string `json:"type"`

	// True, False or Unknown.
	Status metav1.ConditionStatus `json:"status"`

	// One word for the cause.
	// +optional
	Reason string `json:"reason,omitempty"`

	// Words for a person.
	// +optional
	Message string `json:"message,omitempty"`

	// When status last changed.
	// +optional
	LastTransitionTime *metav1.Time `json:"lastTransitionTime,omitempty"`
}

// Ready is the Ready condition of the ExternalSecret; nil if there is none.
func (es *ExternalSecret) Ready() *Condition {
	i := slices.IndexFunc(es.Status.Conditions, func(c Condition) bool { return c.Type == ConditionReady })
	if i < 0 {
		return nil
	}
	return &es.Status.Conditions[i]
}
