package kube_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

// An API server that serves other kinds of the group has no answer for one that it lacks: that is not an object which is not there.
func TestAResourceThatIsNotServedIsNoMissingObject(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer := `{"kind": "APIGroup", "apiVersion": "v1", "name": "external-secrets.io", "versions": [{"groupVersion": "external-secrets.io/v1", "version": "v1"}]}`
		switch r.URL.Path {
		case "/apis/external-secrets.io":
		case "/apis/external-secrets.io/v1/namespaces/shop/secretstores/gone":
			w.WriteHeader(http.StatusNotFound)
			answer = `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404, "message": "not found", "details": {"name": "gone", "kind": "secretstores"}}`
		default:
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusNotFound)
			answer = "404 page not found\n"
		}
		_, err := w.Write([]byte(answer))
		assert.NoError(t, err)
	}))
	t.Cleanup(server.Close)
	client, err := kube.New(t.Context(), &rest.Config{Host: server.URL})
	require.NoError(t, err)

	_, err = client.Get(t.Context(), api.ResourceExternalSecrets, "shop", "db")
	require.ErrorIs(t, err, kube.ErrNoCRDs)
	require.ErrorIs(t, client.List(t.Context(), api.ResourceExternalSecrets, "shop", kube.Selector{}, nil), kube.ErrNoCRDs)

	_, err = client.Get(t.Context(), api.ResourceSecretStores, "shop", "gone")
	require.NotErrorIs(t, err, kube.ErrNoCRDs)
	assert.True(t, apierrors.IsNotFound(err))
}
