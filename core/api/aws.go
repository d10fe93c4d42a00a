package api

// AWSProvider is spec.provider.aws of a store.
type AWSProvider struct {
	// Service that holds the secrets.
	Service AWSService `json:"service"`

	// Region of the service, such as eu-central-1.
	Region string `json:"region"`

	// How to log in. Defaults to the identity of the Pod that runs.
	// +optional
	Auth AWSAuth `json:"auth,omitzero"`

	// ARN of the role to assume after login.
	// +optional
	Role string `json:"role,omitempty"`

	// ARNs of roles to assume before role, in this order.
	// +optional
	AdditionalRoles []string `json:"additionalRoles,omitempty"`

	// External ID that role asks for.
	// +optional
	ExternalID string `json:"externalID,omitempty"`

	// Session tags for role.
	// +optional
	SessionTags []AWSTag `json:"sessionTags,omitempty"`

	// Keys of session tags that pass on to further roles.
	// +optional
	TransitiveTagKeys []string `json:"transitiveTagKeys,omitempty"`

	// None (default): only sessionTags. Simple: tags esoNamespace, esoStoreName and esoStoreKind instead. Custom: those and
	// customSessionTags.
	// +optional
	// +kubebuilder:default=None
	SessionTagsPolicy AWSSessionTagsPolicy `json:"sessionTagsPolicy,omitempty"`

	// Session tags of the policy Custom.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!('esoNamespace' in self) && !('esoStoreName' in self) && !('esoStoreKind' in self)",message="esoNamespace, esoStoreName and esoStoreKind are set by the policy itself"
	CustomSessionTags map[string]string `json:"customSessionTags,omitempty"`

	// Put before each key.
	// +optional
	Prefix string `json:"prefix,omitempty"`

	// Settings for pushing secrets.
	// +optional
	SecretsManager *AWSSecretsManager `json:"secretsManager,omitempty"`
}

// AWSService names a service that holds secrets.
//
// +kubebuilder:validation:Enum=SecretsManager;ParameterStore;CertificateManager
type AWSService string

// The AWS services.
const (
	AWSSecretsManagerService     AWSService = "SecretsManager"
	AWSParameterStoreService     AWSService = "ParameterStore"
	AWSCertificateManagerService AWSService = "CertificateManager"
)

// AWSAuth tells as whom to log in; where both are set, JWT wins.
type AWSAuth struct {
	// Access keys kept in Secrets.
	// +optional
	SecretRef *AWSSecretRef `json:"secretRef,omitempty"`

	// A Kubernetes identity.
	// +optional
	JWT *AWSJWT `json:"jwt,omitempty"`
}

// AWSSecretRef tells where access keys are.
type AWSSecretRef struct {
	// The access key id.
	// +optional
	AccessKeyID *SecretKeySelector `json:"accessKeyIDSecretRef,omitempty"`

	// The secret access key.
	// +optional
	SecretAccessKey *SecretKeySelector `json:"secretAccessKeySecretRef,omitempty"`

	// The session token, which temporary keys need.
	// +optional
	SessionToken *SecretKeySelector `json:"sessionTokenSecretRef,omitempty"`
}

// AWSJWT logs in with a token of a ServiceAccount.
type AWSJWT struct {
	// ServiceAccount whose annotation eks.amazonaws.com/role-arn names the role.
	// +optional
	ServiceAccountRef *ServiceAccountSelector `json:"serviceAccountRef,omitempty"`

	// Must be empty: it stands for the identity of the Pod that runs. A token does not belong in a manifest.
	// +optional
	// +kubebuilder:validation:MaxLength=0
	ServiceAccountToken string `json:"serviceAccountToken,omitempty"`
}

// AWSTag is a session tag.
type AWSTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// AWSSessionTagsPolicy tells which session tags a role gets.
//
// +kubebuilder:validation:Enum=None;Simple;Custom
type AWSSessionTagsPolicy string

// The session tag policies; empty means AWSSessionTagsNone.
const (
	AWSSessionTagsNone   AWSSessionTagsPolicy = "None"
	AWSSessionTagsSimple AWSSessionTagsPolicy = "Simple"
	AWSSessionTagsCustom AWSSessionTagsPolicy = "Custom"
)

// AWSSecretsManager has the settings for deleting secrets that were pushed.
type AWSSecretsManager struct {
	// Delete at once, without a recovery window.
	// +optional
	ForceDeleteWithoutRecovery bool `json:"forceDeleteWithoutRecovery,omitempty"`

	// Days, 7 to 30, in which a deleted secret can be recovered.
	// +optional
	RecoveryWindowInDays int64 `json:"recoveryWindowInDays,omitempty"`
}
