// Package shape turns what providers answered into the data of a Secret: properties, decoding, keys. It is pure: the same
// answers give the same data, and it makes no request.
package shape

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// maxData is the API server's limit for the values of a Secret, in bytes.
const maxData = 1 << 20

// Entry is one entry of an ExternalSecret's data or dataFrom with what the provider holds for it.
type Entry struct {
	// Path names the entry, such as "spec.data[0]".
	Path string
	// SecretKey is the key it fills; empty for an extract, which brings its own keys.
	SecretKey string
	Remote    *api.RemoteRef
	Payload   secret.Value
}

// Assemble shapes the entries in order, so that a later one wins over an earlier one with the same key. An error names the
// entry and its remote key.
func Assemble(entries []Entry) (map[string]secret.Value, error) {
	data := map[string]secret.Value{}
	size := 0
	for _, entry := range entries {
		values, err := entry.values()
		if err != nil {
			return nil, fmt.Errorf("%s (remote key %q): %w", entry.Path, entry.Remote.Key, err)
		}
		maps.Copy(data, values)
	}
	for _, value := range data {
		size += value.Len()
	}
	if size > maxData {
		return nil, fmt.Errorf("the Secret would hold %d bytes, and a Secret holds at most %d: fetch fewer keys, or split them", size, maxData)
	}
	return data, nil
}

func (e Entry) values() (map[string]secret.Value, error) {
	payload, err := e.Payload, error(nil)
	if e.Remote.Property != "" {
		if payload, err = Property(payload, e.Remote.Property); err != nil {
			return nil, err
		}
	}
	values := map[string]secret.Value{e.SecretKey: payload}
	if e.SecretKey == "" {
		if values, err = Extract(payload); err != nil {
			return nil, err
		}
		if values, err = ConvertKeys(e.Remote.ConversionStrategy, values); err != nil {
			return nil, err
		}
	}
	if err := ValidateKeys(values); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		decoded, err := Decode(e.Remote.DecodingStrategy, values[key])
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", key, err)
		}
		if err := checkNullBytes(e.Remote.NullBytePolicy, decoded); err != nil {
			return nil, fmt.Errorf("key %q: %w", key, err)
		}
		values[key] = decoded
	}
	return values, nil
}
