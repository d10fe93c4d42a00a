package status

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
)

// State sums up how an ExternalSecret is.
type State string

// The states.
const (
	Synced      State = "Synced"
	Stale       State = "Stale"
	Failed      State = "Failed"
	NeverSynced State = "NeverSynced"
	Skipped     State = "Skipped"
	// Incomplete: the last refresh succeeded, and the Secret lacks keys all the same.
	Incomplete State = "Incomplete"
	// AtRisk: all is as the last refresh left it, but the next one can't succeed, or there is nobody to make it.
	AtRisk State = "AtRisk"
	// Deleted is shown while watching only.
	Deleted State = "Deleted"
)

// The reasons that are not those of the Ready condition.
const (
	// ReasonChanged: it was changed after the last sync.
	ReasonChanged = "Changed"
	// ReasonStoreError: a store is gone, or can't be read. ReasonStoreNotReady: it was found unusable.
	ReasonStoreError    = "StoreError"
	ReasonStoreNotReady = "StoreNotReady"
	// ReasonUnsupported: it, or a store, asks for what this version can't do.
	ReasonUnsupported = "Unsupported"

	reasonInvalid     = "Invalid"
	reasonDeleting    = "Deleting"
	reasonNeverSynced = "NeverSynced"
	reasonOverdue     = "Overdue"
	reasonOtherClass  = "OtherClass"
	reasonNoSecret    = "SecretGone"
	reasonAltered     = "SecretAltered"
	reasonDeleted     = "Deleted"

	reasonKeysMissing = "KeysMissing"
	reasonNobody      = "NobodyRefreshes"
)

const (
	kindItem = "ExternalSecretStatus"
	kindList = "ExternalSecretStatusList"
)

// Item is what is known of an ExternalSecret, in the shape that programs read. It is versioned: fields are added, not changed.
// Text in it is fit for a terminal.
type Item struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        Metadata `json:"metadata"`

	State   State  `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`

	// Due tells whether a refresh is wanted now.
	Due      bool       `json:"due"`
	LastSync *time.Time `json:"lastSync,omitempty"`
	// NextDue is absent where only a change, or nothing at all, makes the ExternalSecret due.
	NextDue *time.Time `json:"nextDue,omitempty"`
	// HeldBy tells which sync windows keep it from being refreshed when it is due, and HeldUntil for how long; absent for ever.
	HeldBy    string     `json:"heldBy,omitempty"`
	HeldUntil *time.Time `json:"heldUntil,omitempty"`
	// LateSeconds is how long ago it should have been refreshed, windows taken into account.
	LateSeconds int64  `json:"lateSeconds,omitempty"`
	Ready       *Ready `json:"ready,omitempty"`

	Stores []StoreRef `json:"stores,omitempty"`
	// SecretName is the Secret that is written; empty where none is.
	SecretName string `json:"secretName,omitempty"`
	// Target is what is written if it is no Secret, as KIND/NAME.
	Target          string `json:"target,omitempty"`
	CreationPolicy  string `json:"creationPolicy,omitempty"`
	DeletionPolicy  string `json:"deletionPolicy,omitempty"`
	RefreshPolicy   string `json:"refreshPolicy,omitempty"`
	RefreshInterval string `json:"refreshInterval,omitempty"`

	// Diagnosis is what is known about the message of a failure. It and the chain are there for one NAME only.
	Diagnosis *diagnose.Diagnosis `json:"diagnosis,omitempty"`
	Chain     *Chain              `json:"chain,omitempty"`

	unattended bool
}

// Metadata is that of the ExternalSecret, as far as it matters to a reader.
type Metadata struct {
	Namespace         string            `json:"namespace"`
	Name              string            `json:"name"`
	UID               string            `json:"uid,omitempty"`
	Labels            map[string]string `json:"labels,omitempty"`
	CreationTimestamp *time.Time        `json:"creationTimestamp,omitempty"`
}

// Ready is the Ready condition as it was recorded.
type Ready struct {
	Status  string     `json:"status"`
	Reason  string     `json:"reason,omitempty"`
	Message string     `json:"message,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
}

// StoreRef names a store; Kind is SecretStore or ClusterSecretStore.
type StoreRef struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}
