package api

// Data puts one remote value under one key of the Secret.
type Data struct {
	// Key of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	SecretKey string `json:"secretKey"`

	// Where the value is.
	RemoteRef RemoteRef `json:"remoteRef"`

	// A store other than secretStoreRef.
	// +optional
	SourceRef *SourceRef `json:"sourceRef,omitempty"`
}

// RemoteRef names a value at the provider.
type RemoteRef struct {
	// Name of the remote secret.
	Key string `json:"key"`

	// Fetch the tags or labels of the remote secret instead of its value.
	// +optional
	MetadataPolicy MetadataPolicy `json:"metadataPolicy,omitempty"`

	// Part of the remote secret, where that is JSON.
	// +optional
	Property string `json:"property,omitempty"`

	// Version of the remote secret. Defaults to the current one.
	// +optional
	Version string `json:"version,omitempty"`

	// What becomes of key characters that a Secret can't have. No effect in data.
	// +optional
	ConversionStrategy ConversionStrategy `json:"conversionStrategy,omitempty"`

	// How to decode the value.
	// +optional
	DecodingStrategy DecodingStrategy `json:"decodingStrategy,omitempty"`

	// Whether a value may hold NUL bytes.
	// +optional
	NullBytePolicy NullBytePolicy `json:"nullBytePolicy,omitempty"`
}

// MetadataPolicy chooses between a remote secret's value and what is noted about it.
//
// +kubebuilder:validation:Enum=None;Fetch
type MetadataPolicy string

// The metadata policies; empty means MetadataPolicyNone.
const (
	MetadataPolicyNone  MetadataPolicy = "None"
	MetadataPolicyFetch MetadataPolicy = "Fetch"
)

// ConversionStrategy tells what becomes of each rune that a key of a Secret can't have.
//
// +kubebuilder:validation:Enum=Default;Unicode
type ConversionStrategy string

// The conversion strategies; empty means ConversionStrategyDefault.
const (
	// ConversionStrategyDefault writes an underscore.
	ConversionStrategyDefault ConversionStrategy = "Default"
	// ConversionStrategyUnicode writes _Uhhhh_, the code point in hexadecimal.
	ConversionStrategyUnicode ConversionStrategy = "Unicode"
)

// DecodingStrategy tells how the text of a value was encoded.
//
// +kubebuilder:validation:Enum=Auto;Base64;Base64URL;None
type DecodingStrategy string

// The decoding strategies; empty means DecodingStrategyNone.
const (
	DecodingStrategyNone      DecodingStrategy = "None"
	DecodingStrategyBase64    DecodingStrategy = "Base64"
	DecodingStrategyBase64URL DecodingStrategy = "Base64URL"
	// DecodingStrategyAuto tries Base64, then Base64URL, and keeps what is neither.
	DecodingStrategyAuto DecodingStrategy = "Auto"
)

// NullBytePolicy tells whether a value may hold NUL bytes.
//
// +kubebuilder:validation:Enum=Ignore;Fail
type NullBytePolicy string

// The null byte policies; empty means NullBytePolicyIgnore.
const (
	NullBytePolicyIgnore NullBytePolicy = "Ignore"
	NullBytePolicyFail   NullBytePolicy = "Fail"
)
