package write

import (
	"encoding/json"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// Writer is a field manager that owns data of a Secret.
type Writer struct {
	Manager string
	// Time is when it last wrote to the Secret, zero if that is not recorded.
	Time time.Time
}

// WritersOf are the field managers that own part of a Secret's data, the latest first.
func WritersOf(records []metav1.ManagedFieldsEntry) []Writer {
	var writers []Writer
	for _, record := range records {
		var fields struct {
			Data map[string]json.RawMessage `json:"f:data"`
		}
		if record.FieldsV1 == nil || json.Unmarshal(record.FieldsV1.GetRawBytes(), &fields) != nil || len(fields.Data) == 0 {
			continue
		}
		writer := Writer{Manager: record.Manager}
		if record.Time != nil {
			writer.Time = record.Time.Time
		}
		writers = append(writers, writer)
	}
	slices.SortStableFunc(writers, func(a, b Writer) int { return b.Time.Compare(a.Time) })
	return writers
}

// OtherWriters are the field managers, other than that of es, that own part of the target's data. Of an object that is no Secret they
// are not known.
func (l *Live) OtherWriters(es *api.ExternalSecret) []Writer {
	others := slices.Concat(WritersOf(l.Meta.ManagedFields), l.strangers)
	return slices.DeleteFunc(others, func(w Writer) bool { return w.Manager == api.FieldManager(es.Name) })
}
