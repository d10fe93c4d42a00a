package explain

import (
	"errors"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
)

// Flags are the flags of explain, and what the command needs besides.
type Flags struct {
	// Error is the text of a failure, or stdin.
	Error string
	Print *genericclioptions.PrintFlags

	streams genericiooptions.IOStreams
}

// NewFlags are the defaults.
func NewFlags(streams genericiooptions.IOStreams) *Flags {
	printFlags := genericclioptions.NewPrintFlags("")
	printFlags.NamePrintFlags = nil // a diagnosis has no name
	return &Flags{Print: printFlags, streams: streams}
}

// AddFlags binds them to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Error, "error", f.Error, "Text of a failure to explain, - for standard input. No cluster is contacted.")
	f.Print.AddFlags(cmd)
	cmd.Flags().Lookup("show-managed-fields").Hidden = true // there are none in what is printed
	// It fails only for a flag that is not there, or the second time.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(f.Print.AllowedFormats(), cobra.ShellCompDirectiveNoFileComp))
}

// Validate checks that flags and arguments make sense.
func (f *Flags) Validate(args []string) error {
	switch {
	case f.Error == "":
		return errors.New("say what to explain: --error with a text, or with - for standard input")
	case len(args) > 0:
		return errors.New("--error explains a text, and no name goes with it; put the text into quotes")
	default:
		return nil
	}
}

// ToOptions resolves the flags, which are valid.
func (f *Flags) ToOptions() (*ErrorOptions, error) {
	printer, err := f.toPrinter()
	if err != nil {
		return nil, err
	}
	return &ErrorOptions{Text: f.Error, Printer: printer, Streams: f.streams}, nil
}

// toPrinter is nil where the output is for a person.
func (f *Flags) toPrinter() (printers.ResourcePrinter, error) {
	if *f.Print.OutputFormat == "" && *f.Print.TemplatePrinterFlags.TemplateArgument == "" {
		return nil, nil
	}
	return f.Print.ToPrinter()
}
