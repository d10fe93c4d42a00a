package runner

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/lease"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/metrics"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/object"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

const (
	// completionIndex is the variable by which an Indexed Job tells a Pod which of them it is.
	completionIndex = "JOB_COMPLETION_INDEX"
	// podName is the variable by which a manifest tells a Pod its name; the host name is another in an Indexed Job.
	podName = "POD_NAME"
)

// Config checks the settings and connects them to what they name. getenv is how the Pod's environment is seen. Logs go to logs as
// JSON, the report to out.
func (s *Settings) Config(providers provider.Registry, getenv func(string) string, out, logs io.Writer) (Config, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		return Config{}, fmt.Errorf("--log-level %q is none of debug, info, warn and error", s.LogLevel)
	}
	config := Config{
		Providers: providers, Class: s.Class, GenericTargets: s.GenericTargets, Concurrency: s.Concurrency, DryRun: write.DryRun(s.DryRun), Force: s.Force,
		Verbose: s.Force || len(s.Names) > 0, Linger: s.Linger, Report: ReportFormat(s.Report),
		Publish: Publish{TerminationLog: s.TerminationLog, MetricsFile: s.MetricsFile, Pushgateway: s.PushMetrics},
		Pod:     podOf(getenv),
		Log:     slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: level})), Out: out,
	}
	if err := s.check(); err != nil {
		return Config{}, err
	}
	var err error
	if config.Scope, err = s.scope(getenv); err != nil {
		return Config{}, err
	}
	if config.Guard, err = core.NewRemovalGuard(s.MaxRemovals); err != nil {
		return Config{}, fmt.Errorf("--max-removals: %w", err)
	}
	if config.Kube, err = s.connection(config.Log); err != nil {
		return Config{}, err
	}
	objects, err := object.New(config.Kube)
	if err != nil {
		return Config{}, err
	}
	if s.Lease != "" {
		name, err := objectName("--lease", s.Lease)
		if err != nil {
			return Config{}, err
		}
		if s.Shards > 1 {
			name.Name += "-" + strconv.Itoa(config.Scope.Shard.Index)
		}
		if config.DryRun == write.DryRunNone {
			config.Lease = &lease.Lock{Objects: objects, Namespace: name.Namespace, Name: name.Name, Pod: config.Pod, Duration: lease.Duration}
		}
	}
	if s.ReportTo != "" {
		name, err := objectName("--report-to", s.ReportTo)
		if err != nil {
			return Config{}, err
		}
		config.Publish.History = &report.History{Objects: objects, Namespace: name.Namespace, Name: name.Name, Keep: s.KeepRuns, Shards: s.Shards}
	}
	return config, nil
}

// check tells what is wrong with a setting in itself.
func (s *Settings) check() error {
	switch write.DryRun(s.DryRun) {
	case write.DryRunNone, write.DryRunClient, write.DryRunServer:
	default:
		return fmt.Errorf("--dry-run %q is none of none, client and server", s.DryRun)
	}
	if format := ReportFormat(s.Report); format != ReportSummary && format != ReportFull {
		return fmt.Errorf("--report %q is neither summary nor full", s.Report)
	}
	if _, err := labels.Parse(s.Selector); err != nil {
		return fmt.Errorf("--selector %q: %w", s.Selector, err)
	}
	if _, err := fields.ParseSelector(s.FieldSelector); err != nil {
		return fmt.Errorf("--field-selector %q: %w", s.FieldSelector, err)
	}
	if s.PushMetrics != "" {
		if err := metrics.CheckURL(s.PushMetrics); err != nil {
			return fmt.Errorf("--push-metrics: %w", err)
		}
	}
	switch {
	case s.Concurrency < 1:
		return fmt.Errorf("--concurrency %d is less than 1", s.Concurrency)
	case s.KeepRuns < 1:
		return fmt.Errorf("--keep-runs %d is less than 1", s.KeepRuns)
	case s.Linger < 0:
		return fmt.Errorf("--linger %s is negative", s.Linger)
	case s.Linger > 0 && len(s.Names) > 0:
		return errors.New("--linger is not for --names: what is named is reconciled once")
	case s.Linger > 0 && write.DryRun(s.DryRun) != write.DryRunNone:
		return errors.New("--linger is not for a --dry-run")
	case len(s.Names) > 0 && (s.Selector != "" || s.FieldSelector != ""):
		return errors.New("--names says which ExternalSecrets are meant: no --selector or --field-selector with it")
	}
	return nil
}

// scope is what the run is about.
func (s *Settings) scope(getenv func(string) string) (resolve.Scope, error) {
	scope := resolve.Scope{Namespaces: s.Namespaces, Selector: kube.Selector{Labels: s.Selector, Fields: s.FieldSelector}}
	for _, text := range s.Names {
		name, err := objectName("--names", text)
		if err != nil {
			return resolve.Scope{}, err
		}
		if len(s.Namespaces) > 0 && !slices.Contains(s.Namespaces, name.Namespace) {
			return resolve.Scope{}, fmt.Errorf("--names %q is in none of the --namespaces %s", text, strings.Join(s.Namespaces, ","))
		}
		scope.Names = append(scope.Names, name)
	}
	if s.Shards < 1 {
		return resolve.Scope{}, fmt.Errorf("--shards %d is less than 1", s.Shards)
	}
	if s.Shards == 1 {
		return scope, nil
	}
	index, source := s.Shard, "--shard"
	if index < 0 {
		text := getenv(completionIndex)
		if text == "" {
			return resolve.Scope{}, fmt.Errorf("--shards %d needs --shard, or the %s of an Indexed Job", s.Shards, completionIndex)
		}
		var err error
		if index, err = strconv.Atoi(text); err != nil || index < 0 {
			return resolve.Scope{}, fmt.Errorf("%s %q is no number", completionIndex, text)
		}
		source = completionIndex
	}
	if index >= s.Shards {
		return resolve.Scope{}, fmt.Errorf("%s %d is none of --shards %d, which count from 0", source, index, s.Shards)
	}
	scope.Shard = resolve.Shard{Index: index, Of: s.Shards}
	return scope, nil
}

// objectName reads NAMESPACE/NAME.
func objectName(flag, text string) (types.NamespacedName, error) {
	namespace, name, ok := strings.Cut(text, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return types.NamespacedName{}, fmt.Errorf("%s %q is not of the form NAMESPACE/NAME", flag, text)
	}
	return types.NamespacedName{Namespace: namespace, Name: name}, nil
}

// podOf names the place of the run: its Pod or, elsewhere, its machine.
func podOf(getenv func(string) string) string {
	if name := getenv(podName); name != "" {
		return name
	}
	if name, err := os.Hostname(); err == nil {
		return name
	}
	return Component
}
