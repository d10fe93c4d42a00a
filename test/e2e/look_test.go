package e2e_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// secret reads a Secret that must be there.
func (w *world) secret(t *testing.T, name string) *corev1.Secret {
	t.Helper()
	s, err := w.core.CoreV1().Secrets(w.namespace).Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	return s
}

// data is the data of a Secret that must be there, as texts.
func (w *world) data(t *testing.T, name string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for key, value := range w.secret(t, name).Data {
		texts[key] = string(value)
	}
	return texts
}

// noSecret requires that there is no Secret of the name.
func (w *world) noSecret(t *testing.T, name string) {
	t.Helper()
	_, err := w.core.CoreV1().Secrets(w.namespace).Get(context.WithoutCancel(t.Context()), name, metav1.GetOptions{})
	require.True(t, apierrors.IsNotFound(err), "Secret %s is there: %v", name, err)
}

// change updates a Secret as somebody else would.
func (w *world) change(t *testing.T, name string, how func(*corev1.Secret)) {
	t.Helper()
	s := w.secret(t, name)
	how(s)
	_, err := w.core.CoreV1().Secrets(w.namespace).Update(t.Context(), s, metav1.UpdateOptions{FieldManager: "somebody"})
	require.NoError(t, err)
}

// get reads an ExternalSecret that must be there.
func (w *world) get(t *testing.T, name string) *api.ExternalSecret {
	t.Helper()
	object, err := w.resource(t, api.APIVersion, api.KindExternalSecret, w.namespace).Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	raw, err := json.Marshal(object.Object)
	require.NoError(t, err)
	var es api.ExternalSecret
	require.NoError(t, json.Unmarshal(raw, &es))
	return &es
}

// ready is the one condition of an ExternalSecret, which must be the Ready condition.
func (w *world) ready(t *testing.T, name string) api.Condition {
	t.Helper()
	conditions := w.get(t, name).Status.Conditions
	require.Len(t, conditions, 1, "conditions of %s", name)
	require.Equal(t, api.ConditionReady, conditions[0].Type)
	return conditions[0]
}

// events are the Events about an ExternalSecret that is there, and not about an earlier one of the same name.
func (w *world) events(t *testing.T, name string) []corev1.Event {
	t.Helper()
	list, err := w.core.CoreV1().Events(w.namespace).List(t.Context(), metav1.ListOptions{
		FieldSelector: "involvedObject.kind=ExternalSecret,involvedObject.uid=" + string(w.get(t, name).UID),
	})
	require.NoError(t, err)
	return list.Items
}

// until waits for something that the cluster or a program comes to by itself: the garbage collector may take half a minute to
// notice a new kind of owner. It asks in the test's own goroutine, so that the question may fail the test.
func until(t *testing.T, what string, come func() bool) {
	t.Helper()
	const limit, pause = 2 * time.Minute, 5 * time.Millisecond
	for deadline := time.Now().Add(limit); !come(); time.Sleep(pause) {
		require.True(t, time.Now().Before(deadline), "waited for nothing: %s", what)
	}
}
