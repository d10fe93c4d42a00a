package status

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// value is a secret value that must not come out of anything.
const value = "hunter2-hunter2"

// managed makes the Secret of synced, as the last sync left it, an hour ago.
func managed(change ...func(*corev1.Secret)) *corev1.Secret {
	controller := true
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "db", CreationTimestamp: metav1.NewTime(noon().Add(-48 * time.Hour)),
			Labels:          map[string]string{api.LabelManaged: api.LabelManagedValue},
			OwnerReferences: []metav1.OwnerReference{{Kind: "ExternalSecret", Name: "db", Controller: &controller}},
			ManagedFields:   []metav1.ManagedFieldsEntry{wrote(api.FieldManager("db"), time.Hour, `{"f:data":{"f:password":{}}}`)},
		},
		Type: corev1.SecretTypeOpaque,
		Data: map[string][]byte{"password": []byte(value), "empty": {}},
	}
	s.Annotations = map[string]string{api.AnnotationDataHash: api.DataHash(s.Data)}
	for _, c := range change {
		c(s)
	}
	return s
}

func wrote(manager string, ago time.Duration, fields string) metav1.ManagedFieldsEntry {
	return metav1.ManagedFieldsEntry{
		Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, Time: &metav1.Time{Time: noon().Add(-ago)},
		FieldsV1: metav1.NewFieldsV1(fields),
	}
}

func TestSecretLinkKeepsNoValue(t *testing.T) {
	link := secretLink(managed(), synced(time.Hour))
	assert.Equal(t, []Key{{"empty", 0}, {"password", len(value)}}, link.Keys)
	encoded, err := json.Marshal(link)
	require.NoError(t, err)
	for _, text := range []string{string(encoded), fmt.Sprintf("%+v %#v", link, link)} {
		assert.NotContains(t, text, value)
	}
}

func TestSecretLink(t *testing.T) {
	alter := func(s *corev1.Secret) {
		s.Data["password"] = []byte("other")
		s.ManagedFields = append(s.ManagedFields,
			wrote("helm", 90*time.Minute, `{"f:data":{"f:extra":{}}}`),
			wrote("labeler", time.Minute, `{"f:metadata":{"f:labels":{"f:a":{}}}}`),
			wrote("kubectl-edit\x1b", 2*time.Minute, `{"f:data":{"f:password":{}}}`))
	}
	at := func(ago time.Duration) *time.Time { at := noon().Add(-ago); return &at }
	for name, test := range map[string]struct {
		secret    *corev1.Secret
		integrity Integrity
		writers   []Writer
		written   *time.Time
	}{
		"as it was left":                         {managed(), Intact, nil, at(time.Hour)},
		"altered, the latest writer first":       {managed(alter), Altered, []Writer{{"kubectl-edit ", at(2 * time.Minute)}, {"helm", at(90 * time.Minute)}}, at(time.Minute)},
		"without the mark it is nobody's":        {managed(func(s *corev1.Secret) { s.Labels = nil }), Unmanaged, nil, at(time.Hour)},
		"without the hash it counts as altered":  {managed(func(s *corev1.Secret) { s.Annotations = nil }), Altered, nil, at(time.Hour)},
		"without a record it was written at all": {managed(func(s *corev1.Secret) { s.ManagedFields = nil }), Intact, nil, at(48 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			link := secretLink(test.secret, synced(time.Hour))
			assert.Equal(t, test.integrity, link.Integrity)
			assert.Equal(t, test.writers, link.Writers)
			assert.Equal(t, test.written, link.Written)
			assert.Equal(t, "ExternalSecret db", link.Owner)
			assert.True(t, link.Exists)
		})
	}
}

func TestEventsAreTheLatestInOrder(t *testing.T) {
	var events []corev1.Event
	for i := range 14 {
		events = append(events, corev1.Event{
			Reason: fmt.Sprint(i), Message: "m\x1b", LastTimestamp: metav1.NewTime(noon().Add(-time.Duration(i) * time.Minute)),
		})
	}
	events[3].LastTimestamp, events[3].EventTime = metav1.Time{}, metav1.NewMicroTime(noon().Add(-3*time.Minute))
	events[4].Source.Component, events[5].ReportingController, events[5].Count = "old", "new", 7
	got := eventsOf(events)
	require.Len(t, got, latest)
	reasons := ""
	for _, event := range got {
		reasons += event.Reason + " "
	}
	assert.Equal(t, "9 8 7 6 5 4 3 2 1 0 ", reasons)
	assert.Equal(t, Event{Reason: "5", Message: "m ", Source: "new", Count: 7, Last: got[4].Last}, got[4])
	assert.Equal(t, "old", got[5].Source)
}
