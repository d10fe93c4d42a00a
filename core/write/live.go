package write

import (
	"crypto/sha256"
	"encoding/json"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// Live is what the pipeline remembers of a target in the cluster: its metadata and, instead of values, digests. So a run's
// memory does not grow with what the cluster's Secrets hold. Of an object that is no Secret there are no digests.
type Live struct {
	Meta      metav1.ObjectMeta
	Type      corev1.SecretType
	Immutable bool
	// DataHash is api.DataHash of the data as it is, whatever the annotation says.
	DataHash string

	digests map[string]digest
	// strangers are the field managers that own data and are no ExternalSecrets'.
	strangers []Writer
}

type digest [sha256.Size]byte

// NewLive summarises s.
func NewLive(s *corev1.Secret) *Live {
	live := &Live{
		Meta:      s.ObjectMeta,
		Type:      s.Type,
		Immutable: s.Immutable != nil && *s.Immutable,
		DataHash:  api.DataHash(s.Data),
		digests:   make(map[string]digest, len(s.Data)),
	}
	live.Meta.ManagedFields, live.strangers = ofExternalSecrets(s.ManagedFields)
	for key, value := range s.Data {
		live.digests[key] = sha256.Sum256(value)
	}
	return live
}

// ofExternalSecrets are the records of what ExternalSecrets have written, and who else has written data. Of the latter no more is kept:
// their records can be large.
func ofExternalSecrets(all []metav1.ManagedFieldsEntry) (ours []metav1.ManagedFieldsEntry, strangers []Writer) {
	var others []metav1.ManagedFieldsEntry
	for _, record := range all {
		if strings.HasPrefix(record.Manager, api.FieldManagerPrefix) {
			ours = append(ours, record)
		} else {
			others = append(others, record)
		}
	}
	return ours, WritersOf(others)
}

// Valid tells whether the target is as the last sync of an ExternalSecret left it: still marked as managed, its data unaltered.
func (l *Live) Valid() bool {
	return l != nil && managed(&l.Meta) && l.Meta.Annotations[api.AnnotationDataHash] == l.DataHash
}

// managed tells whether an ExternalSecret has marked the target as its own.
func managed(meta *metav1.ObjectMeta) bool {
	return meta.Labels[api.LabelManaged] == api.LabelManagedValue
}

// Filled tells whether the target has keys of an ExternalSecret: where that merges, those that it wrote itself. So it is with what is
// no Secret, of which nothing else is known.
func (l *Live) Filled(es *api.ExternalSecret) bool {
	switch {
	case l == nil:
		return false
	case es.Spec.Target.Merges(), es.Spec.Target.Manifest != nil:
		return len(l.ownedBy(es).Data) > 0
	default:
		return len(l.digests) > 0
	}
}

// owned are the names of the fields of a target that a field manager has written.
type owned struct {
	Labels, Annotations, Data map[string]struct{}
}

// ownedBy reads from the managed fields of a target what manager has written; dataPath leads to its data. A record that can't be
// read counts as empty: then nothing is pruned.
func ownedBy(meta *metav1.ObjectMeta, manager string, dataPath []string) owned {
	result := owned{Labels: map[string]struct{}{}, Annotations: map[string]struct{}{}, Data: map[string]struct{}{}}
	for _, entry := range meta.ManagedFields {
		if entry.Manager != manager || entry.Operation != metav1.ManagedFieldsOperationUpdate || entry.FieldsV1 == nil {
			continue
		}
		var fields map[string]any
		if json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) != nil {
			continue
		}
		collect(result.Data, fields, dataPath...)
		collect(result.Labels, fields, "metadata", "labels")
		collect(result.Annotations, fields, "metadata", "annotations")
	}
	return result
}

// ownedBy is what an ExternalSecret has written of a Secret.
func (l *Live) ownedBy(es *api.ExternalSecret) owned {
	return ownedBy(&l.Meta, api.FieldManager(es.Name), es.Spec.Target.DataPath())
}

// collect adds the names of the fields below path, whose keys are "f:NAME" for a field and "." for the map itself.
func collect(into map[string]struct{}, fields map[string]any, path ...string) {
	for _, name := range path {
		fields, _ = fields["f:"+name].(map[string]any)
	}
	for field := range fields {
		if name, ok := strings.CutPrefix(field, "f:"); ok {
			into[name] = struct{}{}
		}
	}
}
