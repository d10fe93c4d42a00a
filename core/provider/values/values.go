// Package values serves values that a person gives in place of what a provider holds. It stands in for any provider, and asks
// nobody.
package values

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

const (
	// versionSign is between a key and its version.
	versionSign = "@"
	// metadataSign is behind a key whose value is the metadata of the remote secret.
	metadataSign = "#metadata"
)

// Values are what the remote secrets hold, by the keys that ExternalSecrets name them with: KEY, or KEY@VERSION. KEY#metadata is
// what the provider knows besides: tags or, as Kubernetes has them, labels and annotations.
type Values map[string]secret.Value

// Parse reads a map in JSON. Texts are taken as they are; numbers, booleans, maps and lists as compact JSON, in which the keys of
// maps are in order and numbers keep their digits. No error quotes a value.
func Parse(text []byte) (Values, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return nil, errors.New("it is not JSON")
	}
	entries, ok := decoded.(map[string]any)
	if !ok {
		return nil, errors.New("it is not a map of remote keys to values")
	}
	values := make(Values, len(entries))
	for key, entry := range entries {
		value, err := valueOf(entry)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", key, err)
		}
		values[key] = value
	}
	return values, nil
}

func valueOf(entry any) (secret.Value, error) {
	switch entry := entry.(type) {
	case nil:
		return secret.Value{}, errors.New("it has no value")
	case string:
		return secret.FromString(entry), nil
	default:
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(entry); err != nil {
			return secret.Value{}, errors.New("it can't be written as JSON")
		}
		return secret.New(bytes.TrimSuffix(text.Bytes(), []byte("\n"))), nil
	}
}

// isSecret tells whether key is that of a remote secret: not of a version of another, nor of its metadata.
func (v Values) isSecret(key string) bool {
	if strings.HasSuffix(key, metadataSign) {
		return false
	}
	at := strings.LastIndex(key, versionSign)
	if at < 0 {
		return true
	}
	_, isVersion := v[key[:at]]
	return !isVersion
}

// tagged tells whether the metadata of a remote secret has all tags, as such or among its labels.
func (v Values) tagged(key string, tags map[string]string) bool {
	if len(tags) == 0 {
		return true
	}
	var metadata map[string]any
	if json.Unmarshal(v[key+metadataSign].Reveal(), &metadata) != nil {
		return false
	}
	labels, _ := metadata["labels"].(map[string]any)
	for name, want := range tags {
		if metadata[name] != want && labels[name] != want {
			return false
		}
	}
	return true
}
