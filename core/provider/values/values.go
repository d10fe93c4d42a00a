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

// versionSign is between a key and its version.
const versionSign = "@"

// Values are what the remote secrets hold, by the keys that ExternalSecrets name them with: KEY, or KEY@VERSION.
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

// isVersion tells whether key is that of a version of another.
func (v Values) isVersion(key string) bool {
	at := strings.LastIndex(key, versionSign)
	if at < 0 {
		return false
	}
	_, ok := v[key[:at]]
	return ok
}
