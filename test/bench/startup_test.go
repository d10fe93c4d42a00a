package bench

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// BenchmarkStartup measures what it takes until the plugin can do anything, in turns with kubectl: who types a command waits for that
// each time, and so does a shell that completes words.
func BenchmarkStartup(b *testing.B) {
	const rounds = 41
	plugin := harness.Build(b, "./cmd/kubectl-externalsecret")
	kubectl := filepath.Join(harness.Cluster(b).Info.Bin, "kubectl")
	environment := []string{"HOME=" + b.TempDir()}
	var base, took []usage
	for round := range rounds + 1 {
		one, other := run(b, environment, []string{kubectl, "version", "--client"}), run(b, environment, []string{plugin, "version", "--client"})
		if round > 0 { // the first one warms up
			base, took = append(base, one), append(took, other)
		}
	}
	line := func(name string, all []usage) float64 {
		cpu := median(all, func(u usage) float64 { return u.cpu.Seconds() * 1000 })
		wall := median(all, func(u usage) float64 { return u.wall.Seconds() * 1000 })
		fmt.Printf("%-44s %8.0f ms %7.0f ms CPU\n", name+" version --client", wall, cpu)
		return cpu
	}
	of := line("kubectl", base)
	fmt.Printf("%-44s %8.2f\n", "ratio of the medians of CPU time", line("kubectl externalsecret", took)/of)
	b.ReportMetric(0, "ns/op")
}
