package runner

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// environmentPrefix begins the environment variable of each flag: --log-level is EXTERNALSECRET_RUNNER_LOG_LEVEL.
const environmentPrefix = "EXTERNALSECRET_RUNNER_"

// ErrHelp means that the flags asked for help, which was printed.
var ErrHelp = pflag.ErrHelp

// defaultKeepRuns is how many reports are kept of each shard.
const defaultKeepRuns = 10

// Settings are the runner's flags before they are checked.
type Settings struct {
	Kubeconfig, Context      string
	Namespaces, Names        []string
	Selector, FieldSelector  string
	Class                    string
	GenericTargets           bool
	Shards, Shard            int
	Concurrency              int
	Force                    bool
	DryRun                   string
	MaxRemovals              string
	Lease                    string
	Linger                   time.Duration
	Report, ReportTo         string
	KeepRuns                 int
	TerminationLog           string
	MetricsFile, PushMetrics string
	LogLevel                 string
}

// Flags makes the flag set that fills s, with the defaults.
func (s *Settings) Flags() *pflag.FlagSet {
	flags := pflag.NewFlagSet(Component, pflag.ContinueOnError)
	flags.StringVar(&s.Kubeconfig, "kubeconfig", "", "path of a kubeconfig; without it the Pod's service account is used, or the kubeconfig that kubectl would use")
	flags.StringVar(&s.Context, "context", "", "context of the kubeconfig")
	flags.StringSliceVar(&s.Namespaces, "namespaces", nil, "namespaces to reconcile, comma-separated; all if empty")
	flags.StringSliceVar(&s.Names, "names", nil, "ExternalSecrets to reconcile and no others, comma-separated, each as NAMESPACE/NAME")
	flags.StringVarP(&s.Selector, "selector", "l", "", "label selector of the ExternalSecrets to reconcile")
	flags.StringVar(&s.FieldSelector, "field-selector", "", "field selector of the ExternalSecrets to reconcile")
	flags.StringVar(&s.Class, "controller-class", api.ControllerDefault, "class of the stores to serve, besides those that name none")
	flags.BoolVar(&s.GenericTargets, "unsafe-allow-generic-targets", false,
		"let ExternalSecrets write other objects than Secrets (spec.target.manifest), as far as the runner's rights go")
	flags.IntVar(&s.Shards, "shards", 1, "how many runs share the ExternalSecrets, each of them a shard")
	flags.IntVar(&s.Shard, "shard", -1, "which shard this run is, from 0; if negative, what "+completionIndex+" says, which an Indexed Job sets")
	flags.IntVar(&s.Concurrency, "concurrency", core.DefaultConcurrency, "how many ExternalSecrets are written at once")
	flags.BoolVar(&s.Force, "force", false, "refresh also what is not due")
	flags.StringVar(&s.DryRun, "dry-run", string(write.DryRunNone), "none, client (compare and write nothing) or server (have the API server check the writes); a dry run needs no lease")
	flags.StringVar(&s.MaxRemovals, "max-removals", core.DefaultMaxRemovals, "how many Secrets a run may delete or empty: a number, or a share of those there are, but three at least; if it would be more, none is")
	flags.StringVar(&s.Lease, "lease", "", "Lease to hold during the run, as NAMESPACE/NAME, so that no other run works at the same time; with shards its name ends with the shard's number")
	flags.DurationVar(&s.Linger, "linger", 0, "how long after its begin the run goes on, to sync within seconds what is new or changes and what comes due; 0 ends it with the pass")
	flags.StringVar(&s.Report, "report", string(ReportSummary), "what the line of JSON on standard output holds: summary (counts and failures) or full (every result)")
	flags.StringVar(&s.ReportTo, "report-to", "", "ConfigMap in which to keep the reports of the last runs, as NAMESPACE/NAME")
	flags.IntVar(&s.KeepRuns, "keep-runs", defaultKeepRuns, "how many runs --report-to keeps, of each shard")
	flags.StringVar(&s.TerminationLog, "termination-log", "", "file to write a one-line summary to, such as /dev/termination-log")
	flags.StringVar(&s.MetricsFile, "metrics-file", "", "file to write Prometheus metrics to, for a textfile collector; with shards each has one of its own")
	flags.StringVar(&s.PushMetrics, "push-metrics", "", "URL of a Prometheus Pushgateway to send metrics to")
	flags.StringVar(&s.LogLevel, "log-level", "info", "debug, info, warn or error")
	return flags
}

// Parse fills s from the arguments, and from the environment for flags that are not among them.
func (s *Settings) Parse(args []string, lookup func(string) (string, bool), out io.Writer) error {
	flags := s.Flags()
	flags.SetOutput(out)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: the runner takes flags only", flags.Arg(0))
	}
	var failures []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := environmentPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value, ok := lookup(name); ok && !f.Changed {
			if err := flags.Set(f.Name, value); err != nil {
				failures = append(failures, fmt.Errorf("%s: %w", name, err))
			}
		}
	})
	return errors.Join(failures...)
}

func (s *Settings) connection(log *slog.Logger) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = s.Kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: s.Context}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("find the API server: %w", err)
	}
	config.QPS = -1 // the pipeline bounds its own concurrency
	config.UserAgent = Component
	config.WarningHandlerWithContext = warnings{log}
	return config, nil
}
