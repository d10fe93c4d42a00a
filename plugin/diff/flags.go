package diff

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Flags are the flags of diff, and what the command needs besides.
type Flags struct {
	Scope       scope.Flags
	All         bool
	Concurrency int
	Class       string
	// GenericTargets permits targets that are no Secrets.
	GenericTargets bool
	ShowSecrets    bool

	getter    genericclioptions.RESTClientGetter
	streams   genericiooptions.IOStreams
	providers provider.Registry
}

// NewFlags are the defaults.
func NewFlags(
	getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry,
) *Flags {
	return &Flags{
		Concurrency: core.DefaultConcurrency,
		Class:       api.ControllerDefault,
		getter:      getter,
		streams:     streams,
		providers:   providers,
	}
}

// AddFlags binds them to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	f.Scope.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&f.All, "all", f.All, "Compare all ExternalSecrets of the namespace, or of all namespaces with -A.")
	cmd.Flags().IntVar(&f.Concurrency, "concurrency", f.Concurrency, "How many ExternalSecrets are worked on at once.")
	scope.AddClass(cmd.Flags(), &f.Class)
	cmd.Flags().BoolVar(&f.GenericTargets, "unsafe-allow-generic-targets", f.GenericTargets,
		"Compare also other objects than Secrets (spec.target.manifest).")
	cmd.Flags().BoolVar(&f.ShowSecrets, "show-secrets", f.ShowSecrets,
		"Show values as they are, in place of their lengths and fingerprints.")
}

// Validate checks that flags and arguments make sense, and say exactly one thing about what to compare.
func (f *Flags) Validate(args []string) error {
	if err := f.Scope.Chosen(f.All, args); err != nil {
		return err
	}
	switch {
	case f.Concurrency < 1:
		return fmt.Errorf("--concurrency must be at least 1: %d", f.Concurrency)
	case f.Class == "":
		return errors.New("--controller-class must not be empty")
	default:
		_, err := f.Scope.ToScope("", args)
		return err
	}
}

// ToOptions resolves the flags and the command's arguments, which are valid.
func (f *Flags) ToOptions(args []string) (*Options, error) {
	namespace, _, err := f.getter.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	selected, err := f.Scope.ToScope(namespace, args)
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
			Concurrency:    f.Concurrency,
		},
		External:       os.Getenv(ExternalDiff),
		ShowSecrets:    f.ShowSecrets,
		ShowNamespaces: f.Scope.AllNamespaces,
		Streams:        f.streams,
	}, nil
}
