package explain_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// Not parallel: all tests of this package share the API server.
func TestAnAPIThatIsNotServedIsExplained(t *testing.T) {
	w := newWorld(t)
	w.serveAPI(t, false)
	t.Cleanup(func() { w.serveAPI(t, true) })
	w.requireExplained(t, fault{step: trace.Object, id: "K8S-13", owner: diagnose.Platform, says: []string{"external-secrets.io", "CRDs"}})
}

// serveAPI makes the API server serve ExternalSecrets, in all their versions, or none of them.
func (w *world) serveAPI(t *testing.T, served bool) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	patch := fmt.Sprintf(`[{"op": "replace", "path": "/spec/versions/0/served", "value": %t}, {"op": "replace", "path": "/spec/versions/1/served", "value": %[1]t}]`, served)
	for _, resource := range []string{"externalsecrets", "secretstores", "clustersecretstores", "clusterexternalsecrets"} {
		require.NoError(t, w.core.CoreV1().RESTClient().Patch(types.JSONPatchType).
			AbsPath("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"+resource+".external-secrets.io").Body([]byte(patch)).Do(ctx).Error())
	}
	until(t, "the API is served, or is not", func() bool {
		groups, err := w.core.CoreV1().RESTClient().Get().AbsPath("/apis/external-secrets.io").Do(ctx).Raw()
		_, listed := w.externalSecrets().List(ctx, metav1.ListOptions{})
		return served && err == nil && len(groups) > 0 && listed == nil || !served && apierrors.IsNotFound(err) && apierrors.IsNotFound(listed)
	})
}

func TestWhatCanNotBeAnsweredIsNotCalledBroken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	applying(store(), reading("plain"))(t, w)
	kubeconfig := w.cluster.ServiceAccountKubeconfig(t, w.namespace, "nobody")
	for name, args := range map[string][]string{
		"an API server that is not there":      {"app", "--server", "https://127.0.0.1:1"},
		"ExternalSecrets that may not be read": {"app", "--kubeconfig", kubeconfig},
		"a command line that is wrong":         {"app", "--no-such-flag"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.run(t, args...)
			assert.Equal(t, 2, r.Code)
			assert.Empty(t, r.Stdout)
			assert.NotEmpty(t, r.Stderr)
		})
	}
}
