package doctor

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/version"
)

// Flags are the flags of doctor, and what the command needs besides.
type Flags struct {
	AllNamespaces bool
	Print         *genericclioptions.PrintFlags

	getter  genericclioptions.RESTClientGetter
	streams genericiooptions.IOStreams
	build   version.Build
}

// NewFlags are the defaults.
func NewFlags(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, build version.Build) *Flags {
	printFlags := genericclioptions.NewPrintFlags("")
	printFlags.NamePrintFlags = nil // a report has no name
	return &Flags{Print: printFlags, getter: getter, streams: streams, build: build}
}

// AddFlags binds them to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&f.AllNamespaces, "all-namespaces", "A", f.AllNamespaces,
		"If present, all namespaces are looked at, and it is a PROBLEM if that is forbidden. -n is ignored then.")
	f.Print.AddFlags(cmd)
	cmd.Flags().Lookup("show-managed-fields").Hidden = true // there are none in what is printed
	// It fails only for a flag that is not there, or the second time.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(f.Print.AllowedFormats(), cobra.ShellCompDirectiveNoFileComp))
}

// ToOptions resolves the flags.
func (f *Flags) ToOptions() (*Options, error) {
	namespace, chosen, err := f.getter.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	options := &Options{
		scope: scopeOf{namespace: namespace, all: f.AllNamespaces || !chosen, strict: f.AllNamespaces}, Version: f.build.Version, Streams: f.streams,
	}
	if *f.Print.OutputFormat != "" || *f.Print.TemplatePrinterFlags.TemplateArgument != "" {
		if options.Printer, err = f.Print.ToPrinter(); err != nil {
			return nil, err
		}
	}
	if options.Kube, err = f.getter.ToRESTConfig(); err != nil {
		return nil, err
	}
	return options, nil
}

// Options are resolved flags.
type Options struct {
	Kube *rest.Config
	// Version is that of this program.
	Version string
	// Printer prints the report for programs; nil means for a person.
	Printer printers.ResourcePrinter
	Streams genericiooptions.IOStreams

	scope scopeOf
}

// Run looks and prints. The error is silent if it only says that there are problems.
func (o *Options) Run(ctx context.Context) error {
	facts, err := gather(ctx, o.Kube, o.scope, o.Version)
	if err != nil {
		return err
	}
	findings := judge(facts)
	if o.Printer != nil {
		err = printDocument(o.Printer, reportOf(facts, findings), o.Streams.Out)
	} else {
		err = render(facts, findings, o.Streams.Out)
	}
	if err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if count(findings)[Problem] > 0 {
		return exit.Silent(exit.Failed)
	}
	return nil
}
