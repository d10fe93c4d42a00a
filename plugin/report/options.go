package report

import (
	"context"
	"fmt"
	"io"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// Options are resolved flags.
type Options struct {
	// Status says which ExternalSecrets the report is about, and how they are judged.
	Status status.Options
	// Context is that of the kubeconfig; empty where there is none.
	Context string
	Print   func(*Fleet, io.Writer) error
	Streams genericiooptions.IOStreams
}

// Run reads and prints.
func (o *Options) Run(ctx context.Context) error {
	gathered, err := o.gather(ctx)
	if err != nil {
		return err
	}
	for _, name := range gathered.seen.Missing {
		fmt.Fprintln(o.Streams.ErrOut, results.NotFound(name.Name))
	}
	if err := o.Print(assemble(o.scope(), gathered), o.Streams.Out); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if len(gathered.seen.Missing) > 0 {
		return exit.Silent(exit.Failed)
	}
	return nil
}

// scope says what the report is about.
func (o *Options) scope() Scope {
	selected := o.Status.Scope
	told := Scope{
		Context: o.Context, Namespace: o.Status.Namespace(),
		LabelSelector: selected.Selector.Labels, FieldSelector: selected.Selector.Fields,
	}
	for _, name := range selected.Names {
		told.Names = append(told.Names, name.Name)
	}
	return told
}
