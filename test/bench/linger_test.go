package bench

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// newcomers are made one after the other, and a burst of them some at a time.
const newcomers, burst = 100, 200

// BenchmarkLinger is one iteration whatever -benchtime says: it reports how long after an ExternalSecret was made its Secret is
// there, while the runner lingers beside a thousand that rest.
func BenchmarkLinger(b *testing.B) {
	cluster := harness.Cluster(b)
	cluster.ApplyCRDs(b)
	endpoint := newProvider(b)
	fixture := newFixture(b, cluster.Config())
	namespace := fixture.namespace(b, "linger")
	fixture.populate(b, namespace, 1000)

	cmd := exec.CommandContext(b.Context(), harness.Build(b, "./cmd/externalsecret-runner"), "--namespaces", namespace, "--linger", "30m")
	cmd.Env = append(append(os.Environ(), endpoint.Env()...), "KUBECONFIG="+cluster.Kubeconfig())
	logs, err := cmd.StderrPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	lines := bufio.NewScanner(logs)
	for lines.Scan() && !strings.Contains(lines.Text(), `"lingers"`) {
		continue
	}
	go func() {
		for lines.Scan() {
			continue
		}
	}()
	made := fixture.seen(b, namespace)

	var waits []time.Duration
	for i := range newcomers {
		name := fmt.Sprintf("new-%04d", i)
		began := time.Now()
		fixture.newcomer(b, namespace, name, i)
		waits = append(waits, made(name).Sub(began))
	}
	report("new ExternalSecret to Secret, one by one", waits)
	waits = make([]time.Duration, burst)
	fixture.parallel(b, burst, func(_ context.Context, i int) error {
		name := fmt.Sprintf("burst-%04d", i)
		began := time.Now()
		fixture.newcomer(b, namespace, name, i)
		waits[i] = made(name).Sub(began)
		return nil
	})
	report(fmt.Sprintf("the same of %d, %d at once", burst, core.DefaultConcurrency), waits)
	require.NoError(b, cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait() // 143
	b.ReportMetric(0, "ns/op")
}

func report(what string, waits []time.Duration) {
	slices.Sort(waits)
	at := func(share int) float64 { return waits[(len(waits)-1)*share/100].Seconds() }
	fmt.Printf("%-44s %8.2f s p50 %8.2f s p95 %8.2f s at most\n", what, at(50), at(95), at(100))
}

// newcomer makes an ExternalSecret of two keys.
func (f *fixture) newcomer(b *testing.B, namespace, name string, i int) {
	b.Helper()
	f.create(b, namespace, api.APIVersion, api.ResourceExternalSecrets, api.KindExternalSecret, name, specOf(i))
}

// seen watches the Secrets of a namespace. What it returns waits for one, and tells when it was made.
func (f *fixture) seen(b *testing.B, namespace string) func(name string) time.Time {
	b.Helper()
	watching, err := f.dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}).Namespace(namespace).
		Watch(b.Context(), metav1.ListOptions{LabelSelector: api.LabelManaged + "=" + api.LabelManagedValue})
	require.NoError(b, err)
	b.Cleanup(watching.Stop)
	var at sync.Map
	go func() {
		for event := range watching.ResultChan() {
			if s, ok := event.Object.(*unstructured.Unstructured); ok {
				at.LoadOrStore(s.GetName(), time.Now())
			}
		}
	}()
	return func(name string) time.Time {
		const limit, pause = time.Minute, time.Millisecond
		for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(pause) {
			if when, ok := at.Load(name); ok {
				return when.(time.Time)
			}
		}
		require.FailNow(b, "no Secret "+name)
		return time.Time{}
	}
}
