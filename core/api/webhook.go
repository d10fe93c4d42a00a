package api

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// WebhookProvider is spec.provider.webhook of a store: an HTTP API that is asked for each secret. Url, headers, body and
// result.jsonPath are templates over .remoteRef and the Secrets of Secrets.
type WebhookProvider struct {
	// HTTP method. Defaults to GET.
	// +optional
	Method string `json:"method,omitempty"`

	// http or https URL, a template in which the texts of .remoteRef are escaped.
	URL string `json:"url"`

	// Headers of the request, whose values are templates.
	// +optional
	Headers map[string]string `json:"headers,omitempty"`

	// Not supported: put what the server asks for into headers.
	// +optional
	Auth *WebhookAuth `json:"auth,omitempty"`

	// Body of the request, a template.
	// +optional
	Body string `json:"body,omitempty"`

	// How long a request may take, as a Go duration such as 10s. Defaults to 30s.
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// What of the answer is the secret.
	Result WebhookResult `json:"result"`

	// Secrets for the templates.
	// +optional
	Secrets []WebhookSecret `json:"secrets,omitempty"`

	// PEM certificates, in base64, by which the server is verified. Defaults to those of the system.
	// +optional
	CABundle []byte `json:"caBundle,omitempty"`

	// Where the PEM certificates are, in place of caBundle.
	// +optional
	CAProvider *CAProvider `json:"caProvider,omitempty"`
}

// WebhookAuth is a protocol by which to log in: exactly one of its fields is set.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:MaxProperties=1
type WebhookAuth struct {
	// NTLM, with a user name and a password.
	// +optional
	NTLM *WebhookNTLM `json:"ntlm,omitempty"`
}

// WebhookNTLM tells where the user name and the password for NTLM are.
type WebhookNTLM struct {
	// The user name.
	UserName SecretKeySelector `json:"usernameSecret"`

	// The password.
	Password SecretKeySelector `json:"passwordSecret"`
}

// WebhookResult tells what of an answer is the secret.
type WebhookResult struct {
	// JSONPath such as $.data.value, a template. Defaults to the whole answer.
	// +optional
	JSONPath string `json:"jsonPath,omitempty"`
}

// WebhookSecret is a Secret that templates can use.
type WebhookSecret struct {
	// What templates call it: that of name auth gives {{ .auth.KEY }}.
	Name string `json:"name"`

	// The Secret, of which templates see every key. A ClusterSecretStore must name its namespace.
	SecretRef SecretKeySelector `json:"secretRef"`
}
