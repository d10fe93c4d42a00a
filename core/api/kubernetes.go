package api

// KubernetesProvider is spec.provider.kubernetes of a store: the Secrets of one namespace of a cluster. Exactly one of Auth and
// AuthRef tells how to log in.
type KubernetesProvider struct {
	// Where the API server is. Defaults to that of the cluster in which the store is.
	// +optional
	Server KubernetesServer `json:"server,omitzero"`

	// How to log in: one of cert, token and serviceAccount.
	// +optional
	Auth *KubernetesAuth `json:"auth,omitempty"`

	// A kubeconfig in a Secret, in place of server and auth.
	// +optional
	AuthRef *SecretKeySelector `json:"authRef,omitempty"`

	// Namespace of the Secrets.
	// +optional
	// +kubebuilder:default=default
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	RemoteNamespace string `json:"remoteNamespace,omitempty"`
}

// KubernetesServer tells where an API server is and by what it is verified.
type KubernetesServer struct {
	// https URL. The default, kubernetes.default, is the cluster in which the store is, for which no CA is needed.
	// +optional
	// +kubebuilder:default=kubernetes.default
	URL string `json:"url,omitempty"`

	// PEM certificates, in base64, by which the server is verified. Defaults to those of the system.
	// +optional
	CABundle []byte `json:"caBundle,omitempty"`

	// Where the PEM certificates are, in place of caBundle.
	// +optional
	CAProvider *CAProvider `json:"caProvider,omitempty"`
}

// KubernetesAuth tells as whom to log in: exactly one of its fields is set.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:MaxProperties=1
type KubernetesAuth struct {
	// With a client certificate.
	// +optional
	Cert *KubernetesCertAuth `json:"cert,omitempty"`

	// With a token in a Secret.
	// +optional
	Token *KubernetesTokenAuth `json:"token,omitempty"`

	// With a token, of an hour, of a ServiceAccount of the cluster in which the store is.
	// +optional
	ServiceAccount *ServiceAccountSelector `json:"serviceAccount,omitempty"`
}

// KubernetesCertAuth tells where a client certificate is.
type KubernetesCertAuth struct {
	// The certificate, PEM.
	// +optional
	ClientCert SecretKeySelector `json:"clientCert,omitzero"`

	// Its private key, PEM.
	// +optional
	ClientKey SecretKeySelector `json:"clientKey,omitzero"`
}

// KubernetesTokenAuth tells where a token is.
type KubernetesTokenAuth struct {
	// The token.
	// +optional
	BearerToken SecretKeySelector `json:"bearerToken,omitzero"`
}
