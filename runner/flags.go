package runner

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// environmentPrefix begins the environment variable of each flag: --log-level is EXTERNALSECRET_RUNNER_LOG_LEVEL.
const environmentPrefix = "EXTERNALSECRET_RUNNER_"

// ErrHelp means that the flags asked for help, which was printed.
var ErrHelp = pflag.ErrHelp

// Settings are the runner's flags before they are checked.
type Settings struct {
	Kubeconfig, Context     string
	Namespaces              []string
	Selector, FieldSelector string
	Class                   string
	GenericTargets          bool
	Concurrency             int
	DryRun, Report          string
	LogLevel                string
}

// Flags makes the flag set that fills s, with the defaults.
func (s *Settings) Flags() *pflag.FlagSet {
	flags := pflag.NewFlagSet(Component, pflag.ContinueOnError)
	flags.StringVar(&s.Kubeconfig, "kubeconfig", "", "path of a kubeconfig; without it the Pod's service account is used, or the kubeconfig that kubectl would use")
	flags.StringVar(&s.Context, "context", "", "context of the kubeconfig")
	flags.StringSliceVar(&s.Namespaces, "namespaces", nil, "namespaces to reconcile, comma-separated; all if empty")
	flags.StringVarP(&s.Selector, "selector", "l", "", "label selector of the ExternalSecrets to reconcile")
	flags.StringVar(&s.FieldSelector, "field-selector", "", "field selector of the ExternalSecrets to reconcile")
	flags.StringVar(&s.Class, "controller-class", api.ControllerDefault, "class of the stores to serve, besides those that name none")
	flags.BoolVar(&s.GenericTargets, "unsafe-allow-generic-targets", false,
		"let ExternalSecrets write other objects than Secrets (spec.target.manifest), as far as the runner's rights go")
	flags.IntVar(&s.Concurrency, "concurrency", core.DefaultConcurrency, "how many ExternalSecrets are written at once")
	flags.StringVar(&s.DryRun, "dry-run", string(write.DryRunNone), "none, client (compare and write nothing) or server (have the API server check the writes)")
	flags.StringVar(&s.Report, "report", string(ReportSummary), "what the line of JSON on standard output holds: summary (counts and failures) or full (every result)")
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

// Config checks the settings and connects them to what they name. Logs go to logs as JSON, the report to out.
func (s *Settings) Config(providers provider.Registry, out, logs io.Writer) (Config, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		return Config{}, fmt.Errorf("--log-level %q is none of debug, info, warn and error", s.LogLevel)
	}
	dryRun := write.DryRun(s.DryRun)
	switch dryRun {
	case write.DryRunNone, write.DryRunClient, write.DryRunServer:
	default:
		return Config{}, fmt.Errorf("--dry-run %q is none of none, client and server", s.DryRun)
	}
	format := ReportFormat(s.Report)
	if format != ReportSummary && format != ReportFull {
		return Config{}, fmt.Errorf("--report %q is neither summary nor full", s.Report)
	}
	if _, err := labels.Parse(s.Selector); err != nil {
		return Config{}, fmt.Errorf("--selector %q: %w", s.Selector, err)
	}
	if _, err := fields.ParseSelector(s.FieldSelector); err != nil {
		return Config{}, fmt.Errorf("--field-selector %q: %w", s.FieldSelector, err)
	}
	if s.Concurrency < 1 {
		return Config{}, fmt.Errorf("--concurrency %d is less than 1", s.Concurrency)
	}
	log := slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: level}))
	connection, err := s.connection(log)
	if err != nil {
		return Config{}, err
	}
	return Config{
		Kube: connection, Providers: providers, Namespaces: s.Namespaces, Selector: s.Selector, FieldSelector: s.FieldSelector,
		Class: s.Class, GenericTargets: s.GenericTargets, Concurrency: s.Concurrency, DryRun: dryRun, Report: format, Log: log, Out: out,
	}, nil
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
