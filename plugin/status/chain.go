package status

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
)

// Chain is everything between a store and the Pods that use the Secret of one ExternalSecret. Each link has an error of its
// own: one that can't be read leaves the others as they are.
type Chain struct {
	Stores     []StoreLink    `json:"stores"`
	Refreshers RefreshersLink `json:"refreshers"`
	Secret     SecretLink     `json:"secret"`
	// Origins are where the keys come from: those of the Secret, and those that it lacks.
	Origins   []provenance.Origin `json:"origins,omitempty"`
	Workloads WorkloadsLink       `json:"workloads"`
	Pods      PodsLink            `json:"pods"`
	Events    EventsLink          `json:"events"`
}

// StoreLink is a store that the ExternalSecret refers to.
type StoreLink struct {
	StoreRef `json:",inline"`
	Exists   bool   `json:"exists"`
	Provider string `json:"provider,omitempty"`
	// Class is the store's spec.controller; empty means any.
	Class string `json:"class,omitempty"`
	// Ready is what the last validation of the store left. The operator makes one; the runner does not, nor does it go by it.
	Ready *Ready `json:"ready,omitempty"`
	Error string `json:"error,omitempty"`
}

// SecretLink is the Secret without its values.
type SecretLink struct {
	Name      string `json:"name,omitempty"`
	Exists    bool   `json:"exists"`
	Type      string `json:"type,omitempty"`
	Immutable bool   `json:"immutable,omitempty"`
	Keys      []Key  `json:"keys,omitempty"`
	// Integrity tells whether the data is as the last sync left it.
	Integrity Integrity `json:"integrity,omitempty"`
	// Writers are the field managers that have written data and are not the ExternalSecret, the latest first.
	Writers []Writer `json:"writers,omitempty"`
	// Written is when the Secret was last written, by whomever.
	Written *time.Time `json:"written,omitempty"`
	// Owner is the controller of the Secret, such as "ExternalSecret db"; empty if there is none.
	Owner string `json:"owner,omitempty"`
	Error string `json:"error,omitempty"`
}

// Key is a key of a Secret and how long its value is.
type Key struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"`
}

// Integrity compares a Secret's data with the hash that the last sync recorded.
type Integrity string

// The values of Integrity.
const (
	Intact    Integrity = "Intact"
	Altered   Integrity = "Altered"
	Unmanaged Integrity = "Unmanaged" // the mark of a managed Secret is missing
)

// Writer is a field manager that has written to a Secret.
type Writer struct {
	Manager string     `json:"manager"`
	Time    *time.Time `json:"time,omitempty"`
}

// PodsLink are the Pods that use the Secret.
type PodsLink struct {
	Items []consumers.Pod `json:"items"`
	Error string          `json:"error,omitempty"`
}

// WorkloadsLink are the workloads whose Pods use the Secret.
type WorkloadsLink struct {
	Items []consumers.Workload `json:"items"`
	Error string               `json:"error,omitempty"`
}

// EventsLink are the Events of the ExternalSecret, the latest last.
type EventsLink struct {
	Items []Event `json:"items"`
	Error string  `json:"error,omitempty"`
}

// Event is what was recorded about the ExternalSecret.
type Event struct {
	Type    string     `json:"type"`
	Reason  string     `json:"reason"`
	Message string     `json:"message"`
	Source  string     `json:"source,omitempty"`
	Count   int32      `json:"count"`
	Last    *time.Time `json:"last,omitempty"`
}

// eventOf copies what matters of an Event.
func eventOf(e *corev1.Event) Event {
	last := e.LastTimestamp
	if last.IsZero() {
		last.Time = e.EventTime.Time
	}
	if last.IsZero() {
		last = e.CreationTimestamp
	}
	source := e.Source.Component
	if source == "" {
		source = e.ReportingController
	}
	return Event{
		Type: e.Type, Reason: secret.Printable(e.Reason), Message: secret.Printable(e.Message), Source: secret.Printable(source),
		Count: max(e.Count, 1), Last: timeOf(&last),
	}
}
