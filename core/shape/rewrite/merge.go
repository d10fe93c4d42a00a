package rewrite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// merge merges the JSON objects that the values are, and makes of the result keys (Extract) or one more value (JSON).
//
// Numbers keep the digits that are stored. External Secrets Operator reads them as float64, so that the results differ for
// integers beyond 2^53 and numbers of more than 17 digits, which lose digits there, and for numbers that are not written in the
// shortest way: 1.50 is 1.5 there, and 1e3 is 1000.
func merge(op *api.RewriteMerge, values map[string]secret.Value) (map[string]secret.Value, error) {
	if err := check(op); err != nil {
		return nil, fmt.Errorf(".merge.%w", err)
	}
	merged, err := collect(op, values)
	if err != nil {
		return nil, fmt.Errorf(".merge: %w", err)
	}
	if op.Strategy != api.RewriteMergeJSON {
		return extract(merged)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(merged); err != nil {
		return nil, errors.New(".merge: the merged object can't be written as JSON")
	}
	size := text.Len()
	for _, value := range values {
		size += value.Len()
	}
	if size > maxValues {
		return nil, fmt.Errorf(".merge: the values would have more than %d bytes", maxValues)
	}
	into := maps.Clone(values)
	into[op.Into] = secret.New(bytes.TrimRight(text.Bytes(), "\n"))
	return into, nil
}

// check refuses policies that there are not. The error begins with the field.
func check(op *api.RewriteMerge) error {
	switch op.Strategy {
	case "", api.RewriteMergeExtract:
	case api.RewriteMergeJSON:
		if op.Into == "" {
			return errors.New("into is missing: it names the key of the merged object under strategy JSON")
		}
	default:
		return fmt.Errorf("strategy %q is none of Extract and JSON", op.Strategy)
	}
	switch op.PriorityPolicy {
	case "", api.RewriteMergePriorityStrict, api.RewriteMergePriorityIgnoreNotFound:
	default:
		return fmt.Errorf("priorityPolicy %q is none of Strict and IgnoreNotFound", op.PriorityPolicy)
	}
	switch op.ConflictPolicy {
	case "", api.RewriteMergeConflictError, api.RewriteMergeConflictIgnore:
		return nil
	default:
		return fmt.Errorf("conflictPolicy %q is none of Error and Ignore", op.ConflictPolicy)
	}
}

// collect merges the top levels of the objects: those without priority in the order of their keys, then those with priority
// in the order given, so that a later one wins.
func collect(op *api.RewriteMerge, values map[string]secret.Value) (map[string]any, error) {
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(values)), func(key string) bool { return slices.Contains(op.Priority, key) })
	merged, from := map[string]any{}, map[string]string{}
	for _, key := range append(keys, op.Priority...) {
		value, ok := values[key]
		switch {
		case !ok && op.PriorityPolicy == api.RewriteMergePriorityIgnoreNotFound:
			continue
		case !ok:
			return nil, fmt.Errorf("priority names key %q, which was not fetched; priorityPolicy IgnoreNotFound allows that", key)
		}
		object, err := decode(value)
		if err != nil {
			return nil, fmt.Errorf("the value of key %q is not a JSON object", key)
		}
		for _, inner := range slices.Sorted(maps.Keys(object)) {
			if other, taken := from[inner]; taken && op.ConflictPolicy != api.RewriteMergeConflictIgnore {
				return nil, fmt.Errorf("the values of keys %q and %q both have %q; conflictPolicy Ignore lets the later one win", other, key, inner)
			}
			from[inner], merged[inner] = key, object[inner]
		}
	}
	return merged, nil
}

// decode reads a JSON object, or null for an empty one, and keeps numbers as they are written.
func decode(value secret.Value) (map[string]any, error) {
	if !json.Valid(value.Reveal()) { // a decoder does not look at what follows
		return nil, errors.New("not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(value.Reveal()))
	decoder.UseNumber()
	var object map[string]any
	return object, decoder.Decode(&object)
}

// extract makes values of the merged keys: text without its quotes, null as empty text, anything else as compact JSON.
func extract(merged map[string]any) (map[string]secret.Value, error) {
	values := make(map[string]secret.Value, len(merged))
	for key, value := range merged {
		switch value := value.(type) {
		case string:
			values[key] = secret.FromString(value)
		case nil:
			values[key] = secret.Value{}
		default:
			text, err := json.Marshal(value)
			if err != nil {
				return nil, fmt.Errorf(".merge: key %q can't be written as JSON", key)
			}
			values[key] = secret.New(text)
		}
	}
	return values, nil
}
