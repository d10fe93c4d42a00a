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

// target is a part of the Secret that templates fill, with the API server's rules for it. The API server quotes what breaks
// them, which can be a value, so they are checked here.
type target struct {
	values    map[string]secret.Value
	validKey  func(key string) []string
	validText func(value string) []string
}

// target is the one that a templateFrom names.
func (r *renderer) target(name string) target {
	switch name {
	case api.TemplateTargetLabels:
		return r.labels()
	case api.TemplateTargetAnnotations:
		return r.annotations()
	default:
		return r.data()
	}
}

func (r *renderer) data() target {
	return target{values: r.Data, validKey: validation.IsConfigMapKey, validText: anything}
}

func (r *renderer) labels() target {
	return target{values: r.Labels, validKey: validation.IsQualifiedName, validText: validation.IsValidLabelValue}
}

func (r *renderer) annotations() target {
	lower := func(key string) []string { return validation.IsQualifiedName(strings.ToLower(key)) }
	return target{values: r.Annotations, validKey: lower, validText: anything}
}

func anything(string) []string { return nil }

// put sets the value of a key. The error quotes neither.
func (t target) put(key string, value secret.Value) error {
	if wrong := t.validKey(key); len(wrong) > 0 {
		return fmt.Errorf("the key is not valid: %s", wrong[0])
	}
	if wrong := t.validText(string(value.Reveal())); len(wrong) > 0 {
		return fmt.Errorf("the value is not valid: %s", wrong[0])
	}
	t.values[key] = value
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
