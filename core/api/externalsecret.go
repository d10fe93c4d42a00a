package api

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ExternalSecret says which values of external stores become which Secret, and how often.
//
// +kubebuilder:metadata:labels="external-secrets.io/component=controller"
// +kubebuilder:resource:scope=Namespaced,categories={external-secrets},shortName=es
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="StoreType",type=string,JSONPath=`.spec.secretStoreRef.kind`
// +kubebuilder:printcolumn:name="Store",type=string,JSONPath=`.spec.secretStoreRef.name`
// +kubebuilder:printcolumn:name="Refresh Interval",type=string,JSONPath=`.spec.refreshInterval`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Last Sync",type=date,JSONPath=`.status.refreshTime`
// +kubebuilder:selectablefield:JSONPath=`.spec.secretStoreRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.secretStoreRef.kind`
// +kubebuilder:selectablefield:JSONPath=`.spec.target.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.refreshInterval`
type ExternalSecret struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ExternalSecretSpec   `json:"spec,omitempty"`
	Status ExternalSecretStatus `json:"status,omitzero"`
}

// ExternalSecretSpec is what its author wants.
type ExternalSecretSpec struct {
	// Store of every entry that names none of its own.
	// +optional
	SecretStoreRef SecretStoreRef `json:"secretStoreRef,omitzero"`

	// The Secret to write.
	// +optional
	// +kubebuilder:default={creationPolicy:Owner,deletionPolicy:Retain}
	Target Target `json:"target,omitzero"`

	// When to refresh: CreatedOnce, Periodic (default) or OnChange of this object.
	// +optional
	RefreshPolicy RefreshPolicy `json:"refreshPolicy,omitempty"`

	// How long a Periodic refresh is good for, as a Go duration such as 90s or 1h30m. Zero means: refresh once.
	// Defaults to 1h0m0s.
	// +optional
	// +kubebuilder:default="1h0m0s"
	RefreshInterval string `json:"refreshInterval,omitempty"`

	// Times of day, in UTC, to which Periodic refreshes are confined.
	// +optional
	SyncWindows *SyncWindows `json:"syncWindows,omitempty"`

	// Single values, each under a key of its own. They win over dataFrom.
	// +optional
	Data []Data `json:"data,omitempty"`

	// Sources of many keys at once, merged in the order given.
	// +optional
	DataFrom []DataFrom `json:"dataFrom,omitempty"`
}

// RefreshPolicy tells what makes an ExternalSecret due.
//
// +kubebuilder:validation:Enum=CreatedOnce;Periodic;OnChange
type RefreshPolicy string

// The refresh policies; empty means RefreshPolicyPeriodic.
const (
	RefreshPolicyCreatedOnce RefreshPolicy = "CreatedOnce"
	RefreshPolicyPeriodic    RefreshPolicy = "Periodic"
	RefreshPolicyOnChange    RefreshPolicy = "OnChange"
)

// DefaultRefreshInterval is what an empty ExternalSecretSpec.RefreshInterval means.
const DefaultRefreshInterval = "1h0m0s"

// SyncWindows confines Periodic refreshes to, or keeps them out of, recurring spans of time.
type SyncWindows struct {
	// allow: refresh only inside a window. deny: refresh only outside of all windows.
	Kind SyncWindowKind `json:"kind"`

	// Windows, all of the same kind.
	// +kubebuilder:validation:MinItems=1
	Windows []SyncWindow `json:"windows"`
}

// SyncWindowKind tells what a window means.
//
// +kubebuilder:validation:Enum=allow;deny
type SyncWindowKind string

// The kinds of sync windows.
const (
	SyncWindowAllow SyncWindowKind = "allow"
	SyncWindowDeny  SyncWindowKind = "deny"
)

// SyncWindow opens at each firing of Schedule, for Duration.
type SyncWindow struct {
	// When the window opens, in UTC: five cron fields, or a shorthand such as @daily or @every 6h.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:Pattern=`^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|@every \S.*|\S+( \S+){4})$`
	Schedule string `json:"schedule"`

	// How long it stays open, as a Go duration such as 8h.
	Duration string `json:"duration"`
}
