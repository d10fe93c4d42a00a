// Package metrics tells Prometheus about a run that is over: in a file for the node exporter's textfile collector, or by way of a
// Pushgateway. Nothing is served here: a run does not live long enough to be scraped.
package metrics

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// prefix begins the name of every metric.
const prefix = "externalsecret_runner_"

// lastSuccess is the metric that outlives runs that fail.
const lastSuccess = "last_success_timestamp_seconds"

// exposition is a text in Prometheus's exposition format.
type exposition struct {
	strings.Builder
	common []string // labels of every sample, as name and value by turns
}

// family begins a metric.
func (e *exposition) family(name, help string) func(value float64, labels ...string) {
	fmt.Fprintf(e, "# HELP %s%s %s\n# TYPE %s%s gauge\n", prefix, name, help, prefix, name)
	return func(value float64, labels ...string) {
		var pairs []string
		for pair := range slices.Chunk(append(slices.Clone(e.common), labels...), 2) {
			pairs = append(pairs, pair[0]+`="`+escape(pair[1])+`"`)
		}
		e.WriteString(prefix + name)
		if len(pairs) > 0 {
			e.WriteString("{" + strings.Join(pairs, ",") + "}")
		}
		e.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
	}
}

// escape writes the value of a label as the format wants it.
func escape(value string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value)
}

// textOf is a run in Prometheus's exposition format, as of now. The labels are put on every sample.
func textOf(run *report.Run, now time.Time, labels ...string) string {
	e := &exposition{common: labels}
	e.family("last_run_timestamp_seconds", "When the last run ended.")(seconds(now))
	if run.Exit == 0 {
		e.family(lastSuccess, "When the last run ended that had no failure.")(seconds(now))
	}
	e.family("exit_code", "Exit code of the last run.")(float64(run.Exit))
	e.family("duration_seconds", "How long the pass of the last run took.")(run.Seconds)
	outcomes := e.family("externalsecrets", "ExternalSecrets of the pass of the last run, by outcome.")
	for _, outcome := range core.Outcomes() {
		outcomes(float64(run.Outcomes[outcome]), "outcome", string(outcome))
	}
	failures := e.family("failures", "ExternalSecrets that have failed in the last run, by reason.")
	byReason := map[core.Reason]int{}
	for _, cause := range run.Causes {
		byReason[cause.Reason] += cause.Count
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		failures(float64(byReason[reason]), "reason", string(reason))
	}
	e.family("removals_refused", "Secrets that the guard rail has kept from being deleted or emptied in the last run.")(float64(run.Removals.Refused))
	stalest := 0.0
	for _, s := range run.Stalest {
		stalest = max(stalest, now.Sub(s.Since).Seconds())
	}
	e.family("stalest_seconds", "For how long the stalest ExternalSecret that was due has not been synced.")(stalest)
	for _, metric := range []struct {
		name, help string
		of         func(core.StoreUse) float64
	}{
		{"provider_requests", "Requests to providers in the last run, retries included, by store.", func(s core.StoreUse) float64 { return float64(s.Requests) }},
		{"provider_retries", "Requests that were made again after a failure.", func(s core.StoreUse) float64 { return float64(s.Retries) }},
		{"provider_throttles", "Requests that the provider refused for being too many.", func(s core.StoreUse) float64 { return float64(s.Throttles) }},
		{"provider_request_seconds", "How long the answers took in all.", func(s core.StoreUse) float64 { return s.TotalSeconds }},
		{"provider_slowest_request_seconds", "How long the slowest answer took.", func(s core.StoreUse) float64 { return s.MaxSeconds }},
	} {
		sample := e.family(metric.name, metric.help)
		for _, store := range run.Stores {
			sample(metric.of(store), "store", store.Store)
		}
	}
	return e.String()
}

func seconds(t time.Time) float64 {
	return float64(t.UnixMilli()) / float64(time.Second/time.Millisecond)
}

// shardLabel is the label that tells a run's shard; none where there is one shard only.
func shardLabel(run *report.Run) []string {
	if run.Shard == nil {
		return nil
	}
	return []string{"shard", strconv.Itoa(run.Shard.Index)}
}
