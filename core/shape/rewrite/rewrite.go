// Package rewrite changes the keys of what a dataFrom entry fetched: by a regular expression, by a template, or by merging the
// JSON objects that the values are. It is pure, it runs before keys are converted and checked, and its errors name the
// operation and keys, never values.
package rewrite

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

const (
	// maxOperations is the limit for the operations of an entry.
	maxOperations = 100
	// longestKey is the limit for a key between two operations, in bytes. What a Secret takes is checked afterwards.
	longestKey = 8 << 10
	// maxValues is the limit for all values together where a merge adds one, in bytes.
	maxValues = 16 << 20
)

// Apply runs the operations in order and returns the values under their new keys; values itself is left as it is. An error
// begins with the operation and its field, such as "rewrite[1].regexp.source", which the caller puts its own path before.
func Apply(ops []api.Rewrite, values map[string]secret.Value) (map[string]secret.Value, error) {
	if len(ops) > maxOperations {
		return nil, fmt.Errorf("rewrite has at most %d operations, and this one %d", maxOperations, len(ops))
	}
	e := engine.New()
	values = maps.Clone(values)
	for i, op := range ops {
		var err error
		if values, err = apply(e, op, values); err != nil {
			return nil, fmt.Errorf("rewrite[%d]%w", i, err)
		}
	}
	return values, nil
}

// apply runs one operation. The error begins with the field, so that it can follow the operation's index.
func apply(e *engine.Engine, op api.Rewrite, values map[string]secret.Value) (map[string]secret.Value, error) {
	switch {
	case op.Merge != nil && op.Regexp == nil && op.Transform == nil:
		return merge(op.Merge, values)
	case op.Regexp != nil && op.Merge == nil && op.Transform == nil:
		return replace(e, op.Regexp, values)
	case op.Transform != nil && op.Merge == nil && op.Regexp == nil:
		return transform(e, op.Transform, values)
	default:
		return nil, errors.New(" has not exactly one of merge, regexp and transform")
	}
}

// replace renames keys by a regular expression.
func replace(e *engine.Engine, op *api.RewriteRegexp, values map[string]secret.Value) (map[string]secret.Value, error) {
	pattern, err := e.Regexp(op.Source)
	if err != nil {
		return nil, fmt.Errorf(".regexp.source: %w", err)
	}
	if err := pattern.CheckReplacement(op.Target); err != nil {
		return nil, fmt.Errorf(".regexp.target: %w", err)
	}
	renamed, err := rename(values, func(key string) (string, error) { return pattern.ReplaceAll(key, op.Target) })
	if err != nil {
		return nil, fmt.Errorf(".regexp: %w", err)
	}
	return renamed, nil
}

// transform renames keys by a template.
func transform(e *engine.Engine, op *api.RewriteTransform, values map[string]secret.Value) (map[string]secret.Value, error) {
	template, err := e.Parse(op.Template, engine.Options{Lax: true})
	if err != nil {
		return nil, fmt.Errorf(".transform.template: %w", err)
	}
	renamed, err := rename(values, func(key string) (string, error) {
		name, err := template.Execute(map[string]string{"value": key})
		return string(name), err
	})
	if err != nil {
		return nil, fmt.Errorf(".transform: %w", err)
	}
	return renamed, nil
}

// rename gives each value the name that its key becomes. An empty name drops the value, as it would be dropped from the Secret
// in any case; two keys that get the same name are an error.
func rename(values map[string]secret.Value, name func(key string) (string, error)) (map[string]secret.Value, error) {
	renamed := make(map[string]secret.Value, len(values))
	from := make(map[string]string, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		to, err := name(key)
		switch {
		case err != nil:
			return nil, fmt.Errorf("key %q: %w", key, err)
		case to == "":
			continue
		case len(to) > longestKey:
			return nil, fmt.Errorf("key %q becomes longer than %d bytes", key, longestKey)
		}
		if other, taken := from[to]; taken {
			return nil, fmt.Errorf("keys %q and %q both become %q, and one value would be lost", other, key, to)
		}
		from[to], renamed[to] = key, values[key]
	}
	return renamed, nil
}
