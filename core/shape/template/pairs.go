package template

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

var errNotPairs = errors.New("its result is not YAML with keys and values; quote values that can hold ': ', '#' or quotes, as {{ .x | toJson }} does")

// tooLong refuses a result that no object can hold, before it is read.
func tooLong(rendered []byte) error {
	if len(rendered) > 2*maxData {
		return fmt.Errorf("its result has more than %d bytes, and no Secret can hold it", 2*maxData)
	}
	return nil
}

func (v values) pairs(s source, rendered []byte) error {
	if err := tooLong(rendered); err != nil {
		return err
	}
	// Plain scalars are read as YAML 1.1 has them and written again: yes is true, 0777 is 511. External Secrets Operator does
	// so, and a Secret must not differ with who writes it; warn tells where it changes something.
	pairs := map[string]string{}
	if err := yaml.Unmarshal(rendered, &pairs); err != nil {
		return s.explain(rendered, err)
	}
	v.warn(s, rendered, pairs)
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		value, err := s.decode(secret.FromString(pairs[key]))
		if err == nil {
			err = v.put(key, value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.keyOf(key), err)
		}
	}
	return nil
}

// keyOf names a key of the result if it is known to be none of the values.
func (s source) keyOf(key string) string {
	if s.mentions(key) {
		return fmt.Sprintf("key %q of its result", key)
	}
	return "a key of its result"
}

var linePattern = regexp.MustCompile(`line (\d+)`)

// explain says why the result is not YAML with keys and values. A YAML error quotes what it stumbles over: of it, only the
// line is passed on.
func (s source) explain(rendered []byte, err error) error {
	var nested map[string]any
	if yaml.Unmarshal(rendered, &nested) == nil {
		for _, key := range slices.Sorted(maps.Keys(nested)) {
			switch nested[key].(type) {
			case map[string]any, []any:
				return fmt.Errorf("%s is a map or a list, and a value is text; write it as text with toJson or toYaml, or as a block with |", s.keyOf(key))
			}
		}
	}
	if line := linePattern.FindStringSubmatch(err.Error()); line != nil {
		return fmt.Errorf("line %s of the result: %w", line[1], errNotPairs)
	}
	return errNotPairs
}

// warn tells of keys and values that YAML changed since they are not quoted.
func (r *renderer) warn(s source, rendered []byte, pairs map[string]string) {
	var document yamlv3.Node
	if yamlv3.Unmarshal(rendered, &document) != nil || len(document.Content) == 0 {
		return
	}
	nodes, seen := document.Content[0].Content, map[string]bool{}
	for i := len(nodes) - 2; i >= 0; i -= 2 { // backwards: of a key that is there twice, the last one counts
		key, value := nodes[i], nodes[i+1]
		if seen[key.Value] || key.Kind != yamlv3.ScalarNode || value.Kind != yamlv3.ScalarNode {
			continue
		}
		seen[key.Value] = true
		read, ok := pairs[key.Value]
		switch {
		case !ok && key.Style == 0 && key.Value != "<<":
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s: YAML reads %s as something else: quote it", s.place, s.keyOf(key.Value)))
		case ok && value.Style == 0 && value.Value != read:
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s: YAML changes the value of %s, as it is not quoted", s.place, s.keyOf(key.Value)))
		}
	}
}
