package diff

import (
	"encoding/json"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// document is a target as it is compared, in YAML: what a refresh writes of it, with values masked. literal is what its
// ExternalSecret says of labels and annotations. It is nil for a target that is not there.
func (m *masker) document(target runtime.Object, literal api.TemplateMetadata) ([]byte, error) {
	var fields map[string]any
	switch target := target.(type) {
	case nil:
		return nil, nil
	case *corev1.Secret:
		var err error
		if fields, err = m.secret(target); err != nil {
			return nil, err
		}
	case *unstructured.Unstructured:
		fields = m.other(target)
	default:
		return nil, fmt.Errorf("a %T can't be compared", target)
	}
	for _, field := range []string{"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"} {
		unstructured.RemoveNestedField(fields, "metadata", field)
	}
	object := &unstructured.Unstructured{Object: fields}
	object.SetLabels(m.metadata(object.GetLabels(), literal.Labels))
	object.SetAnnotations(m.metadata(object.GetAnnotations(), literal.Annotations))
	return yaml.Marshal(fields)
}

// secret are the fields of a Secret, as an API server fills in what is left out.
func (m *masker) secret(s *corev1.Secret) (map[string]any, error) {
	bare := *s
	bare.APIVersion, bare.Kind, bare.Data = corev1.SchemeGroupVersion.String(), "Secret", nil
	if bare.Type == "" {
		bare.Type = corev1.SecretTypeOpaque
	}
	if bare.Immutable != nil && !*bare.Immutable {
		bare.Immutable = nil
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&bare)
	if err != nil {
		return nil, fmt.Errorf("convert Secret %q: %w", s.Name, err)
	}
	if len(s.Data) > 0 {
		data := make(map[string]any, len(s.Data))
		for key, value := range s.Data {
			data[key] = m.text(secret.New(value))
		}
		fields["data"] = data
	}
	return fields, nil
}

// other are the fields of an object that is no Secret. Every value in it is masked, and not only those that the ExternalSecret
// sets: what an earlier template or another ExternalSecret has set in it stays, and looks like the rest.
func (m *masker) other(object *unstructured.Unstructured) map[string]any {
	fields := object.DeepCopy().Object
	delete(fields, "status") // nothing that a refresh writes
	if m.show {
		return fields
	}
	for name, field := range fields {
		switch name {
		case "apiVersion", "kind", "metadata":
		default:
			fields[name] = m.leaves(field)
		}
	}
	return fields
}

// leaves masks everything in a field but the names of fields in it.
func (m *masker) leaves(field any) any {
	switch field := field.(type) {
	case nil:
		return nil
	case map[string]any:
		for name := range field {
			field[name] = m.leaves(field[name])
		}
		return field
	case []any:
		for i := range field {
			field[i] = m.leaves(field[i])
		}
		return field
	case string:
		return m.text(secret.FromString(field))
	default:
		text, _ := json.Marshal(field) // a number or a boolean, which always marshals
		return m.text(secret.New(text))
	}
}

// metadata are labels or annotations. Those that the ExternalSecret has as they are, are shown; a template may have made others of
// values, or somebody may have put values there.
func (m *masker) metadata(all, literal map[string]string) map[string]string {
	if m.show || len(all) == 0 {
		return all
	}
	masked := maps.Clone(all)
	for name, value := range all {
		known, ok := literal[name]
		switch {
		case name == api.LabelManaged, name == api.LabelOwner:
		case name == corev1.LastAppliedConfigAnnotation, !ok, known != value:
			masked[name] = m.text(secret.FromString(value))
		}
	}
	return masked
}

// literalOf is what an ExternalSecret, nil if it is not known, says of the labels and annotations of its target.
func literalOf(es *api.ExternalSecret) api.TemplateMetadata {
	switch {
	case es == nil:
		return api.TemplateMetadata{}
	case es.Spec.Target.Template != nil:
		return es.Spec.Target.Template.Metadata
	default:
		return api.TemplateMetadata{Labels: es.Labels, Annotations: es.Annotations}
	}
}
