// Package runner is what the CronJob runs: one pass over the cluster, logged and summed up for machines. How ExternalSecrets
// are synced is core's business; what a person types is plugin's.
package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// Component is the source of the runner's Events and its user agent.
const Component = write.ComponentRunner

// grace is how long what is in flight may go on after SIGTERM: well within the 30 s that Kubernetes gives a Pod.
const grace = 20 * time.Second

// Exit codes of the runner. A signal adds its number to 128, as shells do.
const (
	// ExitOK: every ExternalSecret that was due is synced.
	ExitOK = 0
	// ExitSomeFailed: the pass was made, and some ExternalSecrets or ClusterExternalSecrets failed.
	ExitSomeFailed = 1
	// ExitMisconfigured: no pass can be made until someone changes the flags, the rights or the installed CRDs.
	ExitMisconfigured = 2
	// ExitUnavailable: no pass could be made this time; the next may succeed.
	ExitUnavailable = 3
)

// ReportFormat says how much of the report goes to standard output, always as one line of JSON.
type ReportFormat string

// The report formats.
const (
	// ReportSummary has counts and failures only.
	ReportSummary ReportFormat = "summary"
	// ReportFull has a result for every ExternalSecret.
	ReportFull ReportFormat = "full"
)

// Config says which pass to make.
type Config struct {
	Kube      *rest.Config
	Providers provider.Registry
	// Namespaces are those to reconcile; none means all.
	Namespaces []string
	// Selector and FieldSelector narrow the ExternalSecrets.
	Selector, FieldSelector string
	// Class is the controller class that the runner serves.
	Class string
	// GenericTargets permits targets that are no Secrets.
	GenericTargets bool
	Concurrency    int
	DryRun         write.DryRun
	Report         ReportFormat
	Log            *slog.Logger
	Out            io.Writer
}

// Run makes a pass and writes its report. It returns an exit code; what a signal adds to it is the caller's business.
func Run(ctx context.Context, config Config) int {
	report, err := core.Sync(ctx, core.Config{
		Kube:           config.Kube,
		Providers:      config.Providers,
		Scope:          resolve.Scope{Namespaces: config.Namespaces, Selector: kube.Selector{Labels: config.Selector, Fields: config.FieldSelector}},
		Class:          config.Class,
		GenericTargets: config.GenericTargets,
		DryRun:         config.DryRun,
		Concurrency:    config.Concurrency,
		Grace:          grace,
		Component:      Component,
		Begin:          func(total int) { config.Log.Info("pass begins", "externalSecrets", total, "dryRun", config.DryRun) },
		Observe:        func(r core.Result) { logResult(ctx, config.Log, r) },
	})
	if err != nil {
		config.Log.Error("no pass could be made", "error", err.Error())
		return exitCodeOf(err)
	}
	for _, r := range report.ClusterExternalSecrets {
		logFanOut(ctx, config.Log, r)
	}
	for _, note := range report.Notes {
		config.Log.Warn("note", "note", note)
	}
	if err := printReport(config.Out, report, config.Report); err != nil {
		config.Log.Error("the report could not be written", "error", err.Error())
		return ExitUnavailable
	}
	if report.Failed() {
		return ExitSomeFailed
	}
	return ExitOK
}

func exitCodeOf(err error) int {
	if kube.NeedsChange(err) {
		return ExitMisconfigured
	}
	return ExitUnavailable
}

func logResult(ctx context.Context, log *slog.Logger, r core.Result) {
	level := slog.LevelInfo
	switch r.Outcome {
	case core.Skipped, core.Unchanged:
		level = slog.LevelDebug
	case core.Failed:
		level = slog.LevelError
	}
	attributes := []any{"namespace", r.Namespace, "name", r.Name, "outcome", r.Outcome}
	if r.Reason != "" {
		attributes = append(attributes, "reason", r.Reason, "message", r.Message)
	}
	if r.Changes.Any() {
		attributes = append(attributes, "changes", r.Changes)
	}
	log.Log(ctx, level, "externalsecret", attributes...)
	for _, warning := range r.Warnings {
		log.Warn("externalsecret", "namespace", r.Namespace, "name", r.Name, "warning", warning)
	}
}

// summary is the line that the runner leaves on standard output. The names of its fields are stable.
type summary struct {
	Started  time.Time            `json:"started"`
	Seconds  float64              `json:"seconds"`
	Total    int                  `json:"total"`
	Outcomes map[core.Outcome]int `json:"outcomes"`
	// Requests counts the requests to providers, by operation.
	Requests map[string]int `json:"requests,omitempty"`
	Notes    []string       `json:"notes,omitempty"`
	// Results are the failures, or everything under ReportFull.
	Results []core.Result `json:"results,omitempty"`
	// ClusterExternalSecrets are those that failed or changed something, or all under ReportFull.
	ClusterExternalSecrets []fanout.Result `json:"clusterExternalSecrets,omitempty"`
}

func printReport(out io.Writer, report core.Report, format ReportFormat) error {
	line := summary{
		Started: report.Started, Seconds: report.Finished.Sub(report.Started).Seconds(), Total: len(report.Results),
		Outcomes: report.Counts(), Requests: report.Requests, Notes: report.Notes,
	}
	for _, result := range report.Results {
		if format == ReportFull || result.Outcome == core.Failed {
			line.Results = append(line.Results, result)
		}
	}
	for _, result := range report.ClusterExternalSecrets {
		if format == ReportFull || result.Outcome == fanout.Failed || result.Outcome == fanout.Updated {
			line.ClusterExternalSecrets = append(line.ClusterExternalSecrets, result)
		}
	}
	body, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s\n", body)
	return err
}
