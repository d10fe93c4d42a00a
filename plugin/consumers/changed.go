package consumers

import (
	"encoding/json"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// Changed is when the data of a Secret last changed, as far as is recorded: when one of those who wrote data last wrote. What is
// written together with data, labels for example, counts too; what others write beside it does not.
func Changed(meta *metav1.ObjectMeta) *time.Time {
	last := meta.CreationTimestamp.Time
	if writers := write.WritersOf(meta.ManagedFields); len(writers) > 0 && writers[0].Time.After(last) {
		last = writers[0].Time
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
