package refresh

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/completion"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

const (
	// grace is how long what is in flight may go on after a timeout or a signal.
	grace = 5 * time.Second
)

// Flags are the flags of refresh, and what the command needs besides.
type Flags struct {
	Scope scope.Flags
	All   bool
	// Store and RemoteKey narrow by what ExternalSecrets read.
	Store       string
	RemoteKey   string
	Timeout     time.Duration
	Concurrency int
	Class       string
	MaxRemovals string
	// Via says who refreshes.
	Via string
	// RunnerNamespace is where the runner is installed.
	RunnerNamespace string
	// Restart has workloads restarted.
	Restart bool
	// GenericTargets permits targets that are no Secrets.
	GenericTargets bool
	Print          *genericclioptions.PrintFlags

	getter    genericclioptions.RESTClientGetter
	streams   genericiooptions.IOStreams
	providers provider.Registry
}

// NewFlags are the defaults.
func NewFlags(
	getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry,
) *Flags {
	return &Flags{
		Concurrency:     core.DefaultConcurrency,
		Class:           api.ControllerDefault,
		MaxRemovals:     core.DefaultMaxRemovals,
		Via:             string(ViaAuto),
		RunnerNamespace: jobs.Namespace,
		Print:           genericclioptions.NewPrintFlags(""),
		getter:          getter,
		streams:         streams,
		providers:       providers,
	}
}

