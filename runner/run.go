// Package runner is what the CronJob runs: one pass over the cluster, or over its shard, under a lease, logged and summed up for
// machines. How ExternalSecrets are synced is core's business; what a person types is plugin's.
package runner

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/lease"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/linger"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// Component is the source of the runner's Events and its user agent.
const Component = write.ComponentRunner

// grace is how long what is in flight may go on after SIGTERM: well within the 30 s that Kubernetes gives a Pod.
const grace = 20 * time.Second

// Exit codes of the runner. A signal adds its number to 128, as shells do.
const (
	// ExitOK: every ExternalSecret that was due is synced, or another run is at it.
	ExitOK = 0
	// ExitSomeFailed: the pass was made, and some ExternalSecrets or ClusterExternalSecrets failed.
	ExitSomeFailed = 1
	// ExitMisconfigured: no pass can be made until someone changes the flags, the rights or the installed CRDs.
	ExitMisconfigured = 2
	// ExitUnavailable: no pass could be made this time, or it was cut short, as by an API server that went away; the next may succeed.
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

// Config says which run to make.
type Config struct {
	Kube      *rest.Config
	Providers provider.Registry
	// Scope says which ExternalSecrets the run is about.
	Scope resolve.Scope
	// Class is the controller class that the runner serves.
	Class string
	// GenericTargets permits targets that are no Secrets.
	GenericTargets bool
	Concurrency    int
	DryRun         write.DryRun
	// Force refreshes what is not due.
	Force bool
	// Verbose logs also what was skipped or is unchanged.
	Verbose bool
	// Guard bounds how many Secrets may be deleted or emptied.
	Guard *core.RemovalGuard
	// Lease is the lease that the run is to hold; nil means none. It has no Run yet.
	Lease *lease.Lock
	// Linger is how long after its begin the run goes on; zero means until the pass is over.
	Linger time.Duration
	// Pod is where the run takes place.
	Pod string
	// Publish says where the report goes besides Out.
	Publish Publish
	Report  ReportFormat
	Log     *slog.Logger
	Out     io.Writer
}

// Run makes a run and writes its report. It returns an exit code; what a signal adds to it is the caller's business.
func Run(ctx context.Context, config Config) int {
	r := &run{Config: config}
	r.report.Started, r.report.Outcomes = time.Now(), map[core.Outcome]int{}
	r.report.Pod = config.Pod
	r.report.ID = report.NewID(r.report.Started, config.Scope.Shard)
	if shard := config.Scope.Shard; shard.Of > 1 {
		r.report.Shard = &report.Shard{Index: shard.Index, Of: shard.Of}
	}
	r.report.Exit = r.locked(ctx)
	if ctx.Err() != nil && r.report.Error == "" {
		r.report.Error = "stopped by a signal"
	}
	r.publish(ctx)
	if !r.made {
		return r.report.Exit
	}
	if err := r.print(); err != nil {
		config.Log.Error("the report could not be written", "error", err.Error())
		return ExitUnavailable
	}
	return r.report.Exit
}

// run is the state of a Run.
type run struct {
	Config
	// made tells that there is something to report: a pass, or that another run makes it.
	made bool

	mu     sync.Mutex // guards report while it lingers
	report report.Run
}

// locked makes the run while it holds the lease, where there is one.
func (r *run) locked(ctx context.Context) int {
	if r.Lease == nil {
		return r.passAndLinger(ctx, nil)
	}
	r.Lease.Run = r.report.ID
	r.report.Lease = &report.Lease{Name: r.Lease.Namespace + "/" + r.Lease.Name, Holder: r.Lease.Holder(), Held: true}
	if err := r.Lease.Acquire(ctx); err != nil {
		return r.notAcquired(err)
	}
	r.Log.Info("holds the lease", "lease", r.report.Lease.Name, "holder", r.report.Lease.Holder)
	ctx, kept := r.Lease.Keep(ctx)
	code := r.passAndLinger(ctx, kept.Lost)
	select {
	case <-kept.Lost:
		code = r.failed(ExitUnavailable, "the run was cut short", kept.Err())
	default:
	}
	if err := kept.Release(ctx); err != nil {
		r.Log.Warn("the lease could not be given back", "error", err.Error())
		// What failed may have failed for want of the API server: the Job tries again what it would else leave to the next run.
		if code == ExitSomeFailed && exitCodeOf(err) == ExitUnavailable {
			code = r.failed(ExitUnavailable, "the run was cut short", err)
		}
	}
	return code
}

// notAcquired is the end of a run that did not get the lease. That another has it is no failure, except for who has asked for more
// than what is due.
func (r *run) notAcquired(err error) int {
	var held *lease.HeldError
	if !errors.As(err, &held) {
		return r.failed(exitCodeOf(err), noPass, err)
	}
	r.made = true
	r.report.Lease.Holder, r.report.Lease.Held = held.Holder, false
	r.report.Note(err.Error())
	r.Log.Info("no pass is made", "note", err.Error())
	if len(r.Scope.Names) > 0 || r.Force {
		return ExitUnavailable
	}
	return ExitOK
}

// passAndLinger makes the pass and what follows it. Nothing is written any more once abort is closed.
func (r *run) passAndLinger(ctx context.Context, abort <-chan struct{}) int {
	config := core.Config{
		Kube: r.Kube, Providers: r.Providers, Scope: r.Scope, Class: r.Class, GenericTargets: r.GenericTargets, Force: r.Force, DryRun: r.DryRun, Concurrency: r.Concurrency,
		Guard: r.Guard, Grace: grace, Abort: abort, Component: Component,
		Begin: func(total int) {
			r.Log.Info("pass begins", "run", r.report.ID, "externalSecrets", total, "dryRun", r.DryRun)
		},
		Observe: func(result core.Result) { r.logResult(ctx, result) },
	}
	pass, err := core.Sync(ctx, config)
	if err != nil {
		return r.failed(exitCodeOf(err), noPass, err)
	}
	r.made = true
	r.report.Seconds = pass.Finished.Sub(pass.Started).Seconds()
	for _, result := range pass.ClusterExternalSecrets {
		logFanOut(ctx, r.Log, result)
	}
	r.logNotes(pass.Notes)
	r.report.Add(pass, r.Report == ReportFull)
	if r.Linger > 0 && ctx.Err() == nil {
		r.report.Exit = r.verdict()
		r.publish(ctx)
		if err := r.linger(ctx, config, pass.Results); err != nil {
			return r.failed(exitCodeOf(err), "the run was cut short", err)
		}
	}
	return r.verdict()
}

// linger syncs what is new, changed or due until the run has gone on for long enough.
func (r *run) linger(ctx context.Context, config core.Config, before []core.Result) error {
	ctx, cancel := context.WithDeadline(ctx, r.report.Started.Add(r.Linger))
	defer cancel()
	source, err := kube.New(ctx, r.Kube)
	if err != nil {
		return err
	}
	r.Log.Info("lingers", "until", r.report.Started.Add(r.Linger).UTC().Format(time.RFC3339))
	config.Force, config.Begin = false, nil
	return linger.Run(ctx, linger.Config{
		Source: source, Scope: r.Scope, Before: before, Log: r.Log,
		Sync: func(ctx context.Context, names []types.NamespacedName) []core.Result {
			small := config
			small.Scope = resolve.Scope{Names: names}
			pass, err := core.Sync(ctx, small)
			if err != nil {
				if ctx.Err() == nil {
					r.Log.Error(noPass, "error", err.Error())
				}
				return unmade(names, err)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.logNotes(pass.Notes)
			r.report.AddLinger(pass, r.Report == ReportFull)
			return pass.Results
		},
	})
}

// unmade are the results of a small pass that could not be made: it is tried again.
func unmade(names []types.NamespacedName, err error) []core.Result {
	results := make([]core.Result, len(names))
	for i, name := range names {
		results[i] = core.Result{Namespace: name.Namespace, Name: name.Name, Outcome: core.Failed, Reason: core.WriteError, Message: err.Error()}
	}
	return results
}

// noPass is the log message where no pass could be made.
const noPass = "no pass could be made"

// failed notes why the run as a whole failed.
func (r *run) failed(code int, what string, err error) int {
	r.Log.Error(what, "error", err.Error())
	r.report.Error = what + ": " + err.Error()
	return code
}

func (r *run) verdict() int {
	if r.report.Failing() {
		return ExitSomeFailed
	}
	return ExitOK
}

func (r *run) logNotes(notes []string) {
	for _, note := range notes {
		r.Log.Warn("note", "note", note)
	}
}

func exitCodeOf(err error) int {
	if kube.NeedsChange(err) || apierrors.IsNotFound(err) {
		return ExitMisconfigured
	}
	return ExitUnavailable
}

func (r *run) logResult(ctx context.Context, result core.Result) {
	level := slog.LevelInfo
	switch result.Outcome {
	case core.Skipped, core.Unchanged:
		if !r.Verbose {
			level = slog.LevelDebug
		}
	case core.Failed:
		level = slog.LevelError
	}
	attributes := []any{"namespace", result.Namespace, "name", result.Name, "outcome", result.Outcome}
	if result.Reason != "" {
		attributes = append(attributes, "reason", result.Reason, "message", result.Message)
	}
	if result.Changes.Any() {
		attributes = append(attributes, "changes", result.Changes)
	}
	r.Log.Log(ctx, level, "externalsecret", attributes...)
	for _, warning := range result.Warnings {
		r.Log.Warn("externalsecret", "namespace", result.Namespace, "name", result.Name, "warning", warning)
	}
}
