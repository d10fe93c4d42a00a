package rbac

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Options are resolved flags.
type Options struct {
	Config core.NeedsConfig
	// Account is whom the rights are for.
	Account types.NamespacedName
	// Cloud is whose rights are printed; nil for those of the cluster.
	Cloud      *cloud
	AWSAccount string
	Printer    printers.ResourcePrinter
	// OneByOne tells that objects are printed each by itself and not as a list.
	OneByOne bool
	Streams  genericiooptions.IOStreams
}

// Run finds out and prints.
func (o *Options) Run(ctx context.Context) error {
	needs, err := core.FindNeeds(ctx, o.Config)
	if err != nil {
		return err
	}
	if o.Cloud != nil {
		needs.Problems = slices.DeleteFunc(needs.Problems, o.Cloud.elsewhere)
	}
	if err := o.print(needs); err != nil {
		return err
	}
	for _, problem := range needs.Problems {
		o.say("Warning: %s in namespace %s: %v", scope.Display(problem.Name), problem.Namespace, problem.Cause)
	}
	if len(needs.Problems) > 0 {
		return exit.Silent(exit.Failed)
	}
	return nil
}

func (o *Options) print(needs core.Needs) error {
	if len(needs.Namespaces) == 0 {
		if len(needs.Problems) == 0 {
			o.say("%s", scope.Nothing(o.Config.Scope))
		}
		return nil
	}
	if o.Cloud != nil {
		return o.printGrants(needs)
	}
	o.say("Note: these rights are for a runner with --namespaces=%s", strings.Join(needs.Namespaces, ","))
	objects, err := rolesFor(needs.Rights, o.Account)
	if err != nil {
		return err
	}
	if o.OneByOne {
		for _, object := range objects {
			if err := o.Printer.PrintObj(object, o.Streams.Out); err != nil {
				return fmt.Errorf("print %s %q: %w", object.GetKind(), object.GetName(), err)
			}
		}
		return nil
	}
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List"}}
	for _, object := range objects {
		list.Items = append(list.Items, *object)
	}
	return o.Printer.PrintObj(list, o.Streams.Out)
}

// printGrants prints what a cloud must allow, as one document.
func (o *Options) printGrants(needs core.Needs) error {
	var wanted []provider.Wanted
	for _, s := range needs.Stores {
		if slices.Contains(o.Cloud.providers, s.Provider) {
			wanted = append(wanted, provider.Wanted{Provider: s.Provider, Store: s.Store, Names: s.Names, Refs: s.Refs, Finds: s.Finds})
		}
	}
	items, said, err := o.Cloud.grants(o, wanted)
	if err != nil {
		return err
	}
	for _, line := range said {
		o.say("%s", line)
	}
	list, err := document.Of(map[string]any{"apiVersion": document.APIVersion, "kind": o.Cloud.kind, "items": items})
	if err != nil {
		return err
	}
	return o.Printer.PrintObj(list, o.Streams.Out)
}

// say tells a person something, which may hold text from elsewhere.
func (o *Options) say(format string, args ...any) {
	fmt.Fprintln(o.Streams.ErrOut, secret.Printable(fmt.Sprintf(format, args...)))
}
