package api

// AzureKVProvider is spec.provider.azurekv of a store: an Azure Key Vault.
type AzureKVProvider struct {
	// How to log in.
	// +optional
	// +kubebuilder:default=ServicePrincipal
	AuthType AzureAuthType `json:"authType,omitempty"`

	// URL of the key vault, such as https://my-vault.vault.azure.net.
	VaultURL string `json:"vaultUrl"`

	// Tenant of Microsoft Entra ID in which the identity is.
	// +optional
	TenantID *string `json:"tenantId,omitempty"`

	// The cloud that the key vault is in.
	// +optional
	// +kubebuilder:default=PublicCloud
	EnvironmentType AzureEnvironmentType `json:"environmentType,omitempty"`

	// Where the parts of the identity are: for ServicePrincipal all of them, for WorkloadIdentity those that are nowhere else.
	// +optional
	AuthSecretRef *AzureKVAuth `json:"authSecretRef,omitempty"`

	// ServiceAccount as which to log in, for WorkloadIdentity. Without it the identity is that of whoever reads.
	// +optional
	ServiceAccountRef *ServiceAccountSelector `json:"serviceAccountRef,omitempty"`

	// Client id of a managed identity. Defaults to the only one there is.
	// +optional
	IdentityID *string `json:"identityId,omitempty"`

	// Decides what metadata and keys look like, as it does in External Secrets Operator.
	// +optional
	// +kubebuilder:default=false
	UseAzureSDK bool `json:"useAzureSDK,omitempty"`

	// Endpoints of a cloud of one's own.
	// +optional
	CustomCloudConfig *AzureCustomCloudConfig `json:"customCloudConfig,omitempty"`
}

// AzureAuthType is a way of logging in to Microsoft Entra ID.
//
// +kubebuilder:validation:Enum=ServicePrincipal;ManagedIdentity;WorkloadIdentity
type AzureAuthType string

// The ways of logging in; empty means AzureServicePrincipal.
const (
	AzureServicePrincipal AzureAuthType = "ServicePrincipal"
	AzureManagedIdentity  AzureAuthType = "ManagedIdentity"
	AzureWorkloadIdentity AzureAuthType = "WorkloadIdentity"
)

// AzureEnvironmentType is one of Microsoft's clouds, or one of one's own.
//
// +kubebuilder:validation:Enum=PublicCloud;USGovernmentCloud;ChinaCloud;GermanCloud;AzureStackCloud
type AzureEnvironmentType string

// The clouds; empty means AzurePublicCloud.
const (
	AzurePublicCloud       AzureEnvironmentType = "PublicCloud"
	AzureUSGovernmentCloud AzureEnvironmentType = "USGovernmentCloud"
	AzureChinaCloud        AzureEnvironmentType = "ChinaCloud"
	AzureGermanCloud       AzureEnvironmentType = "GermanCloud"
	AzureStackCloud        AzureEnvironmentType = "AzureStackCloud"
)

// AzureKVAuth tells where the parts of an identity are.
type AzureKVAuth struct {
	// The client id of the application or managed identity.
	// +optional
	ClientID *SecretKeySelector `json:"clientId,omitempty"`

	// The tenant id.
	// +optional
	TenantID *SecretKeySelector `json:"tenantId,omitempty"`

	// The client secret, or else clientCertificate.
	// +optional
	ClientSecret *SecretKeySelector `json:"clientSecret,omitempty"`

	// A certificate with its private key: PEM, or PKCS#12 without a password.
	// +optional
	ClientCertificate *SecretKeySelector `json:"clientCertificate,omitempty"`
}

// AzureCustomCloudConfig tells where a cloud is that is none of Microsoft's own.
type AzureCustomCloudConfig struct {
	// Where to log in.
	ActiveDirectoryEndpoint string `json:"activeDirectoryEndpoint"`

	// What key vaults are as a resource, such as https://vault.local.azurestack.external. Its host is that of which the key vaults' hosts
	// are subdomains, unless keyVaultDNSSuffix says so.
	// +optional
	KeyVaultEndpoint *string `json:"keyVaultEndpoint,omitempty"`

	// What the hosts of key vaults end with, such as vault.local.azurestack.external.
	// +optional
	KeyVaultDNSSuffix *string `json:"keyVaultDNSSuffix,omitempty"`

	// Has no part in reading secrets.
	// +optional
	ResourceManagerEndpoint *string `json:"resourceManagerEndpoint,omitempty"`

	// Audience of the tokens of service accounts. Defaults to api://AzureADTokenExchange.
	// +optional
	Audience *string `json:"audience,omitempty"`
}
