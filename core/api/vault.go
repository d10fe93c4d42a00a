package api

// VaultProvider is spec.provider.vault of a store: a mount of the key-value engine of HashiCorp Vault.
type VaultProvider struct {
	// URL of the server, such as https://vault.example:8200.
	Server string `json:"server"`

	// Where the key-value engine is mounted, such as secret. Without it, each remote key begins with the mount.
	// +optional
	Path *string `json:"path,omitempty"`

	// Version of the key-value engine at that mount.
	// +optional
	// +kubebuilder:default=v2
	Version VaultKVStoreVersion `json:"version,omitempty"`

	// Namespace of Vault Enterprise.
	// +optional
	Namespace *string `json:"namespace,omitempty"`

	// How to log in. Without it none is sent, for a proxy that adds a token.
	// +optional
	Auth *VaultAuth `json:"auth,omitempty"`

	// PEM certificates, in base64, by which the server is verified. Defaults to those of the system.
	// +optional
	CABundle []byte `json:"caBundle,omitempty"`

	// Where the PEM certificates are, in place of caBundle.
	// +optional
	CAProvider *CAProvider `json:"caProvider,omitempty"`

	// A client certificate, for a server that demands one.
	// +optional
	ClientTLS VaultClientTLS `json:"tls,omitzero"`

	// Further headers of each request.
	// +optional
	Headers map[string]string `json:"headers,omitempty"`

	// Read only what is as new as the login.
	// +optional
	ReadYourWrites bool `json:"readYourWrites,omitempty"`

	// Have a server that is behind ask the active one.
	// +optional
	ForwardInconsistent bool `json:"forwardInconsistent,omitempty"`

	// Concerns writing only.
	// +optional
	CheckAndSet *VaultCheckAndSet `json:"checkAndSet,omitempty"`
}

// VaultKVStoreVersion is a version of the key-value engine.
//
// +kubebuilder:validation:Enum=v1;v2
type VaultKVStoreVersion string

// The versions of the key-value engine; empty means VaultKVStoreV2.
const (
	VaultKVStoreV1 VaultKVStoreVersion = "v1"
	VaultKVStoreV2 VaultKVStoreVersion = "v2"
)

// VaultClientTLS tells where a client certificate is.
type VaultClientTLS struct {
	// The certificate, PEM. The default key is tls.crt.
	// +optional
	CertSecretRef *SecretKeySelector `json:"certSecretRef,omitempty"`

	// Its private key, PEM. The default key is tls.key.
	// +optional
	KeySecretRef *SecretKeySelector `json:"keySecretRef,omitempty"`
}

// VaultCheckAndSet has no effect on reading.
type VaultCheckAndSet struct {
	// Writes name the version that they replace.
	// +optional
	Required bool `json:"required,omitempty"`
}
