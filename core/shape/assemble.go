// Package shape turns what providers answered into the data of a Secret: properties, decoding, keys. It is pure: the same
// answers give the same data, and it makes no request.
package shape

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/rewrite"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// maxData is the API server's limit for the values of a Secret, in bytes.
const maxData = 1 << 20

// Entry is one entry of an ExternalSecret's data or dataFrom with what the provider holds for it.
type Entry struct {
	// Path names the entry, such as "spec.data[0]".
	Path string
	// SecretKey is the key it fills; empty for an entry of dataFrom, which brings its own keys.
	SecretKey string
	// Remote is the remoteRef or extract whose Payload the provider holds; nil for a search.
	Remote  *api.RemoteRef
	Payload secret.Value
	// Parts are those of a remote secret that is a map by nature, byte for byte; nil for any other. What property and extract take
	// is taken from them.
	Parts map[string]secret.Value
	// Find is the search that came upon Found, values by the names of the remote secrets.
	Find  *api.Find
	Found map[string]secret.Value
	// Made is what a generator has made up, by key; nil for what a provider holds.
	Made map[string]secret.Value
	// Rewrite changes the keys of an entry of dataFrom.
	Rewrite []api.Rewrite
}

// Assemble shapes the entries in order, so that a later one wins over an earlier one with the same key. final tells that what
// comes out becomes the data of a Secret as it is, whose rules it has to keep then; a template may make something else of it. An
// error names the entry and its remote key.
func Assemble(entries []Entry, final bool) (map[string]secret.Value, error) {
	data := map[string]secret.Value{}
	size := 0
	for _, entry := range entries {
		values, err := entry.values(final)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.place(), err)
		}
		maps.Copy(data, values)
	}
	for _, value := range data {
		size += value.Len()
	}
	if final && size > maxData {
		return nil, trace.At(trace.Target,
			fmt.Errorf("the Secret would hold %d bytes, and a Secret holds at most %d: fetch fewer keys, or split them", size, maxData))
	}
	return data, nil
}

// place names the entry for an error.
func (e Entry) place() string {
	if e.Made != nil {
		return e.Path + ".sourceRef.generatorRef"
	}
	if e.Remote == nil {
		return e.Path + ".find"
	}
	return fmt.Sprintf("%s (remote key %q)", e.Path, e.Remote.Key)
}

// values shapes one entry: its keys are rewritten or, where nothing says how, converted; then they are checked, and the
// values decoded. Those that a generator made are neither converted nor decoded.
func (e Entry) values(final bool) (map[string]secret.Value, error) {
	values, strategies, err := e.raw()
	if err != nil {
		return nil, trace.At(trace.Property, err)
	}
	switch {
	case len(e.Rewrite) > 0:
		values, err = rewrite.Apply(e.Rewrite, values)
	case e.SecretKey == "" && e.Made == nil:
		values, err = ConvertKeys(strategies.conversion, values)
	}
	if err == nil {
		err = ValidateKeys(values, final)
	}
	if err != nil {
		return nil, trace.At(trace.Rewrite, err)
	}
	if e.Made != nil {
		return values, nil
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		decoded, err := Decode(strategies.decoding, values[key])
		if err != nil {
			return nil, trace.At(trace.Decoding, fmt.Errorf("key %q: %w", key, err))
		}
		if err := checkNullBytes(strategies.nullBytes, decoded); err != nil {
			return nil, trace.At(trace.Decoding, fmt.Errorf("key %q: %w", key, err))
		}
		values[key] = decoded
	}
	return values, nil
}

// strategies say what becomes of keys and values.
type strategies struct {
	conversion api.ConversionStrategy
	decoding   api.DecodingStrategy
	nullBytes  api.NullBytePolicy
}

// raw is what the entry brings before anything is done to it.
func (e Entry) raw() (map[string]secret.Value, strategies, error) {
	if e.Made != nil {
		return maps.Clone(e.Made), strategies{}, nil
	}
	if e.Remote == nil {
		return maps.Clone(e.Found), strategies{e.Find.ConversionStrategy, e.Find.DecodingStrategy, e.Find.NullBytePolicy}, nil
	}
	chosen := strategies{e.Remote.ConversionStrategy, e.Remote.DecodingStrategy, e.Remote.NullBytePolicy}
	payload, err := e.Payload, error(nil)
	if e.Remote.Property != "" {
		if payload, err = e.property(); err != nil {
			return nil, chosen, err
		}
	}
	if e.SecretKey != "" {
		return map[string]secret.Value{e.SecretKey: payload}, chosen, nil
	}
	if e.Parts != nil && e.Remote.Property == "" {
		return maps.Clone(e.Parts), chosen, nil
	}
	values, err := Extract(payload)
	return values, chosen, err
}

func (e Entry) property() (secret.Value, error) {
	if e.Parts != nil {
		return PropertyOfParts(e.Parts, e.Remote.Property)
	}
	return Property(e.Payload, e.Remote.Property)
}
