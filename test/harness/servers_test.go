package harness_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// Not parallel: there is one API server for all tests of this package.
func TestServersAreStoppedAndStarted(t *testing.T) {
	cluster := harness.Cluster(t)
	namespace := cluster.Namespace(t)
	for name, end := range map[string]func(testing.TB, string){"in order": cluster.StopServer, "at once": cluster.KillServer} {
		t.Run(name, func(t *testing.T) {
			end(t, harness.APIServer)
			_, err := cluster.KubectlErr(t, "", "get", "namespace", namespace)
			require.ErrorContains(t, err, "refused")
			cluster.StartServer(t, harness.APIServer)
			cluster.Kubectl(t, "", "get", "namespace", namespace)
		})
	}

	t.Run("what a test has stopped is started when the test ends", func(t *testing.T) {
		t.Run("a test that forgets to", func(t *testing.T) { cluster.StopServer(t, harness.APIServer) })
		cluster.Kubectl(t, "", "get", "namespace", namespace)
	})

	t.Run("the cluster takes no nonsense, and lives on", func(t *testing.T) {
		code, said := cluster.Command(t, harness.APIServer, "start")
		require.Equal(t, http.StatusConflict, code)
		require.Contains(t, said, "runs already")
		code, said = cluster.Command(t, "kube-nonsense", "stop")
		require.Equal(t, http.StatusNotFound, code)
		require.Contains(t, said, "no such server")
		cluster.Kubectl(t, "", "get", "namespace", namespace)
	})
}