// AddFlags binds them to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	f.Scope.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&f.All, "all", f.All, "Refresh all ExternalSecrets of the namespace, or of all namespaces with -A.")
	cmd.Flags().StringVar(&f.Store, "store", f.Store,
		"Refresh the ExternalSecrets that read this store: NAME or store/NAME for a SecretStore, clusterstore/NAME for a ClusterSecretStore.")
	cmd.Flags().StringVar(&f.RemoteKey, "remote-key", f.RemoteKey,
		"Refresh the ExternalSecrets that read this remote secret, named as they do or with the prefix of their store, and those whose search may find it.")
	cmd.Flags().StringVar(&f.Via, "via", f.Via,
		`Who refreshes. "auto": who answers for the stores in the cluster, as far as can be seen, and otherwise "local". "local": this process, with your rights and credentials. "runner": a Job of the runner that is installed `+
			`in the cluster, with its rights and identity. "controller": the operator that runs in the cluster is asked by an annotation `+
			"and waited for, a minute unless --timeout says otherwise.")
	cmd.Flags().StringVar(&f.RunnerNamespace, "runner-namespace", f.RunnerNamespace, "Namespace in which the runner is installed.")
	cmd.Flags().BoolVar(&f.Restart, "restart", f.Restart,
		"Restart the Deployments, StatefulSets and DaemonSets that have an old value of a refreshed Secret and do not take up the new one "+
			"by themselves, as kubectl rollout restart does. --dry-run says which.")
	cmd.Flags().DurationVar(&f.Timeout, "timeout", f.Timeout,
		"How long to go on before giving up on those that were not reached. Needs a unit (e.g. 30s, 5m). Zero means no limit.")
	cmd.Flags().IntVar(&f.Concurrency, "concurrency", f.Concurrency, "How many ExternalSecrets are worked on at once.")
	scope.AddClass(cmd.Flags(), &f.Class)
	cmd.Flags().BoolVar(&f.GenericTargets, "unsafe-allow-generic-targets", f.GenericTargets,
		"Let ExternalSecrets write other objects than Secrets (spec.target.manifest), with your rights.")
	cmd.Flags().StringVar(&f.MaxRemovals, "max-removals", f.MaxRemovals,
		"How many Secrets may be deleted or emptied: a number, or a share of those there are, but three at least. If it would be more, none is.")
	cmdutil.AddDryRunFlag(cmd)
	cmd.Flags().Lookup("dry-run").Usage = `Must be "none", "server", or "client". If client strategy, read the stores and print ` +
		`what would change. If server strategy, also let the API server check the Secrets, without persisting them.`
	f.Print.AddFlags(cmd)
	cmd.Flags().Lookup("show-managed-fields").Hidden = true // there are none in what is printed
	for flag, complete := range map[string]cobra.CompletionFunc{
		"store": completion.Stores(f.getter), "remote-key": completion.RemoteKeys(f.getter), "runner-namespace": completion.Namespaces(f.getter),
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, complete) // as below
	}
	for flag, values := range map[string][]string{
		"output":  f.Print.AllowedFormats(),
		"dry-run": {"none", "client", "server"},
		"via":     vias(),
	} {
		// It fails only for a flag that is not there, or the second time.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

// ToOptions resolves the flags and the command's arguments, which are valid.
func (f *Flags) ToOptions(args []string, dryRun cmdutil.DryRunStrategy) (*Options, error) {
	printer, misses, err := f.toPrinter()
	if err != nil {
		return nil, err
	}
	namespace, _, err := f.getter.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	selected, err := f.Scope.ToScope(namespace, args)
	if err != nil {
		return nil, err
	}
	if selected.Reading, err = f.reading(); err != nil {
		return nil, err
	}
	guard, err := core.NewRemovalGuard(f.MaxRemovals)
	if err != nil {
		return nil, err
	}
	config, err := f.getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	return &Options{
		Config: core.Config{
			Kube:           config,
			Providers:      f.providers,
			Scope:          selected,
			Class:          f.Class,
			GenericTargets: f.GenericTargets,
			Force:          true,
			DryRun:         toDryRun(dryRun),
			Concurrency:    f.Concurrency,
			Guard:          guard,
			Grace:          grace,
			Component:      write.ComponentPlugin,
		},
		Via:             Via(f.Via),
		RunnerNamespace: f.RunnerNamespace,
		Restart:         f.Restart,
		Timeout:         f.Timeout,
		ShowNamespaces:  f.Scope.AllNamespaces,
		Printer:         printer,
		Misses:          misses,
		Streams:         f.streams,
	}, nil
}

// Validate checks that flags and arguments make sense, and say exactly one thing about what to refresh.
func (f *Flags) Validate(args []string) error {
	if err := f.chosen(args); err != nil {
		return err
	}
	switch {
	case f.Timeout < 0:
		return fmt.Errorf("--timeout must not be negative: %s", f.Timeout)
	case f.Concurrency < 1:
		return fmt.Errorf("--concurrency must be at least 1: %d", f.Concurrency)
	case !slices.Contains(vias(), f.Via):
		return fmt.Errorf("--via must be one of %s: %s", strings.Join(vias(), ", "), f.Via)
	case f.Class == "":
		return errors.New("--controller-class must not be empty")
	default:
		_, err := f.Scope.ToScope("", args)
		if err == nil {
			_, err = f.reading()
		}
		if err == nil {
			if _, err = core.NewRemovalGuard(f.MaxRemovals); err != nil {
				err = fmt.Errorf("--max-removals: %w", err)
			}
		}
		return err
	}
}

// chosen checks that exactly one thing says what to refresh: what ExternalSecrets read is a selection too.
func (f *Flags) chosen(args []string) error {
	switch narrowed := f.Store != "" || f.RemoteKey != ""; {
	case !narrowed && !f.All && len(args) == 0 && !f.Scope.Selects():
		return errors.New("say which ExternalSecrets: names, a selector (-l or --field-selector), --store, --remote-key or --all")
	case !narrowed:
		return f.Scope.Chosen(f.All, args)
	case len(args) > 0:
		return errors.New("names cannot be provided when --store or --remote-key is specified")
	case f.All && f.Store != "":
		return errors.New("cannot set --all and --store at the same time")
	case f.All:
		return errors.New("cannot set --all and --remote-key at the same time")
	default:
		return nil
	}
}

// reading is what the ExternalSecrets are to read.
func (f *Flags) reading() (reading resolve.Reading, err error) {
	reading.Key = f.RemoteKey
	if f.Store != "" {
		if reading.Store, err = scope.Store(f.Store); err != nil {
			err = fmt.Errorf("--store: %w", err)
		}
	}
	return reading, err
}

func toDryRun(strategy cmdutil.DryRunStrategy) write.DryRun {
	switch strategy {
	case cmdutil.DryRunClient:
		return write.DryRunClient
	case cmdutil.DryRunServer:
		return write.DryRunServer
	default:
		return write.DryRunNone
	}
}

// toPrinter chooses how results are printed, and where those go that are left out of it.
func (f *Flags) toPrinter() (printer Printer, misses io.Writer, err error) {
	switch format := *f.Print.OutputFormat; {
	case format == "" && *f.Print.TemplatePrinterFlags.TemplateArgument == "":
		return nil, nil, nil
	case format == "name":
		return printNames, f.streams.ErrOut, nil
	default:
		printer, err := f.Print.ToPrinter()
		if err != nil {
			return nil, nil, err
		}
		return documentPrinter(printer), nil, nil
	}
}
