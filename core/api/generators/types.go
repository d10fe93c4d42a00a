package generators

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Password makes random passwords.
//
// +kubebuilder:metadata:labels="external-secrets.io/component=controller"
// +kubebuilder:resource:scope=Namespaced,categories={external-secrets,external-secrets-generators}
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
type Password struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec PasswordSpec `json:"spec,omitempty"`
}

// PasswordSpec says what the passwords are made of.
type PasswordSpec struct {
	// How many characters. Defaults to 24.
	// +optional
	// +kubebuilder:default=24
	Length int `json:"length,omitempty"`

	// How many of them are digits. Defaults to a quarter of length.
	// +optional
	Digits *int `json:"digits,omitempty"`

	// How many of them are symbols. Defaults to a quarter of length.
	// +optional
	Symbols *int `json:"symbols,omitempty"`

	// The symbols to choose from. Defaults to those of an ASCII keyboard but for ' and ;.
	// +optional
	SymbolCharacters *string `json:"symbolCharacters,omitempty"`

	// No upper-case letters.
	// +optional
	// +kubebuilder:default=false
	NoUpper bool `json:"noUpper,omitempty"`

	// Lets a character occur more than once.
	// +optional
	// +kubebuilder:default=false
	AllowRepeat bool `json:"allowRepeat,omitempty"`

	// How a password is encoded when it is complete: raw (default), base64, base64url, base32 or hex.
	// +optional
	// +kubebuilder:default=raw
	// +kubebuilder:validation:Enum=base64;base64url;base32;hex;raw
	Encoding string `json:"encoding,omitempty"`

	// The keys that get a password each. Defaults to one, password.
	// +optional
	// +kubebuilder:validation:MinItems=1
	SecretKeys []string `json:"secretKeys,omitempty"`
}

// UUID makes a random UUID, of version 4, under the key uuid.
//
// +kubebuilder:metadata:labels="external-secrets.io/component=controller"
// +kubebuilder:resource:scope=Namespaced,categories={external-secrets,external-secrets-generators}
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
type UUID struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec UUIDSpec `json:"spec,omitempty"`
}

// UUIDSpec has nothing to say.
type UUIDSpec struct{}

// Fake gives the values that stand in it, for trying things out.
//
// +kubebuilder:metadata:labels="external-secrets.io/component=controller"
// +kubebuilder:resource:scope=Namespaced,categories={external-secrets,external-secrets-generators}
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
type Fake struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec FakeSpec `json:"spec,omitempty"`
}

// FakeSpec holds the values.
type FakeSpec struct {
	// Class of controller that serves this generator; empty means any.
	// +optional
	Controller string `json:"controller,omitempty"`

	// The values, by key.
	// +optional
	Data map[string]string `json:"data,omitempty"`
}

// SSHKey makes a key pair for SSH, under the keys privateKey and publicKey.
//
// +kubebuilder:metadata:labels="external-secrets.io/component=controller"
// +kubebuilder:resource:scope=Namespaced,categories={external-secrets,external-secrets-generators}
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
type SSHKey struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec SSHKeySpec `json:"spec,omitempty"`
}

// SSHKeySpec says which kind of key.
type SSHKeySpec struct {
	// rsa (default), ecdsa or ed25519.
	// +optional
	// +kubebuilder:default=rsa
	// +kubebuilder:validation:Enum=rsa;ecdsa;ed25519
	KeyType string `json:"keyType,omitempty"`

	// Bits: of rsa 1024 to 8192, default 2048; of ecdsa 256 (default), 384 or 521. Without effect on ed25519.
	// +optional
	// +kubebuilder:validation:Minimum=256
	// +kubebuilder:validation:Maximum=8192
	KeySize *int `json:"keySize,omitempty"`

	// Comment in both keys, such as whose they are.
	// +optional
	Comment string `json:"comment,omitempty"`
}
