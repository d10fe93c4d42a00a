package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/metrics"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// publishWithin bounds what is told to others: with the grace period and the time to give a lease back it is within the 30 s that
// Kubernetes gives a Pod.
const publishWithin = 4 * time.Second

// Publish says where the report of a run goes besides standard output. What is empty is not written.
type Publish struct {
	// History keeps the reports of the last runs.
	History *report.History
	// TerminationLog and MetricsFile are paths, Pushgateway is a URL.
	TerminationLog, MetricsFile, Pushgateway string
}

// publish writes the report to all places. That one can't be written is logged and no more: the work is done. A dry run, which
// says nothing about the state of the cluster, and a run that has left the work to another leave what earlier ones have said.
func (r *run) publish(ctx context.Context) {
	tell := func(what string, err error) {
		if err != nil {
			r.Log.Error(what+" could not be written", "error", err.Error())
		}
	}
	if r.Publish.TerminationLog != "" {
		tell("the termination message", r.report.WriteBrief(r.Publish.TerminationLog))
	}
	if r.DryRun != write.DryRunNone || (r.report.Lease != nil && !r.report.Lease.Held) {
		return
	}
	now := time.Now()
	if r.Publish.MetricsFile != "" {
		tell("the file of metrics", metrics.WriteFile(r.Publish.MetricsFile, &r.report, now))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishWithin)
	defer cancel()
	var remote sync.WaitGroup
	if r.Publish.Pushgateway != "" {
		remote.Go(func() {
			tell("the metrics of the Pushgateway", metrics.Push(ctx, r.Publish.Pushgateway, &r.report, now))
		})
	}
	if r.Publish.History != nil {
		remote.Go(func() { tell("the report in the ConfigMap", r.Publish.History.Put(ctx, &r.report)) })
	}
	remote.Wait()
}

// print writes the report to standard output, as a line of JSON.
func (r *run) print() error {
	body, err := json.Marshal(&r.report)
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	_, err = fmt.Fprintf(r.Out, "%s\n", body)
	return err
}
