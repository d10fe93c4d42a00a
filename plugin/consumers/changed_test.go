package consumers

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func wrote(manager string, ago time.Duration, fields string) metav1.ManagedFieldsEntry {
	return metav1.ManagedFieldsEntry{
		Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, Time: &metav1.Time{Time: noon().Add(-ago)},
		FieldsV1: metav1.NewFieldsV1(fields),
	}
}

func at(ago time.Duration) *time.Time { at := noon().Add(-ago); return &at }

func TestChanged(t *testing.T) {
	created := metav1.NewTime(noon().Add(-48 * time.Hour))
	for name, test := range map[string]struct {
		entries []metav1.ManagedFieldsEntry
		want    *time.Time
	}{
		"without a record it is when it was made": {nil, at(48 * time.Hour)},
		"the latest who wrote data": {[]metav1.ManagedFieldsEntry{
			wrote("es", time.Hour, `{"f:data":{"f:a":{}}}`), wrote("somebody", time.Minute, `{"f:data":{"f:b":{}}}`),
		}, at(time.Minute)},
		"who wrote labels only does not count": {[]metav1.ManagedFieldsEntry{
			wrote("es", time.Hour, `{"f:data":{"f:a":{}}}`), wrote("labeler", time.Minute, `{"f:metadata":{"f:labels":{"f:a":{}}}}`),
		}, at(time.Hour)},
		"a record that can't be read does not count": {[]metav1.ManagedFieldsEntry{wrote("es", time.Hour, `no`), {Manager: "x"}}, at(48 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, Changed(&metav1.ObjectMeta{CreationTimestamp: created, ManagedFields: test.entries}))
		})
	}
	assert.Nil(t, Changed(&metav1.ObjectMeta{}))
}

func TestWhenARestartWasAskedFor(t *testing.T) {
	const field = `{"f:spec":{"f:template":{"f:metadata":{"f:annotations":{"f:kubectl.kubernetes.io/restartedAt":{}}}}}}`
	for name, test := range map[string]struct {
		mark    string
		entries []metav1.ManagedFieldsEntry
		want    *time.Time
	}{
		"never":                                {"", nil, nil},
		"by kubectl, whose own clock is known": {"2026-03-01T11:00:00Z", []metav1.ManagedFieldsEntry{wrote("kubectl-rollout", time.Minute, field)}, at(time.Hour)},
		"by this program, whose clock may be wrong": {"2026-03-01T11:00:00Z", []metav1.ManagedFieldsEntry{wrote(Manager, time.Minute, field)}, at(time.Minute)},
		"by this program before another":            {"2026-03-01T11:00:00Z", []metav1.ManagedFieldsEntry{wrote(Manager, time.Minute, `{"f:spec":{}}`)}, at(time.Hour)},
		"in no words that are a time":               {"just now", nil, nil},
		"in another zone":                           {"2026-03-01T12:00:00+01:00", nil, at(time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			var w Workload
			template := &metav1.ObjectMeta{Annotations: map[string]string{RestartedAt: test.mark}}
			w.mark(&metav1.ObjectMeta{ManagedFields: test.entries}, template)
			assert.Equal(t, test.want, w.Restarted)
		})
	}
}

func TestRestarting(t *testing.T) {
	w := Workload{Restarted: at(time.Hour)}
	assert.True(t, w.Restarting(at(2*time.Hour)))
	assert.True(t, w.Restarting(at(time.Hour)), "times are in whole seconds: what is the same may be later")
	assert.False(t, w.Restarting(at(time.Minute)))
	assert.False(t, w.Restarting(nil))
	assert.False(t, (&Workload{}).Restarting(at(time.Hour)))
}
