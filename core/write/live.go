package write

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// Live is what the pipeline remembers of a Secret in the cluster: its metadata and, instead of values, digests. So a run's
// memory does not grow with what the cluster's Secrets hold.
type Live struct {
	Meta      metav1.ObjectMeta
	Type      corev1.SecretType
	Immutable bool
	// DataHash is api.DataHash of the data as it is, whatever the annotation says.
	DataHash string

	digests map[string]digest
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
	live.Meta.ManagedFields = slices.DeleteFunc(slices.Clone(s.ManagedFields), func(f metav1.ManagedFieldsEntry) bool {
		return !strings.HasPrefix(f.Manager, api.FieldManagerPrefix)
	})
	for key, value := range s.Data {
		live.digests[key] = sha256.Sum256(value)
	}
	return live
}

// Valid tells whether the Secret is as the last sync of an ExternalSecret left it: still marked as managed, its data unaltered.
func (l *Live) Valid() bool {
	return l != nil && l.Meta.Labels[api.LabelManaged] == api.LabelManagedValue &&
		l.Meta.Annotations[api.AnnotationDataHash] == l.DataHash
}

// owned are the names of the fields of a Secret that a field manager has written.
type owned struct {
	Labels, Annotations, Data map[string]struct{}
}

// ownedBy reads from the Secret's managed fields what manager has written. A record that can't be read counts as empty: then
// nothing is pruned.
func (l *Live) ownedBy(manager string) owned {
	result := owned{Labels: map[string]struct{}{}, Annotations: map[string]struct{}{}, Data: map[string]struct{}{}}
	for _, entry := range l.Meta.ManagedFields {
		if entry.Manager != manager || entry.Operation != metav1.ManagedFieldsOperationUpdate || entry.FieldsV1 == nil {
			continue
		}
		var fields struct {
			Data     map[string]json.RawMessage `json:"f:data"`
			Metadata struct {
				Labels      map[string]json.RawMessage `json:"f:labels"`
				Annotations map[string]json.RawMessage `json:"f:annotations"`
			} `json:"f:metadata"`
		}
		if json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) != nil {
			continue
		}
		collect(result.Data, fields.Data)
		collect(result.Labels, fields.Metadata.Labels)
		collect(result.Annotations, fields.Metadata.Annotations)
	}
	return result
}

// collect adds the names of a set of fields, whose keys are "f:NAME" for a field and "." for the map itself.
func collect(into map[string]struct{}, fields map[string]json.RawMessage) {
	for field := range fields {
		if name, ok := strings.CutPrefix(field, "f:"); ok {
			into[name] = struct{}{}
		}
	}
}
