package api

// FakeProvider is spec.provider.fake of a store: values that stand in the store itself, for trying things out.
type FakeProvider struct {
	// The values. Of two with the same key and version the last counts.
	Data []FakeProviderData `json:"data"`

	// Accepted, and without effect: what the validation of the store is to find.
	// +optional
	ValidationResult *int8 `json:"validationResult,omitempty"`
}

// FakeProviderData is one version of one remote secret.
type FakeProviderData struct {
	// Name of the remote secret.
	Key string `json:"key"`

	// What it holds.
	Value string `json:"value"`

	// Version that a remoteRef must name to get this value. Defaults to none.
	// +optional
	Version string `json:"version,omitempty"`
}
