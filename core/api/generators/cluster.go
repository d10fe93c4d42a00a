package generators

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterGenerator is a generator for the ExternalSecrets of every namespace.
//
// +kubebuilder:metadata:labels="external-secrets.io/component=controller"
// +kubebuilder:resource:scope=Cluster,categories={external-secrets,external-secrets-generators}
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
type ClusterGenerator struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec ClusterGeneratorSpec `json:"spec,omitempty"`
}

// ClusterGeneratorSpec wraps the spec of a generator.
type ClusterGeneratorSpec struct {
	// Kind of the generator.
	// +kubebuilder:validation:Enum=ACRAccessToken;BeyondtrustWorkloadCredentialsDynamicSecret;CloudsmithAccessToken;ECRAuthorizationToken;Fake;GCRAccessToken;GithubAccessToken;GitlabDeployToken;Grafana;MFA;Password;QuayAccessToken;SSHKey;STSSessionToken;UUID;VaultDynamicSecret;Webhook
	Kind string `json:"kind"`

	// Its spec, under the field of its kind, such as passwordSpec.
	Generator Spec `json:"generator"`
}

// Spec is the spec of a generator: exactly one of its fields is set, or none where the kind has no type here.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:MaxProperties=1
// +kubebuilder:pruning:PreserveUnknownFields
type Spec struct {
	// Of a Fake.
	// +optional
	Fake *FakeSpec `json:"fakeSpec,omitempty"`

	// Of a Password.
	// +optional
	Password *PasswordSpec `json:"passwordSpec,omitempty"`

	// Of an SSHKey.
	// +optional
	SSHKey *SSHKeySpec `json:"sshKeySpec,omitempty"`

	// Of a UUID.
	// +optional
	UUID *UUIDSpec `json:"uuidSpec,omitempty"`
}
