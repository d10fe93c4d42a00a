package api

// GCPSMProvider is spec.provider.gcpsm of a store: Google Secret Manager.
type GCPSMProvider struct {
	// How to log in. Without it, as the process that reads: its application default credentials.
	// +optional
	Auth GCPSMAuth `json:"auth,omitzero"`

	// Project of the secrets. Defaults to that of the cluster, where the metadata server tells it.
	// +optional
	ProjectID string `json:"projectID,omitempty"`

	// Location of the secrets, such as europe-west3. Without it they are global.
	// +optional
	Location string `json:"location,omitempty"`

	// What an entry without a version means where the latest one is disabled or destroyed: LatestOrFail is an error, LatestOrFetch
	// takes the newest that is enabled.
	// +optional
	// +kubebuilder:default=LatestOrFail
	SecretVersionSelectionPolicy SecretVersionSelectionPolicy `json:"secretVersionSelectionPolicy,omitempty"`
}

// SecretVersionSelectionPolicy tells which version of a secret is taken where none is named.
//
// +kubebuilder:validation:Enum=LatestOrFail;LatestOrFetch
type SecretVersionSelectionPolicy string

// The ways of choosing a version; empty means SecretVersionLatestOrFail.
const (
	SecretVersionLatestOrFail  SecretVersionSelectionPolicy = "LatestOrFail"
	SecretVersionLatestOrFetch SecretVersionSelectionPolicy = "LatestOrFetch"
)

// GCPSMAuth tells as whom to log in: at most one of its fields is set.
type GCPSMAuth struct {
	// With the key of a service account of Google.
	// +optional
	SecretRef *GCPSMAuthSecretRef `json:"secretRef,omitempty"`

	// As a ServiceAccount of a cluster of GKE.
	// +optional
	WorkloadIdentity *GCPWorkloadIdentity `json:"workloadIdentity,omitempty"`

	// As a ServiceAccount of any cluster that a workload identity pool trusts.
	// +optional
	WorkloadIdentityFederation *GCPWorkloadIdentityFederation `json:"workloadIdentityFederation,omitempty"`
}

// GCPSMAuthSecretRef tells where a key is.
type GCPSMAuthSecretRef struct {
	// The key, JSON as Google gives it out.
	// +optional
	SecretAccessKey SecretKeySelector `json:"secretAccessKeySecretRef,omitzero"`
}

// GCPWorkloadIdentity tells of which cluster a ServiceAccount is.
type GCPWorkloadIdentity struct {
	// ServiceAccount as whom to log in. The annotation iam.gke.io/gcp-service-account names the service account of Google that it
	// then acts as.
	ServiceAccountRef ServiceAccountSelector `json:"serviceAccountRef"`

	// Location of the cluster. The metadata server tells it, where there is one.
	// +optional
	ClusterLocation string `json:"clusterLocation,omitempty"`

	// Name of the cluster. The metadata server tells it, where there is one.
	// +optional
	ClusterName string `json:"clusterName,omitempty"`

	// Project of the cluster. Defaults to projectID, or else to what the metadata server tells.
	// +optional
	ClusterProjectID string `json:"clusterProjectID,omitempty"`
}

// GCPWorkloadIdentityFederation tells which provider of a workload identity pool trusts whom. Exactly one of ServiceAccountRef,
// CredConfig and AWSSecurityCredentials is set; the latter two are refused when they are used.
type GCPWorkloadIdentityFederation struct {
	// ServiceAccount as whom to log in. The annotation iam.gke.io/gcp-service-account names the service account of Google that it
	// then acts as.
	// +optional
	ServiceAccountRef *ServiceAccountSelector `json:"serviceAccountRef,omitempty"`

	// The provider, such as //iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/POOL/providers/PROVIDER.
	// +optional
	Audience string `json:"audience,omitempty"`

	// Not supported: use serviceAccountRef.
	// +optional
	CredConfig *GCPConfigMapReference `json:"credConfig,omitempty"`

	// Not supported: use serviceAccountRef.
	// +optional
	AWSSecurityCredentials *GCPAWSCredentials `json:"awsSecurityCredentials,omitempty"`

	// Concerns credConfig only.
	// +optional
	ExternalTokenEndpoint string `json:"externalTokenEndpoint,omitempty"`
}

// GCPConfigMapReference names a key of a ConfigMap.
type GCPConfigMapReference struct {
	// Name of the ConfigMap.
	Name string `json:"name"`

	// Namespace of the ConfigMap.
	// +optional
	Namespace string `json:"namespace,omitempty"`

	// Key within the ConfigMap.
	Key string `json:"key"`
}

// GCPAWSCredentials tells where access keys of AWS are.
type GCPAWSCredentials struct {
	// Region of AWS.
	Region string `json:"region"`

	// Secret with the access key.
	AWSCredentialsSecretRef GCPSecretReference `json:"awsCredentialsSecretRef"`
}

// GCPSecretReference names a Secret.
type GCPSecretReference struct {
	// Name of the Secret.
	Name string `json:"name"`

	// Namespace of the Secret.
	// +optional
	Namespace string `json:"namespace,omitempty"`
}
