package consumers

import (
	"encoding/json"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Changed is when the data of a Secret last changed, as far as is recorded: when one of those who wrote data last wrote. What is
// written together with data, labels for example, counts too; what others write beside it does not.
func Changed(meta *metav1.ObjectMeta) *time.Time {
	last := meta.CreationTimestamp
	for _, entry := range meta.ManagedFields {
		if entry.Time != nil && last.Before(entry.Time) && owns(entry, "f:data") {
			last = *entry.Time
		}
	}
	if last.IsZero() {
		return nil
	}
	utc := last.UTC()
	return &utc
}

// owns tells whether the fields of an entry have one at a path.
func owns(entry metav1.ManagedFieldsEntry, path ...string) bool {
	if entry.FieldsV1 == nil {
		return false
	}
	raw := json.RawMessage(entry.FieldsV1.GetRawBytes())
	for _, name := range path {
		var fields map[string]json.RawMessage
		if json.Unmarshal(raw, &fields) != nil {
			return false
		}
		var ok bool
		if raw, ok = fields[name]; !ok {
			return false
		}
	}
	return true
}
