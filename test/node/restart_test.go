package node_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// Not parallel: the other tests need the API server.
func TestTheAPIServerIsGoneForAWhile(t *testing.T) {
	w := newWorld(t)
	for name, end := range map[string]func(testing.TB, string){"stopped": w.StopServer, "killed": w.KillServer} {
		t.Run(name, func(t *testing.T) {
			w.create(t, newJob(name, "uid", "outage"))
			require.Eventually(t, func() bool {
				said, err := w.KubectlErr(t, "", "logs", "job/"+name, "--namespace="+w.namespace)
				return err == nil && said == "uid: 65532\n"
			}, 60*time.Second, 200*time.Millisecond, "the Pod runs")

			end(t, harness.APIServer)
			_, err := w.KubectlErr(t, "", "get", "namespaces")
			require.ErrorContains(t, err, "refused")
			time.Sleep(time.Second) // long enough for the Pod to see it
			w.StartServer(t, harness.APIServer)
			require.Equal(t, "uid: 65532\noutage: seen\n", w.finish(t, name))
		})
	}
}
