package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// outputHTML is the value of -o besides those of Print.
const outputHTML = "html"

// Flags are the flags of report, and what the command needs besides.
type Flags struct {
	Scope scope.Flags
	Class string
	Print *genericclioptions.PrintFlags

	getter    genericclioptions.RESTClientGetter
	streams   genericiooptions.IOStreams
	providers provider.Registry
}

// NewFlags are the defaults.
func NewFlags(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry) *Flags {
	printFlags := genericclioptions.NewPrintFlags("")
	printFlags.NamePrintFlags = nil // a FleetReport is no object of the API
	return &Flags{Class: api.ControllerDefault, Print: printFlags, getter: getter, streams: streams, providers: providers}
}

// AddFlags binds them to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	f.Scope.AddFlags(cmd.Flags())
	scope.AddClass(cmd.Flags(), &f.Class)
	f.Print.AddFlags(cmd)
	cmd.Flags().Lookup("show-managed-fields").Hidden = true // there are none in what is printed
	formats := f.formats()
	cmd.Flags().Lookup("output").Usage = fmt.Sprintf("Output format. One of: (%s).", strings.Join(formats, ", "))
	// It fails only for a flag that is not there, or the second time.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

func (f *Flags) formats() []string {
	return slices.Sorted(slices.Values(append(f.Print.AllowedFormats(), outputHTML)))
}

// Validate checks that flags and arguments make sense.
func (f *Flags) Validate(args []string) error {
	if f.Class == "" {
		return errors.New("--controller-class must not be empty")
	}
	_, err := f.Scope.ToScope("", args)
	return err
}

// ToOptions resolves the flags and the command's arguments, which are valid.
func (f *Flags) ToOptions(args []string) (*Options, error) {
	loader := f.getter.ToRawKubeConfigLoader()
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, err
	}
	selected, err := f.Scope.ToScope(namespace, args)
	if err != nil {
		return nil, err
	}
	printer, err := f.toPrinter()
	if err != nil {
		return nil, err
	}
	config, err := f.getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	options := &Options{Status: status.Options{Kube: config, Scope: selected, Class: f.Class, Providers: f.providers}, Print: printer, Streams: f.streams}
	if raw, err := loader.RawConfig(); err == nil { // inside of a cluster there is none
		options.Context = secret.Printable(raw.CurrentContext)
	}
	if given, ok := f.getter.(*genericclioptions.ConfigFlags); ok && given.Context != nil && *given.Context != "" {
		options.Context = secret.Printable(*given.Context) // which the loader goes by, and does not tell
	}
	return options, nil
}

// toPrinter chooses how a report is printed.
func (f *Flags) toPrinter() (func(*Fleet, io.Writer) error, error) {
	switch format := *f.Print.OutputFormat; {
	case format == outputHTML:
		return WritePage, nil
	case format == "" && *f.Print.TemplatePrinterFlags.TemplateArgument == "":
		return writeSummary, nil
	}
	printer, err := f.Print.ToPrinter()
	if genericclioptions.IsNoCompatiblePrinterError(err) {
		return nil, genericclioptions.NoCompatiblePrinterError{OutputFormat: f.Print.OutputFormat, AllowedFormats: f.formats()}
	}
	if err != nil {
		return nil, err
	}
	return func(fleet *Fleet, out io.Writer) error {
		object, err := document.Of(fleet)
		if err != nil {
			return err
		}
		return printer.PrintObj(object, out)
	}, nil
}
