package write

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// Content is what a Secret is to hold.
type Content struct {
	Data map[string]secret.Value
	// Type of the Secret; empty keeps the one it has, or means Opaque.
	Type string
	// Labels and Annotations are copied from the ExternalSecret, or made by its template.
	Labels, Annotations map[string]string
	// Finalizers are added where they are missing and never removed.
	Finalizers []string
}

// desired is the Secret as an ExternalSecret wants it, given the one that is there (nil if none). Labels and annotations of
// others stay; those that this ExternalSecret wrote before and no longer has go. existing is the live Secret's data under
// creationPolicy Merge, where keys of others stay too; it is not looked at under the other policies.
func desired(es *api.ExternalSecret, apiVersion string, content Content, live *Live, existing map[string][]byte) (*corev1.Secret, error) {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: es.Namespace, Name: TargetName(es)}, Data: map[string][]byte{}}
	mine := owned{}
	if live != nil {
		mine = live.ownedBy(api.FieldManager(es.Name))
		s.ObjectMeta = *live.Meta.DeepCopy()
		s.ManagedFields = nil // the server keeps what it has
		s.Type = live.Type
	}
	if es.Spec.Target.Merges() {
		maps.Copy(s.Data, without(existing, mine.Data))
	}
	for key, value := range content.Data {
		s.Data[key] = value.Reveal()
	}
	if es.Spec.Target.Immutable || (live != nil && live.Immutable) {
		immutable := true
		s.Immutable = &immutable
	}
	if content.Type != "" {
		s.Type = corev1.SecretType(content.Type)
	}
	for _, finalizer := range content.Finalizers {
		if !slices.Contains(s.Finalizers, finalizer) {
			s.Finalizers = append(s.Finalizers, finalizer)
		}
	}
	s.Labels = overlay(without(s.Labels, mine.Labels), content.Labels)
	s.Annotations = overlay(without(s.Annotations, mine.Annotations), content.Annotations)
	if err := own(s, es, apiVersion); err != nil {
		return nil, err
	}
	s.Labels[api.LabelManaged] = api.LabelManagedValue
	s.Annotations[api.AnnotationDataHash] = api.DataHash(s.Data)
	return s, nil
}

// own makes the ExternalSecret the Secret's controller under creationPolicy Owner, and lets go of it under the others. A Secret
// of another ExternalSecret is refused under each policy: the two would undo each other's work for ever.
func own(s *corev1.Secret, es *api.ExternalSecret, apiVersion string) error {
	owning := es.Spec.Target.CreationPolicy == "" || es.Spec.Target.CreationPolicy == api.CreationPolicyOwner
	if controller := metav1.GetControllerOfNoCopy(s); controller != nil && !sameOwner(*controller, es) {
		switch {
		case isExternalSecret(*controller):
			return fmt.Errorf("%w: ExternalSecret %q; give one of them another spec.target.name", ErrOwnedByAnother, controller.Name)
		case owning:
			return fmt.Errorf("%w: its controller is %s %q", ErrOwnership, controller.Kind, controller.Name)
		}
	}
	if !owning {
		delete(s.Labels, api.LabelOwner)
		s.OwnerReferences = slices.DeleteFunc(s.OwnerReferences, func(r metav1.OwnerReference) bool { return sameOwner(r, es) })
		return nil
	}
	controller := true
	reference := metav1.OwnerReference{
		APIVersion: apiVersion, Kind: api.KindExternalSecret, Name: es.Name, UID: es.UID,
		Controller: &controller, BlockOwnerDeletion: &controller,
	}
	s.Labels[api.LabelOwner] = api.OwnerLabel(es.Namespace, es.Name)
	for i, r := range s.OwnerReferences {
		if sameOwner(r, es) {
			// The version it was written in, v1 or v1beta1, is as good as ours.
			reference.APIVersion = r.APIVersion
			s.OwnerReferences[i] = reference
			return nil
		}
	}
	s.OwnerReferences = append(s.OwnerReferences, reference)
	return nil
}

// sameOwner compares group, kind and name: an ExternalSecret that was made anew takes its old Secret back.
func sameOwner(r metav1.OwnerReference, es *api.ExternalSecret) bool {
	return isExternalSecret(r) && r.Name == es.Name
}

func isExternalSecret(r metav1.OwnerReference) bool {
	gv, err := schema.ParseGroupVersion(r.APIVersion)
	return err == nil && gv.Group == api.Group && r.Kind == api.KindExternalSecret
}

// TargetName is the name of the Secret that an ExternalSecret writes.
func TargetName(es *api.ExternalSecret) string {
	if es.Spec.Target.Name != "" {
		return es.Spec.Target.Name
	}
	return es.Name
}

// without copies m less the names.
func without[V any](m map[string]V, names map[string]struct{}) map[string]V {
	kept := make(map[string]V, len(m))
	for name, value := range m {
		if _, drop := names[name]; !drop {
			kept[name] = value
		}
	}
	return kept
}

func overlay(under, over map[string]string) map[string]string {
	maps.Copy(under, over)
	return under
}
