package render

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// printableSecret is the Secret as it is printed: with what only a cluster could fill in left out and, unless they are to be
// shown, lengths in place of values.
func printableSecret(r core.Rendered, show bool) (*unstructured.Unstructured, error) {
	s := r.Secret.DeepCopy()
	s.APIVersion, s.Kind = corev1.SchemeGroupVersion.String(), "Secret"
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(s)
	if err != nil {
		return nil, fmt.Errorf("convert the Secret: %w", err)
	}
	object := &unstructured.Unstructured{Object: fields}
	if owners, ok, _ := unstructured.NestedSlice(fields, "metadata", "ownerReferences"); ok {
		for _, owner := range owners {
			if owner, ok := owner.(map[string]any); ok && owner["uid"] == "" {
				delete(owner, "uid")
			}
		}
		if err := unstructured.SetNestedSlice(fields, owners, "metadata", "ownerReferences"); err != nil {
			return nil, err
		}
	}
	if show {
		return object, nil
	}
	if len(s.Data) > 0 {
		lengths := make(map[string]any, len(s.Data))
		for key, value := range s.Data {
			lengths[key] = length(len(value))
		}
		fields["data"] = lengths
	}
	if t := r.ES.Spec.Target.Template; t != nil {
		object.SetLabels(maskComputed(s.Labels, t.Metadata.Labels))
		object.SetAnnotations(maskComputed(s.Annotations, t.Metadata.Annotations))
	}
	return object, nil
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
