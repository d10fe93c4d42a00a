package status

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// watching is a watcher that knows the ExternalSecrets already, and what it prints.
func watching(t *testing.T, known ...*api.ExternalSecret) (*watcher, func() string) {
	t.Helper()
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	output, err := NewFlags(genericclioptions.NewConfigFlags(false), streams, nil).toOutput(false)
	require.NoError(t, err)
	output.Form = names
	w := &watcher{Options: &Options{Output: output, Streams: streams, Class: "default"}, judge: &judge{stores: oneStore{}, planner: ours()}, known: map[types.NamespacedName]*seen{}}
	for _, es := range known {
		w.known[item(es).NamespacedName] = &seen{Item: item(es), printed: Assess(item(es), time.Now())}
	}
	return w, func() string { defer out.Reset(); return out.String() }
}

// recent is synced a moment before now, by the clock of the watcher.
func recent(change ...func(*api.ExternalSecret)) *api.ExternalSecret {
	es := synced(0, change...)
	es.Status.RefreshTime = &metav1.Time{Time: time.Now().Add(-time.Minute).Truncate(time.Second)}
	return es
}

func event(t *testing.T, kind watch.EventType, es *api.ExternalSecret) watch.Event {
	t.Helper()
	es.APIVersion, es.Kind = api.APIVersion, api.KindExternalSecret
	raw, err := json.Marshal(es)
	require.NoError(t, err)
	object := &unstructured.Unstructured{}
	require.NoError(t, object.UnmarshalJSON(raw))
	return watch.Event{Type: kind, Object: object}
}

func TestWatchPrintsChangesOnly(t *testing.T) {
	const line = "externalsecret.external-secrets.io/db\n"
	w, printed := watching(t, recent())

	require.NoError(t, w.event(t.Context(), event(t, watch.Added, recent())))
	assert.Empty(t, printed(), "a watch begins with what is known")

	require.NoError(t, w.event(t.Context(), event(t, watch.Modified, recent(edited))))
	assert.Equal(t, line, printed(), "it is stale now")

	require.NoError(t, w.event(t.Context(), event(t, watch.Modified, recent(edited))))
	assert.Empty(t, printed(), "the same again")

	require.NoError(t, w.refresh(t.Context()))
	assert.Empty(t, printed(), "time has changed nothing")

	require.NoError(t, w.event(t.Context(), event(t, watch.Deleted, recent())))
	assert.Equal(t, line, printed())

	require.NoError(t, w.event(t.Context(), event(t, watch.Deleted, recent())))
	assert.Empty(t, printed(), "it was deleted before")

	require.NoError(t, w.event(t.Context(), event(t, watch.Added, recent())))
	assert.Equal(t, line, printed(), "it is new")
}

func TestWatchSeesThatTimeMakesStale(t *testing.T) {
	es := recent()
	w, printed := watching(t, es)
	es.Status.RefreshTime = &metav1.Time{Time: time.Now().Add(-3 * time.Hour)}
	require.NoError(t, w.refresh(t.Context()))
	assert.NotEmpty(t, printed())
	assert.Equal(t, Stale, w.known[item(es).NamespacedName].printed.State)
}

func TestWatchRemembersWhatWasLeftOut(t *testing.T) {
	es := recent(merging)
	w, printed := watching(t, es)
	at := es.Status.RefreshTime.Time
	w.judge.lost = map[string][]Event{string(es.UID): {{Reason: api.EventMissingProviderSecret, Last: &at}}}
	require.NoError(t, w.refresh(t.Context()))
	assert.NotEmpty(t, printed())
	assert.Equal(t, Incomplete, w.known[item(es).NamespacedName].printed.State)
	require.NoError(t, w.event(t.Context(), event(t, watch.Modified, es)))
	assert.Empty(t, printed(), "it is as it was")

	es.Status.RefreshTime = &metav1.Time{Time: at.Add(time.Second)}
	require.NoError(t, w.event(t.Context(), event(t, watch.Modified, es)))
	assert.NotEmpty(t, printed(), "the next refresh has left nothing out")
	assert.Equal(t, Synced, w.known[item(es).NamespacedName].printed.State)
}

func TestWatchKeepsGoingWithAnObjectThatCannotBeRead(t *testing.T) {
	w, printed := watching(t)
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": api.APIVersion, "kind": "ExternalSecret",
		"metadata": map[string]any{"namespace": "shop", "name": "bad"}, "spec": map[string]any{"data": "text"},
	}}
	require.NoError(t, w.event(t.Context(), watch.Event{Type: watch.Added, Object: object}))
	assert.Equal(t, "externalsecret.external-secrets.io/bad\n", printed())
	assert.Equal(t, Failed, w.known[types.NamespacedName{Namespace: "shop", Name: "bad"}].printed.State)
}

func TestWatchErrors(t *testing.T) {
	w, _ := watching(t)
	expired := &metav1.Status{Status: metav1.StatusFailure, Code: 410, Reason: metav1.StatusReasonExpired, Message: "too old"}
	require.ErrorIs(t, w.event(t.Context(), watch.Event{Type: watch.Error, Object: expired}), errGap, "a gap is caught up with")
	other := &metav1.Status{Status: metav1.StatusFailure, Code: 500, Reason: metav1.StatusReasonInternalError, Message: "broken"}
	require.ErrorContains(t, w.event(t.Context(), watch.Event{Type: watch.Error, Object: other}), "watch externalsecrets: broken")
}
