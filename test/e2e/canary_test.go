package e2e_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// canaries are secrets that must not get out.
type canaries harness.Canaries

func (c canaries) forms() map[string]string { return harness.Canaries(c).Forms() }

// requireNone requires that none of them is in a text.
func (c canaries) requireNone(t *testing.T, where, text string) {
	t.Helper()
	harness.Canaries(c).RequireNone(t, where, text)
}

// requireNoneInCluster requires that none is in anything of the world's namespace that a reader without a right to Secrets can see.
func (c canaries) requireNoneInCluster(t *testing.T, w *world) {
	t.Helper()
	events, err := w.core.CoreV1().Events(w.namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	body, err := json.Marshal(events)
	require.NoError(t, err)
	c.requireNone(t, "an Event", string(body))
	objects, err := w.resource(t, api.APIVersion, api.KindExternalSecret, w.namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, object := range objects.Items {
		body, err := json.Marshal(object.Object["status"])
		require.NoError(t, err)
		c.requireNone(t, "the status of "+object.GetName(), string(body))
	}
	secrets, err := w.core.CoreV1().Secrets(w.namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, s := range secrets.Items {
		body, err := json.Marshal(s.ObjectMeta)
		require.NoError(t, err)
		c.requireNone(t, "the metadata of Secret "+s.Name, string(body))
	}
}
