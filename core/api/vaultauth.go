package api

// VaultAuth tells how to log in to Vault: one of its fields besides namespace is set. What is not here is refused when it is used.
//
// +kubebuilder:pruning:PreserveUnknownFields
type VaultAuth struct {
	// Namespace to log in to. Defaults to that of the store.
	// +optional
	Namespace *string `json:"namespace,omitempty"`

	// With a token in a Secret.
	// +optional
	TokenSecretRef *SecretKeySelector `json:"tokenSecretRef,omitempty"`

	// With a role id and a secret id.
	// +optional
	AppRole *VaultAppRole `json:"appRole,omitempty"`

	// With a token of a ServiceAccount, which Vault shows to the cluster.
	// +optional
	Kubernetes *VaultKubernetesAuth `json:"kubernetes,omitempty"`

	// With a name and a password that a directory knows.
	// +optional
	LDAP *VaultUserAuth `json:"ldap,omitempty"`

	// With a name and a password that Vault knows.
	// +optional
	UserPass *VaultUserAuth `json:"userPass,omitempty"`

	// With a JSON web token.
	// +optional
	JWT *VaultJWTAuth `json:"jwt,omitempty"`

	// With a client certificate, which is shown as the connection is made.
	// +optional
	Cert *VaultCertAuth `json:"cert,omitempty"`
}

// VaultAppRole logs in by the approle method.
type VaultAppRole struct {
	// Where the method is mounted.
	// +optional
	// +kubebuilder:default=approle
	Path string `json:"path,omitempty"`

	// The role id.
	// +optional
	RoleID string `json:"roleId,omitempty"`

	// Where the role id is, in place of roleId.
	// +optional
	RoleRef *SecretKeySelector `json:"roleRef,omitempty"`

	// The secret id.
	SecretRef SecretKeySelector `json:"secretRef"`
}

// VaultKubernetesAuth logs in by the kubernetes method. Exactly one of ServiceAccountRef and SecretRef is set.
type VaultKubernetesAuth struct {
	// Where the method is mounted.
	// +optional
	// +kubebuilder:default=kubernetes
	Path string `json:"mountPath,omitempty"`

	// Role of the method.
	Role string `json:"role"`

	// ServiceAccount as whom to log in.
	// +optional
	ServiceAccountRef *ServiceAccountSelector `json:"serviceAccountRef,omitempty"`

	// A token of a ServiceAccount. The default key is token.
	// +optional
	SecretRef *SecretKeySelector `json:"secretRef,omitempty"`
}

// VaultUserAuth logs in by the userpass or the ldap method.
type VaultUserAuth struct {
	// Where the method is mounted. Defaults to userpass or ldap.
	// +optional
	Path string `json:"path,omitempty"`

	// Name of the user.
	Username string `json:"username"`

	// The password.
	// +optional
	SecretRef SecretKeySelector `json:"secretRef,omitzero"`
}

// VaultJWTAuth logs in by the jwt method. Exactly one of SecretRef and KubernetesServiceAccountToken is set.
type VaultJWTAuth struct {
	// Where the method is mounted.
	// +optional
	// +kubebuilder:default=jwt
	Path string `json:"path,omitempty"`

	// Role of the method. Defaults to the method's own default.
	// +optional
	Role string `json:"role,omitempty"`

	// The token.
	// +optional
	SecretRef *SecretKeySelector `json:"secretRef,omitempty"`

	// A token of a ServiceAccount, minted for this.
	// +optional
	KubernetesServiceAccountToken *VaultServiceAccountToken `json:"kubernetesServiceAccountToken,omitempty"`
}

// VaultServiceAccountToken tells what token to mint.
type VaultServiceAccountToken struct {
	// ServiceAccount as whom to log in.
	ServiceAccountRef ServiceAccountSelector `json:"serviceAccountRef"`

	// Audiences of the token, besides those of serviceAccountRef. Defaults to vault.
	// +optional
	Audiences []string `json:"audiences,omitempty"`

	// Accepted and not needed: the token is used at once.
	// +optional
	ExpirationSeconds *int64 `json:"expirationSeconds,omitempty"`
}

// VaultCertAuth logs in by the cert method.
type VaultCertAuth struct {
	// Where the method is mounted.
	// +optional
	// +kubebuilder:default=cert
	Path string `json:"path,omitempty"`

	// Role of the method. Without it any role will do that trusts the certificate.
	// +optional
	Role string `json:"vaultRole,omitempty"`

	// The certificate, PEM. The default key is tls.crt.
	// +optional
	ClientCert SecretKeySelector `json:"clientCert,omitzero"`

	// Its private key, PEM. The default key is tls.key.
	// +optional
	SecretRef SecretKeySelector `json:"secretRef,omitzero"`
}
