package runs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
)

// The values of -o besides those of Print.
const (
	outputName = "name"
	outputWide = "wide"
)

// Flags are the flags of runs, and what the command needs besides.
type Flags struct {
	Follow, NoHeaders bool
	Print             *genericclioptions.PrintFlags

	getter  genericclioptions.RESTClientGetter
	streams genericiooptions.IOStreams
}

// NewFlags are the defaults.
func NewFlags(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) *Flags {
	printFlags := genericclioptions.NewPrintFlags("")
	printFlags.NamePrintFlags = nil // a Run is no object of the API
	return &Flags{Print: printFlags, getter: getter, streams: streams}
}

// AddFlags binds them to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&f.Follow, "follow", "f", f.Follow, "Print the log of the run, of the latest if none is named, until it ends.")
	cmd.Flags().BoolVar(&f.NoHeaders, "no-headers", f.NoHeaders, "Print no column headers.")
	f.Print.AddFlags(cmd)
	cmd.Flags().Lookup("show-managed-fields").Hidden = true // there are none in what is printed
	formats := slices.Sorted(slices.Values(append(f.Print.AllowedFormats(), outputName, outputWide)))
	cmd.Flags().Lookup("output").Usage = fmt.Sprintf("Output format. One of: (%s).", strings.Join(formats, ", "))
	// It fails only for a flag that is not there, or the second time.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

// Validate checks that flags and arguments make sense.
func (f *Flags) Validate(args []string) error {
	switch {
	case len(args) > 1:
		return fmt.Errorf("runs takes one name: %q", args)
	case f.Follow && (*f.Print.OutputFormat != "" || *f.Print.TemplatePrinterFlags.TemplateArgument != ""):
		return errors.New("--follow and --output cannot be used together")
	default:
		return nil
	}
}

// ToOptions resolves the flags and the command's arguments, which are valid.
func (f *Flags) ToOptions(args []string) (*Options, error) {
	options := &Options{Follow: f.Follow, Output: Output{Headers: !f.NoHeaders, Out: f.streams.Out}, Streams: f.streams}
	if len(args) > 0 {
		options.Name = args[0]
	}
	switch format := *f.Print.OutputFormat; {
	case format == outputName:
		options.Output.Form = names
	case format == outputWide:
		options.Output.Form, options.Output.Wide = table, true
	case format != "", *f.Print.TemplatePrinterFlags.TemplateArgument != "":
		printer, err := f.Print.ToPrinter()
		if err != nil {
			return nil, err
		}
		options.Output.Form, options.Output.Printer = documents, printer
	case options.Name != "":
		options.Output.Form = text
	}
	var err error
	options.Runner, err = connect(f.getter)
	return options, err
}

// connect connects to the runner in the namespace that a person has named, or in its own: that of the context is where somebody
// works, and not where the runner is.
func connect(getter genericclioptions.RESTClientGetter) (*jobs.Runner, error) {
	namespace, named, err := getter.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	if !named {
		namespace = jobs.Namespace
	}
	config, err := getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	return jobs.New(config, namespace)
}
