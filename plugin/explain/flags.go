package explain

import (
	"errors"
	"io"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Flags are the flags of explain, and what the command needs besides.
type Flags struct {
	Scope scope.Flags
	All   bool
	// Error is the text of a failure, or stdin. HasError tells that it is given: an empty one does not stand for anything else.
	Error          string
	HasError       bool
	Offline        bool
	Class          string
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
	printFlags := genericclioptions.NewPrintFlags("")
	printFlags.NamePrintFlags = nil // a diagnosis has no name
	return &Flags{Class: api.ControllerDefault, Print: printFlags, getter: getter, streams: streams, providers: providers}
}

// AddFlags binds them to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	f.Scope.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&f.All, "all", f.All, "Group the failures of all ExternalSecrets of the namespace, or of all namespaces with -A, by their causes.")
	cmd.Flags().StringVar(&f.Error, "error", f.Error, "Text of a failure to explain, - for standard input. No cluster is contacted.")
	cmd.Flags().BoolVar(&f.Offline, "offline", f.Offline, "Ask no provider: go by what the cluster holds and what the last refresh has recorded.")
	scope.AddClass(cmd.Flags(), &f.Class)
	cmd.Flags().BoolVar(&f.GenericTargets, "unsafe-allow-generic-targets", f.GenericTargets,
		"Take ExternalSecrets that write other objects than Secrets (spec.target.manifest) for served.")
	f.Print.AddFlags(cmd)
	cmd.Flags().Lookup("show-managed-fields").Hidden = true // there are none in what is printed
	// It fails only for a flag that is not there, or the second time.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(f.Print.AllowedFormats(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("error", cobra.NoFileCompletions)
}

// several tells whether causes are asked for rather than the walk of one.
func (f *Flags) several() bool { return f.All || f.Scope.Selects() }

// Validate checks that flags and arguments make sense, and say exactly one thing about what to explain.
func (f *Flags) Validate(args []string) error {
	switch {
	case f.HasError && (f.several() || f.Scope.AllNamespaces || len(args) > 0):
		return errors.New("--error explains a text, and no name and no selection goes with it; put the text into quotes")
	case f.HasError:
		return nil
	case !f.several() && len(args) == 0:
		return errors.New("say what to explain: NAME, store/NAME, clusterstore/NAME, --all, a selector (-l or --field-selector) or --error TEXT")
	case f.Class == "":
		return errors.New("--controller-class must not be empty")
	}
	if err := f.Scope.Chosen(f.All, args); err != nil {
		return err
	}
	if len(args) > 0 && scope.NamesStore(args[0]) {
		return f.validateStore(args)
	}
	_, err := f.Scope.ToScope("", args[:min(len(args), 1)])
	return err
}

func (f *Flags) validateStore(args []string) error {
	switch {
	case f.Scope.Selects():
		return errors.New("a store cannot be provided when a selector is specified")
	case f.Scope.AllNamespaces:
		return errors.New("a store cannot be retrieved by name across all namespaces: name one with -n")
	case len(args) > 1:
		return errors.New("a store has no keys: name it alone")
	}
	_, err := scope.Store(args[0])
	return err
}

// ToOptions resolves the flags and the command's arguments, which are valid.
func (f *Flags) ToOptions(args []string) (*Options, error) {
	printer, err := f.toPrinter()
	if err != nil {
		return nil, err
	}
	namespace, _, err := f.getter.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	config, err := f.getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	options := &Options{
		Config: core.ExplainConfig{
			Kube: config, Providers: f.providers, Class: f.Class, GenericTargets: f.GenericTargets, Offline: f.Offline, Evidence: !f.several(),
		},
		Namespace: namespace, All: f.several(), Printer: printer, Streams: f.streams,
	}
	if len(args) > 0 && scope.NamesStore(args[0]) {
		options.Store, err = scope.Store(args[0])
		return options, err
	}
	if options.Config.Scope, err = f.Scope.ToScope(namespace, args[:min(len(args), 1)]); err != nil {
		return nil, err
	}
	if len(args) > 1 {
		options.Key = args[1]
	}
	return options, nil
}

// toErrorOptions resolves the flags for a text.
func (f *Flags) toErrorOptions() (*ErrorOptions, error) {
	printer, err := f.toPrinter()
	if err != nil {
		return nil, err
	}
	return &ErrorOptions{Text: f.Error, Printer: printer, Streams: f.streams}, nil
}

// toPrinter chooses how an answer is printed: nil for a screen.
func (f *Flags) toPrinter() (Printer, error) {
	if *f.Print.OutputFormat == "" && *f.Print.TemplatePrinterFlags.TemplateArgument == "" {
		return nil, nil
	}
	printer, err := f.Print.ToPrinter()
	if err != nil {
		return nil, err
	}
	return func(value any, out io.Writer) error {
		object, err := document.Of(value)
		if err != nil {
			return err
		}
		return printer.PrintObj(object, out)
	}, nil
}
