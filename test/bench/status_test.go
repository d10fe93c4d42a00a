package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// BenchmarkStatus is one iteration whatever -benchtime says: it reports how long `status -A` takes on a cluster of 10,000
// ExternalSecrets and, in turns with it, `kubectl get externalsecrets -A`. The aim is a ratio of 1.2 at most.
func BenchmarkStatus(b *testing.B) {
	const namespaces, each, rounds = 20, 500, 9
	cluster := harness.Cluster(b)
	cluster.ApplyCRDs(b)
	fixture := newFixture(b, cluster.Config())
	for i := range namespaces {
		namespace := fixture.namespace(b, fmt.Sprintf("status-%02d", i))
		fixture.populate(b, namespace, each)
		fixture.settle(b, namespace, each)
	}
	// kubectl keeps what it discovers in the home directory: there, an earlier cluster on the same port would live on.
	environment := []string{"HOME=" + b.TempDir(), "KUBECONFIG=" + cluster.Kubeconfig()}
	kubectl := []string{filepath.Join(cluster.Info.Bin, "kubectl"), "get", api.ResourceExternalSecrets, "-A"}
	status := []string{harness.Build(b, "./cmd/kubectl-externalsecret"), "status", "-A"}
	var get, tell []usage
	for round := range rounds + 1 {
		one, other := run(b, environment, kubectl), run(b, environment, status)
		if round > 0 { // the first one warms up
			get, tell = append(get, one), append(tell, other)
		}
	}
	before := cluster.Requests(b)
	run(b, environment, status)
	asked := cluster.Requests(b).Sub(before)
	line := func(name string, all []usage) time.Duration {
		wall := median(all, func(u usage) float64 { return u.wall.Seconds() })
		fmt.Printf("%-44s %8.2f s %8.2f s CPU %6.1f MB\n", name, wall,
			median(all, func(u usage) float64 { return u.cpu.Seconds() }), median(all, func(u usage) float64 { return u.megabytes }))
		return time.Duration(wall * float64(time.Second))
	}
	base := line(strings.Join(append([]string{"kubectl"}, kubectl[1:]...), " "), get)
	took := line("kubectl externalsecret status -A", tell)
	fmt.Printf("%-44s %8.2f x %d LISTs\n", "ratio of the medians", took.Seconds()/base.Seconds(),
		asked.Count("LIST", api.ResourceExternalSecrets))
	b.ReportMetric(0, "ns/op")
}

// settle writes the statuses of n ExternalSecrets as a sync does.
func (f *fixture) settle(b *testing.B, namespace string, n int) {
	b.Helper()
	now := metav1.Now()
	status, err := json.Marshal([]map[string]any{{"op": "add", "path": "/status", "value": api.ExternalSecretStatus{
		RefreshTime: &now, SyncedResourceVersion: api.SyncedResourceVersion(1, nil, nil), Binding: &api.Binding{Name: name(0)},
		Conditions: []api.Condition{{
			Type: api.ConditionReady, Status: metav1.ConditionTrue, Reason: api.ReasonSecretSynced,
			Message: api.MessageSecretSynced, LastTransitionTime: &now,
		}},
	}}})
	require.NoError(b, err)
	f.parallel(b, n, func(ctx context.Context, i int) error { return f.client.PatchStatus(ctx, namespace, name(i), status) })
}

func median(all []usage, of func(usage) float64) float64 {
	values := make([]float64, len(all))
	for i, u := range all {
		values[i] = of(u)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
