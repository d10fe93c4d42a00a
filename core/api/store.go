package api

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// SecretStore is an external store for the ExternalSecrets of its namespace.
//
// +kubebuilder:metadata:labels="external-secrets.io/component=controller"
// +kubebuilder:resource:scope=Namespaced,categories={external-secrets},shortName=ss
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Capabilities",type=string,JSONPath=`.status.capabilities`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
type SecretStore struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   StoreSpec   `json:"spec,omitempty"`
	Status StoreStatus `json:"status,omitzero"`
}

// ClusterSecretStore is an external store for the ExternalSecrets of every namespace that its conditions admit.
//
// +kubebuilder:metadata:labels="external-secrets.io/component=controller"
// +kubebuilder:resource:scope=Cluster,categories={external-secrets},shortName=css
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Capabilities",type=string,JSONPath=`.status.capabilities`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
type ClusterSecretStore struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   StoreSpec   `json:"spec,omitempty"`
	Status StoreStatus `json:"status,omitzero"`
}

// StoreSpec tells how to reach an external store.
type StoreSpec struct {
	// Class of controller that serves this store; empty means any.
	// +optional
	Controller string `json:"controller,omitempty"`

	// The provider and its settings: exactly one.
	Provider SecretStoreProvider `json:"provider"`

	// Retries of requests that failed. Defaults to the provider's own.
	// +optional
	RetrySettings *StoreRetrySettings `json:"retrySettings,omitempty"`

	// How often the store is validated, in seconds or as a Go duration. Has no part in refreshing ExternalSecrets.
	// +optional
	RefreshInterval *intstr.IntOrString `json:"refreshInterval,omitempty"`

	// Namespaces that may use a ClusterSecretStore: those that match any of these; none means all.
	// +optional
	Conditions []NamespaceCondition `json:"conditions,omitempty"`
}

// StoreRetrySettings bounds the retries of requests to a store.
type StoreRetrySettings struct {
	// How often to try.
	// +optional
	MaxRetries *int32 `json:"maxRetries,omitempty"`

	// How long to wait in between, as a Go duration such as 10s.
	// +optional
	RetryInterval *string `json:"retryInterval,omitempty"`
}

// NamespaceCondition selects namespaces: those that match any of its fields.
type NamespaceCondition struct {
	// By label.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`

	// By name.
	// +optional
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Namespaces []string `json:"namespaces,omitempty"`

	// By regular expressions (RE2) that match somewhere in the name.
	// +optional
	NamespaceRegexes []string `json:"namespaceRegexes,omitempty"`
}

// StoreStatus records the last validation of a store.
type StoreStatus struct {
	// Ready tells whether the store can be used.
	// +optional
	Conditions []Condition `json:"conditions,omitempty"`

	// ReadOnly, WriteOnly or ReadWrite.
	// +optional
	Capabilities StoreCapabilities `json:"capabilities,omitempty"`
}

// StoreCapabilities tells which way secrets can go.
type StoreCapabilities string

// The capabilities of stores.
const (
	StoreReadOnly  StoreCapabilities = "ReadOnly"
	StoreWriteOnly StoreCapabilities = "WriteOnly"
	StoreReadWrite StoreCapabilities = "ReadWrite"
)
