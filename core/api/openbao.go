package api

// OpenBaoProvider is spec.provider.openBao of a store: a mount of the key-value engine of OpenBao.
type OpenBaoProvider struct {
	// URL of the server, such as https://openbao.example:8200.
	Server string `json:"server"`

	// Where the key-value engine is mounted, such as secret. Without it, each remote key begins with the mount.
	// +optional
	Path *string `json:"path,omitempty"`

	// Version of the key-value engine at that mount.
	// +optional
	// +kubebuilder:default=v2
	Version VaultKVStoreVersion `json:"version,omitempty"`

	// Namespace of OpenBao.
	// +optional
	Namespace *string `json:"namespace,omitempty"`

	// How to log in. Without it none is sent, for a proxy that adds a token.
	// +optional
	Auth *OpenBaoAuth `json:"auth,omitempty"`

	// PEM certificates, in base64, by which the server is verified. Defaults to those of the system.
	// +optional
	CABundle []byte `json:"caBundle,omitempty"`

	// Where the PEM certificates are, in place of caBundle.
	// +optional
	CAProvider *CAProvider `json:"caProvider,omitempty"`
}

// OpenBaoAuth tells how to log in to OpenBao: one of its fields besides namespace is set.
type OpenBaoAuth struct {
	// Namespace to log in to. Defaults to that of the store.
	// +optional
	Namespace *string `json:"namespace,omitempty"`

	// With a token in a Secret.
	// +optional
	TokenSecretRef *SecretKeySelector `json:"tokenSecretRef,omitempty"`

	// With a role id and a secret id.
	// +optional
	AppRole *VaultAppRole `json:"appRole,omitempty"`

	// With a token of a ServiceAccount, which OpenBao shows to the cluster.
	// +optional
	Kubernetes *OpenBaoKubernetesAuth `json:"kubernetes,omitempty"`

	// With a name and a password that OpenBao knows.
	// +optional
	UserPass *VaultUserAuth `json:"userPass,omitempty"`
}

// OpenBaoKubernetesAuth logs in by the kubernetes method. Exactly one of ServiceAccountRef and SecretRef is set.
type OpenBaoKubernetesAuth struct {
	// Where the method is mounted.
	// +optional
	// +kubebuilder:default=kubernetes
	Path string `json:"path,omitempty"`

	// Role of the method.
	Role string `json:"role"`

	// ServiceAccount as whom to log in.
	// +optional
	ServiceAccountRef *ServiceAccountSelector `json:"serviceAccountRef,omitempty"`

	// A token of a ServiceAccount. The default key is token.
	// +optional
	SecretRef *SecretKeySelector `json:"secretRef,omitempty"`
}
