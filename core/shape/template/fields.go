package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// maxIndex bounds the length of a list that a path makes.
const maxIndex = 10000

// Field is a part of an object that a template has made.
type Field struct {
	// Path leads to it from the object: names of fields and indexes of lists, string and int.
	Path []any
	// Value is JSON.
	Value secret.Value
	// Merge tells that a map is to be merged into the one that is there.
	Merge bool
}

// fields is a target somewhere in an object that is no Secret.
type fields struct {
	*renderer
	path []any
}

// value sets what path leads to: to what the result means in YAML or, where that means nothing, to the result as text. Of a field
// of the object itself, such as spec, it sets one key, to text.
func (f fields) value(s source, key string, rendered []byte) error {
	decoded, err := s.decode(secret.New(rendered))
	if err != nil {
		return err
	}
	path := f.path
	value, err := yaml.YAMLToJSON(decoded.Reveal())
	if len(path) == 1 || err != nil {
		if value, err = json.Marshal(string(decoded.Reveal())); err != nil {
			return errors.New("its result can't be written as JSON")
		}
	}
	if len(path) == 1 {
		path = append(slices.Clone(path), key)
	}
	f.put(path, value, false)
	return nil
}

// pairs merges a map into what path leads to, or replaces a field of the object itself.
func (f fields) pairs(s source, rendered []byte) error {
	if err := tooLong(rendered); err != nil {
		return err
	}
	value, err := yaml.YAMLToJSON(rendered)
	if err != nil {
		return s.explain(rendered, err)
	}
	f.put(f.path, value, len(f.path) > 1)
	return nil
}

func (f fields) put(path []any, value []byte, merge bool) {
	f.Fields = append(f.Fields, Field{Path: path, Value: secret.New(value), Merge: merge})
}

// step is a name in a path, and the indexes behind it.
var step = regexp.MustCompile(`^([^\[\].]+)((?:\[[0-9]+\])*)$`)

// parsePath reads a path such as spec.tokens[0].value. The error begins with the field it is read from, target.
func parsePath(text string) ([]any, error) {
	var path []any
	for name := range strings.SplitSeq(text, ".") {
		parts := step.FindStringSubmatch(name)
		if parts == nil {
			return nil, fmt.Errorf("target %q is none of Data, Labels and Annotations, and no path such as spec.tokens[0].value", text)
		}
		path = append(path, parts[1])
		for digits := range strings.SplitSeq(strings.Trim(parts[2], "[]"), "][") {
			if digits == "" {
				continue
			}
			index, err := strconv.Atoi(digits)
			if err != nil || index > maxIndex {
				return nil, fmt.Errorf("target %q has an index of more than %d", text, maxIndex)
			}
			path = append(path, index)
		}
	}
	switch path[0] {
	case "apiVersion", "kind", "metadata", "status":
		return nil, fmt.Errorf("target %q is refused: labels and annotations have targets of their own, and the rest of it is not the template's", text)
	}
	return path, nil
}
