package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// SecretStoreProvider is spec.provider of a store: an object with one key, the provider's name. The settings under it are
// kept as they came, for the package of that provider to decode; so a store whose provider is not known here survives a
// round trip.
//
// +kubebuilder:validation:Type=object
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:MaxProperties=1
// +kubebuilder:pruning:PreserveUnknownFields
type SecretStoreProvider struct {
	name string
	// Raw is the provider's part of the spec, a JSON value; nil where the store names no provider.
	Raw json.RawMessage
}

// Name is the key under which the provider's settings stand, such as aws or vault; empty where the store names none.
func (p SecretStoreProvider) Name() string { return p.name }

// UnmarshalJSON takes an object with one key. Any other number of keys is an error that lists them; null names no provider.
// Where a file holds the empty name, Name can't tell it from none, so that is an error too.
func (p *SecretStoreProvider) UnmarshalJSON(data []byte) error {
	*p = SecretStoreProvider{}
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(data, &parts); err != nil {
		return fmt.Errorf("read spec.provider: %w", err)
	}
	if len(parts) != 1 {
		return fmt.Errorf("read spec.provider: it must name exactly one provider, and names %q", slices.Sorted(maps.Keys(parts)))
	}
	for name, raw := range parts {
		if name == "" {
			return errors.New("read spec.provider: the provider's name is empty")
		}
		p.name, p.Raw = name, raw
	}
	return nil
}

// MarshalJSON is the inverse of UnmarshalJSON.
func (p SecretStoreProvider) MarshalJSON() ([]byte, error) {
	if p.name == "" {
		return []byte("null"), nil
	}
	data, err := json.Marshal(map[string]json.RawMessage{p.name: p.Raw})
	if err != nil {
		return nil, fmt.Errorf("write spec.provider: %w", err)
	}
	return data, nil
}
