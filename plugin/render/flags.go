package render

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Flags are the flags of render, and what the command needs besides.
type Flags struct {
	Filenames   []string
	Recursive   bool
	Values      string
	Class       string
	ShowSecrets bool
	Print       *genericclioptions.PrintFlags

	getter    genericclioptions.RESTClientGetter
	streams   genericiooptions.IOStreams
	providers provider.Registry
}

// NewFlags are the defaults.
func NewFlags(
	getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry,
) *Flags {
	return &Flags{
		Class:     api.ControllerDefault,
		Print:     genericclioptions.NewPrintFlags("").WithDefaultOutput("yaml"),
		getter:    getter,
		streams:   streams,
		providers: providers,
	}
}

// AddFlags binds them to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	files := genericclioptions.FileNameFlags{
		Usage:     "Files or directories with the manifests to render, - for standard input.",
		Filenames: &f.Filenames, Recursive: &f.Recursive,
	}
	files.AddFlags(cmd.Flags())
	cmd.Flags().StringVar(&f.Values, "values", f.Values,
		"File with a map of remote keys to values, in YAML or JSON, - for standard input. The providers are not asked then.")
	cmd.Flags().BoolVar(&f.ShowSecrets, "show-secrets", f.ShowSecrets, "Print values as they are, in place of their lengths.")
	scope.AddClass(cmd.Flags(), &f.Class)
	f.Print.AddFlags(cmd)
	cmd.Flags().Lookup("show-managed-fields").Hidden = true // there are none in what is printed
	// It fails only for a flag that is not there, or the second time.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(f.Print.AllowedFormats(), cobra.ShellCompDirectiveNoFileComp))
}

// Validate checks that the flags make sense.
func (f *Flags) Validate() error {
	switch {
	case len(f.Filenames) == 0:
		return errors.New("say what to render: -f with a file, with a directory or with - for standard input")
	case f.Values == stdin && slices.Contains(f.Filenames, stdin):
		return errors.New("standard input can't be both the manifests and the values")
	case f.Class == "":
		return errors.New("--controller-class must not be empty")
	default:
		return nil
	}
}

// ToOptions resolves the flags, which are valid.
func (f *Flags) ToOptions() (*Options, error) {
	printer, err := f.Print.ToPrinter()
	if err != nil {
		return nil, err
	}
	namespace, _, err := f.getter.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	return &Options{
		Filenames:   f.Filenames,
		Recursive:   f.Recursive,
		Values:      f.Values,
		Namespace:   namespace,
		Class:       f.Class,
		ShowSecrets: f.ShowSecrets,
		Providers:   f.providers,
		Printer:     printer,
		Streams:     f.streams,
	}, nil
}
