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

// Content is what a target is to hold.
type Content struct {
	Data map[string]secret.Value
	// Type of the Secret; empty keeps the one it has, or means Opaque.
	Type string
	// Labels and Annotations are copied from the ExternalSecret, or made by its template.
	Labels, Annotations map[string]string
	// Finalizers are added where they are missing and never removed.
	Finalizers []string
	// Fields are what an object that is no Secret gets besides, in the order in which they are set.
	Fields []Field
}

// desired is the Secret as an ExternalSecret wants it, given the one that is there (nil if none). existing is the live Secret's
// data under creationPolicy Merge, where keys of others stay; it is not looked at under the other policies.
func desired(es *api.ExternalSecret, apiVersion string, content Content, live *Live, existing map[string][]byte) (*corev1.Secret, error) {
	s := &corev1.Secret{Data: map[string][]byte{}}
	var before *metav1.ObjectMeta
	mine := owned{}
	if live != nil {
		before, mine = &live.Meta, live.ownedBy(es)
		s.Type = live.Type
	}
	var err error
	if s.ObjectMeta, err = desiredMeta(es, apiVersion, content, before, mine); err != nil {
		return nil, err
	}
	if es.Spec.Target.Merges() {
		maps.Copy(s.Data, without(existing, mine.Data))
	}
	for key, value := range content.Data {
		if s.Data[key] = value.Reveal(); s.Data[key] == nil {
			s.Data[key] = []byte{} // null would be no key
		}
	}
	if es.Spec.Target.Immutable || (live != nil && live.Immutable) {
		immutable := true
		s.Immutable = &immutable
	}
	if content.Type != "" {
		s.Type = corev1.SecretType(content.Type)
	}
	s.Annotations[api.AnnotationDataHash] = api.DataHash(s.Data)
	return s, nil
}

// desiredMeta is the metadata of the target, less the hash, given that of the one that is there (nil if none). Labels and
// annotations of others stay; mine, which this ExternalSecret wrote before, go where it no longer has them.
func desiredMeta(
	es *api.ExternalSecret, apiVersion string, content Content, live *metav1.ObjectMeta, mine owned,
) (metav1.ObjectMeta, error) {
	m := metav1.ObjectMeta{Namespace: es.Namespace, Name: TargetName(es)}
	if live != nil {
		m = *live.DeepCopy()
		m.ManagedFields = nil // the server keeps what it has
	}
	for _, finalizer := range content.Finalizers {
		if m.DeletionTimestamp == nil && !slices.Contains(m.Finalizers, finalizer) {
			m.Finalizers = append(m.Finalizers, finalizer)
		}
	}
	m.Labels = overlay(without(m.Labels, mine.Labels), content.Labels)
	m.Annotations = overlay(without(m.Annotations, mine.Annotations), content.Annotations)
	if err := own(&m, es, apiVersion); err != nil {
		return metav1.ObjectMeta{}, err
	}
	m.Labels[api.LabelManaged] = api.LabelManagedValue
	return m, nil
}

// own makes the ExternalSecret the target's controller under creationPolicy Owner, and lets go of it under the others. What
// another ExternalSecret controls is refused under each policy: the two would undo each other's work for ever.
func own(m *metav1.ObjectMeta, es *api.ExternalSecret, apiVersion string) error {
	owning := es.Spec.Target.CreationPolicy == "" || es.Spec.Target.CreationPolicy == api.CreationPolicyOwner
	if controller := metav1.GetControllerOfNoCopy(m); controller != nil && !sameOwner(*controller, es) {
		switch {
		case isExternalSecret(*controller):
			return fmt.Errorf("%w: ExternalSecret %q; give one of them another spec.target.name", ErrOwnedByAnother, controller.Name)
		case owning:
			return fmt.Errorf("%w: its controller is %s %q", ErrOwnership, controller.Kind, controller.Name)
		}
	}
	if !owning {
		delete(m.Labels, api.LabelOwner)
		m.OwnerReferences = slices.DeleteFunc(m.OwnerReferences, func(r metav1.OwnerReference) bool { return sameOwner(r, es) })
		return nil
	}
	controller := true
	reference := metav1.OwnerReference{
		APIVersion: apiVersion, Kind: api.KindExternalSecret, Name: es.Name, UID: es.UID,
		Controller: &controller, BlockOwnerDeletion: &controller,
	}
	m.Labels[api.LabelOwner] = api.OwnerLabel(es.Namespace, es.Name)
	for i, r := range m.OwnerReferences {
		if sameOwner(r, es) {
			// The version it was written in, v1 or v1beta1, is as good as ours.
			reference.APIVersion = r.APIVersion
			m.OwnerReferences[i] = reference
			return nil
		}
	}
	m.OwnerReferences = append(m.OwnerReferences, reference)
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

// TargetName is the name of what an ExternalSecret writes.
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
