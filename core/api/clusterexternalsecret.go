package api

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ClusterExternalSecret makes the same ExternalSecret in each of the namespaces that it chooses.
//
// +kubebuilder:metadata:labels="external-secrets.io/component=controller"
// +kubebuilder:resource:scope=Cluster,categories={external-secrets},shortName=ces
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Store",type=string,JSONPath=`.spec.externalSecretSpec.secretStoreRef.name`
// +kubebuilder:printcolumn:name="Refresh Interval",type=string,JSONPath=`.spec.refreshTime`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
type ClusterExternalSecret struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ClusterExternalSecretSpec   `json:"spec,omitempty"`
	Status ClusterExternalSecretStatus `json:"status,omitzero"`
}

// ClusterExternalSecretSpec says what is made, and in which namespaces: those that any of its selectors matches, and those that
// it names.
type ClusterExternalSecretSpec struct {
	// The spec of the ExternalSecrets.
	ExternalSecretSpec ExternalSecretSpec `json:"externalSecretSpec"`

	// The name of the ExternalSecrets. Defaults to that of this object.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	ExternalSecretName string `json:"externalSecretName,omitempty"`

	// The labels and annotations of the ExternalSecrets.
	// +optional
	ExternalSecretMetadata ExternalSecretMetadata `json:"externalSecretMetadata,omitzero"`

	// Chooses namespaces by label. Deprecated: use namespaceSelectors.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`

	// Choose namespaces by label. An empty selector chooses all.
	// +optional
	NamespaceSelectors []*metav1.LabelSelector `json:"namespaceSelectors,omitempty"`

	// Chooses namespaces by name; those that do not exist are passed over. Deprecated: use namespaceSelectors.
	// +optional
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Namespaces []string `json:"namespaces,omitempty"`

	// How often an operator looks at the namespaces again, as a Go duration. A pass looks at them each time.
	// +optional
	RefreshTime string `json:"refreshTime,omitempty"`
}

// ExternalSecretMetadata is what the ExternalSecrets of a ClusterExternalSecret are marked with.
type ExternalSecretMetadata struct {
	// Labels.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// Annotations.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}

// ClusterExternalSecretStatus records the last fan-out.
type ClusterExternalSecretStatus struct {
	// The name that the ExternalSecrets have.
	// +optional
	ExternalSecretName string `json:"externalSecretName,omitempty"`

	// Namespaces where the ExternalSecret is as it should be.
	// +optional
	ProvisionedNamespaces []string `json:"provisionedNamespaces,omitempty"`

	// Namespaces where it is not.
	// +optional
	FailedNamespaces []FailedNamespace `json:"failedNamespaces,omitempty"`

	// Ready tells whether any namespace has failed.
	// +optional
	Conditions []ClusterExternalSecretCondition `json:"conditions,omitempty"`
}

// FailedNamespace is a namespace where an ExternalSecret could not be made, changed or deleted.
type FailedNamespace struct {
	// Name of the namespace.
	Namespace string `json:"namespace"`

	// Why it failed.
	// +optional
	Reason string `json:"reason,omitempty"`
}

// ClusterExternalSecretCondition is one aspect of the state of a ClusterExternalSecret.
type ClusterExternalSecretCondition struct {
	// Type of the condition.
	Type string `json:"type"`

	// True, False or Unknown.
	Status metav1.ConditionStatus `json:"status"`

	// Words for a person.
	// +optional
	Message string `json:"message,omitempty"`
}

// ClusterExternalSecretOf is the name of the ClusterExternalSecret that controls an object; empty if none does.
func ClusterExternalSecretOf(object *metav1.ObjectMeta) string {
	owner := metav1.GetControllerOfNoCopy(object)
	if owner == nil || owner.Kind != KindClusterExternalSecret || !strings.HasPrefix(owner.APIVersion, Group+"/") {
		return ""
	}
	return owner.Name
}
