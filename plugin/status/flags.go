package status

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/kubectl/pkg/cmd/get"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Flags are the flags of status, and what the command needs besides.
type Flags struct {
	Scope scope.Flags
	Class string
	Watch bool
	Print *get.PrintFlags

	getter    genericclioptions.RESTClientGetter
	streams   genericiooptions.IOStreams
	providers provider.Registry
}

// NewFlags are the defaults.
func NewFlags(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry) *Flags {
	return &Flags{Class: api.ControllerDefault, Print: get.NewGetPrintFlags(), getter: getter, streams: streams, providers: providers}
}

// AddFlags binds them to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	f.Scope.AddFlags(cmd.Flags())
	scope.AddClass(cmd.Flags(), &f.Class)
	cmd.Flags().BoolVarP(&f.Watch, "watch", "w", f.Watch, "After listing, go on and print what changes.")
	f.Print.AddFlags(cmd)
	// There are none in what is printed.
	cmd.Flags().Lookup("show-managed-fields").Hidden = true
}

// Validate checks that flags and arguments make sense.
func (f *Flags) Validate(args []string) error {
	selected, err := f.Scope.ToScope("", args)
	switch {
	case err != nil:
		return err
	case f.Watch && len(selected.Names) > 1:
		return errors.New("watch works with one name or with a selection, not with several names")
	case f.Watch && *f.Print.HumanReadableFlags.SortBy != "":
		return errors.New("--watch and --sort-by cannot be used together")
	case f.Class == "":
		return errors.New("--controller-class must not be empty")
	default:
		return nil
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
	output, err := f.toOutput(len(selected.Names) == 1)
	if err != nil {
		return nil, err
	}
	config, err := f.getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	return &Options{
		Kube: config, Scope: selected, Class: f.Class, Providers: f.providers, Watch: f.Watch, Output: output, Streams: f.streams,
	}, nil
}

// toOutput chooses how items are printed. One that was named is shown as a chain unless a table is asked for.
func (f *Flags) toOutput(one bool) (Output, error) {
	if f.Scope.AllNamespaces {
		if err := f.Print.EnsureWithNamespace(); err != nil {
			return Output{}, fmt.Errorf("add a column: %w", err)
		}
	}
	f.Print.SetKind(schema.GroupKind{Group: api.Group, Kind: "ExternalSecret"})
	printer, err := f.Print.ToPrinter()
	if err != nil {
		return Output{}, err
	}
	output := Output{
		Printer: printer, SortBy: *f.Print.HumanReadableFlags.SortBy, One: one, Apart: f.Watch,
		Out: f.streams.Out, columns: printers.GetNewTabWriter(f.streams.Out),
	}
	switch format := *f.Print.OutputFormat; {
	case format == "" && *f.Print.TemplateFlags.TemplateArgument == "":
		output.Form = table
		if one && !f.Watch {
			output.Form = text
		}
	case format == "wide":
		output.Form = table
	case format == "name":
		output.Form = names
	default:
		output.Form = documents
	}
	return output, nil
}
