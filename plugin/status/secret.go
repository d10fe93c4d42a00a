package status

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// secretLink keeps of a Secret what may be shown.
func secretLink(s *corev1.Secret, es *api.ExternalSecret) SecretLink {
	link := SecretLink{
		Name: s.Name, Exists: true, Type: secret.Printable(string(s.Type)), Immutable: s.Immutable != nil && *s.Immutable,
		Integrity: integrityOf(s), Writers: writersOf(s, api.FieldManager(es.Name)), Written: writtenOf(s),
	}
	for _, name := range slices.Sorted(maps.Keys(s.Data)) {
		link.Keys = append(link.Keys, Key{Name: name, Bytes: len(s.Data[name])})
	}
	if owner := metav1.GetControllerOf(s); owner != nil {
		link.Owner = secret.Printable(owner.Kind + " " + owner.Name)
	}
	return link
}

func integrityOf(s *corev1.Secret) Integrity {
	switch {
	case s.Labels[api.LabelManaged] != api.LabelManagedValue:
		return Unmanaged
	case s.Annotations[api.AnnotationDataHash] == api.DataHash(s.Data):
		return Intact
	default:
		return Altered
	}
}

// writersOf are the field managers, other than ours, that own part of the Secret's data, the latest first.
func writersOf(s *corev1.Secret, ours string) []Writer {
	var writers []Writer
	for _, writer := range write.WritersOf(s.ManagedFields) {
		if writer.Manager != ours {
			writers = append(writers, Writer{Manager: secret.Printable(writer.Manager), Time: timeOf(&metav1.Time{Time: writer.Time})})
		}
	}
	return writers
}

// writtenOf is when the Secret was last written. Labels count too: the API server does not record it for the data alone.
func writtenOf(s *corev1.Secret) *time.Time {
	last := s.CreationTimestamp
	for _, entry := range s.ManagedFields {
		if entry.Time != nil && last.Before(entry.Time) {
			last = *entry.Time
		}
	}
	return timeOf(&last)
}
