package render

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// printable is the object as it is printed, nil if there is none: with what only a cluster could fill in left out and, unless
// they are to be shown, lengths in place of values.
func printable(r core.Rendered, show bool) (*unstructured.Unstructured, error) {
	object := r.Object
	switch {
	case r.Secret != nil:
		s := r.Secret.DeepCopy()
		s.APIVersion, s.Kind = corev1.SchemeGroupVersion.String(), "Secret"
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(s)
		if err != nil {
			return nil, fmt.Errorf("convert the Secret: %w", err)
		}
		object = &unstructured.Unstructured{Object: fields}
		if !show && len(s.Data) > 0 {
			lengths := make(map[string]any, len(s.Data))
			for key, value := range s.Data {
				lengths[key] = length(len(value))
			}
			fields["data"] = lengths
		}
	case object == nil:
		return nil, nil
	case !show:
		object = object.DeepCopy()
		for name, field := range object.Object {
			switch name {
			case "apiVersion", "kind", "metadata":
			default:
				object.Object[name] = maskTexts(field)
			}
		}
	}
	if err := dropEmptyUIDs(object); err != nil {
		return nil, err
	}
	if t := r.ES.Spec.Target.Template; t != nil && !show {
		object.SetLabels(maskComputed(object.GetLabels(), t.Metadata.Labels))
		object.SetAnnotations(maskComputed(object.GetAnnotations(), t.Metadata.Annotations))
	}
	return object, nil
}

// dropEmptyUIDs takes away the UIDs of owners, which only a cluster gives.
func dropEmptyUIDs(object *unstructured.Unstructured) error {
	owners, ok, _ := unstructured.NestedSlice(object.Object, "metadata", "ownerReferences")
	if !ok {
		return nil
	}
	for _, owner := range owners {
		if owner, ok := owner.(map[string]any); ok && owner["uid"] == "" {
			delete(owner, "uid")
		}
	}
	return unstructured.SetNestedSlice(object.Object, owners, "metadata", "ownerReferences")
}

// maskTexts masks everything in a field but the names of fields in it: which of its values were fetched is not known.
func maskTexts(field any) any {
	switch field := field.(type) {
	case map[string]any:
		for name := range field {
			field[name] = maskTexts(field[name])
		}
		return field
	case []any:
		for i := range field {
			field[i] = maskTexts(field[i])
		}
		return field
	case nil:
		return nil
	default:
		return length(len(fmt.Sprint(field)))
	}
}

// maskComputed masks what a template has made of values: all but the marks that each Secret gets, and what is written in the
// template as it is.
func maskComputed(all, written map[string]string) map[string]string {
	masked := make(map[string]string, len(all))
	for key, value := range all {
		switch key {
		case api.LabelManaged, api.LabelOwner, api.AnnotationDataHash:
			masked[key] = value
		default:
			if masked[key] = value; written[key] != value {
				masked[key] = length(len(value))
			}
		}
	}
	return masked
}

func length(n int) string {
	if n == 1 {
		return "*** (1 byte)"
	}
	return fmt.Sprintf("*** (%d bytes)", n)
}
