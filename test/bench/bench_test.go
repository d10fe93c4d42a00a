// Package bench measures a pass of the built runner and, in the same run, the floor under it: the least that the API server
// must be asked for, by the same client with the same concurrency. What it prints are counts and ratios; seconds are of the
// machine it ran on.
package bench

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const (
	objects = 2000
	secrets = 500
	latency = 15 * time.Millisecond
)

// measured are the resources whose requests count as a pass's own.
var measured = []string{"externalsecrets", "secretstores", "clustersecretstores", "secrets", "events", "serviceaccounts", "namespaces"}

// BenchmarkPass is one iteration whatever -benchtime says: it reports a first sync, a pass with nothing due, and a forced
// refresh that changes nothing.
func BenchmarkPass(b *testing.B) {
	cluster := harness.Cluster(b)
	cluster.ApplyCRDs(b)
	endpoint := newProvider(b)
	runner := harness.Build(b, "./cmd/externalsecret-runner")
	plugin := harness.Build(b, "./cmd/kubectl-externalsecret")
	environment := append(endpoint.Env(), "KUBECONFIG="+cluster.Kubeconfig())

	fixture := newFixture(b, cluster.Config())
	warm, first, second := fixture.namespace(b, "warm-up"), fixture.namespace(b, "floor"), fixture.namespace(b, "pass")
	fixture.populate(b, warm, 200)
	fixture.populate(b, first, objects)
	fixture.populate(b, second, objects)
	fixture.floor(b, warm, 200)

	floor := fixture.floor(b, first, objects)
	fmt.Printf("%-44s %8.2f s\n", "floor: create, status patch, event", floor.Seconds())
	namespace := "--namespaces=" + second
	for _, pass := range []struct {
		name    string
		command []string
	}{
		{"first sync", []string{runner, namespace}},
		{"nothing due", []string{runner, namespace}},
		{"forced, nothing changed", []string{plugin, "refresh", "--all", "-n", second, "-o", "name"}},
	} {
		endpoint.ResetCounters(b)
		before := cluster.Requests(b)
		took := run(b, environment, pass.command)
		asked := cluster.Requests(b).Sub(before).Only(measured...)
		// The cluster's garbage collector reads each owner that is new to it, when it comes to it.
		maps.DeleteFunc(asked, func(kind harness.Request, _ int) bool {
			return kind.Verb == "GET" && kind.Resource == "externalsecrets"
		})
		fmt.Printf("%-44s %8.2f s %6.2f x floor %8.2f s CPU %6.1f MB %6d provider requests %6.3f API requests an object\n",
			pass.name, took.wall.Seconds(), took.wall.Seconds()/floor.Seconds(), took.cpu.Seconds(), took.megabytes,
			endpoint.Counters(b).Total(), float64(asked.Total())/objects)
	}
	b.ReportMetric(0, "ns/op") // the time of an iteration would mix the three passes and the floor
}

// usage is what a process took.
type usage struct {
	wall, cpu time.Duration
	megabytes float64 // at its peak
}

func run(b *testing.B, environment, command []string) usage {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), command[0], command[1:]...)
	cmd.Env = append(os.Environ(), environment...)
	began := time.Now()
	output, err := cmd.Output()
	wall := time.Since(began)
	require.NoError(b, err, "%s", output[:min(len(output), 2000)])
	used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	require.True(b, ok)
	return usage{
		wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		megabytes: float64(used.Maxrss) / 1024, // Linux counts in KiB
	}
}

func remoteName(i int) string { return fmt.Sprintf("bench/secret-%04d", i) }

// unlimited takes the client's own rate limit away, which would hide the server's.
func unlimited(config *rest.Config) *rest.Config {
	config.QPS = -1
	return config
}
