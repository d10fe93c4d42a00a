package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// target is a part of the object that templates fill.
type target interface {
	// value takes the result of a template as the value of a key.
	value(s source, key string, rendered []byte) error
	// pairs takes the result of a template as YAML with keys and values.
	pairs(s source, rendered []byte) error
}

// values is a target with keys and texts, and the API server's rules for them. The API server quotes what breaks them, which can
// be a value, so they are checked here.
type values struct {
	*renderer
	into      map[string]secret.Value
	validKey  func(key string) []string
	validText func(value string) []string
}

// target is the one that a templateFrom names. The error begins with the field.
func (r *renderer) target(name string) (target, error) {
	known, err := targetOf(name)
	switch {
	case err != nil:
		path, err := parsePath(name)
		return fields{r, path}, err
	case known == api.TemplateTargetLabels:
		return r.labels(), nil
	case known == api.TemplateTargetAnnotations:
		return r.annotations(), nil
	default:
		return r.data(), nil
	}
}

func (r *renderer) data() values {
	return values{renderer: r, into: r.Data, validKey: validation.IsConfigMapKey, validText: anything}
}

func (r *renderer) labels() values {
	return values{renderer: r, into: r.Labels, validKey: validation.IsQualifiedName, validText: validation.IsValidLabelValue}
}

func (r *renderer) annotations() values {
	lower := func(key string) []string { return validation.IsQualifiedName(strings.ToLower(key)) }
	return values{renderer: r, into: r.Annotations, validKey: lower, validText: anything}
}

func anything(string) []string { return nil }

func (v values) value(s source, key string, rendered []byte) error {
	value, err := s.decode(secret.New(rendered))
	if err != nil {
		return err
	}
	return v.put(key, value)
}

// put sets the value of a key. The error quotes neither.
func (v values) put(key string, value secret.Value) error {
	if wrong := v.validKey(key); len(wrong) > 0 {
		return fmt.Errorf("the key is not valid: %s", wrong[0])
	}
	if wrong := v.validText(string(value.Reveal())); len(wrong) > 0 {
		return fmt.Errorf("the value is not valid: %s", wrong[0])
	}
	v.into[key] = value
	return nil
}

// maxNames is how many keys an error names.
const maxNames = 30

// has names the keys of an object that holds templates.
func has(texts map[string]secret.Value) string {
	names := slices.Sorted(maps.Keys(texts))
	switch {
	case len(names) == 0:
		return ", nor any other"
	case len(names) > maxNames:
		return fmt.Sprintf("; it has %s and %d more", strings.Join(names[:maxNames], ", "), len(names)-maxNames)
	default:
		return "; it has " + strings.Join(names, ", ")
	}
}
