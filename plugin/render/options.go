package render

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// Options are resolved flags.
type Options struct {
	// Filenames are files, directories or "-".
	Filenames []string
	Recursive bool
	// Values is the file that the values come from; empty means that the providers are asked.
	Values string
	// Namespace is that of objects that name none.
	Namespace   string
	Class       string
	ShowSecrets bool
	Providers   provider.Registry
	Printer     printers.ResourcePrinter
	Streams     genericiooptions.IOStreams
}

// Run prints the Secrets, then what is to be said about them. The error has the exit code; what failed for a file or an
// ExternalSecret is printed.
func (o *Options) Run(ctx context.Context) error {
	objects, problems := load(o.Filenames, o.Recursive, o.Namespace, o.Streams.In)
	for _, problem := range problems {
		o.say("error: " + problem.Error())
	}
	if objects.Count(api.ResourceExternalSecrets)+objects.Count(api.ResourceClusterExternalSecrets) == 0 {
		if len(problems) > 0 {
			return exit.Silent(exit.Failed)
		}
		return errors.New("there is no ExternalSecret in the manifests")
	}
	config := core.RenderConfig{Source: objects, Providers: o.Providers, Class: o.Class}
	if o.Values != "" {
		given, err := readValues(o.Values, o.Streams.In)
		if err != nil {
			return err
		}
		config.Source = anyStore{Objects: objects, notice: o.sayAssumed}
		if config.Providers, err = standIns(ctx, o.Providers, objects, given); err != nil {
			return err
		}
	}
	rendering, err := core.Render(ctx, config)
	if err != nil {
		return err
	}
	if err := o.print(rendering); err != nil {
		return err
	}
	return o.verdict(ctx, rendering, len(problems) > 0)
}

// print prints the Secrets, and only then the rest, so that it is seen.
func (o *Options) print(rendering core.Rendering) error {
	for _, r := range rendering.Rendered {
		object, err := printable(r, o.ShowSecrets)
		if err != nil {
			return err
		}
		if object == nil {
			continue
		}
		if err := o.Printer.PrintObj(object, o.Streams.Out); err != nil {
			return fmt.Errorf("print %s %q: %w", object.GetKind(), object.GetName(), err)
		}
	}
	for _, r := range rendering.Rendered {
		o.tell(r)
	}
	for _, r := range rendering.ClusterExternalSecrets {
		o.tellFanOut(r)
	}
	for _, note := range rendering.Notes {
		o.say("Note: " + note)
	}
	return nil
}

// tell says what there is to be known about an ExternalSecret, besides its Secret.
func (o *Options) tell(r core.Rendered) {
	subject := fmt.Sprintf("%s in namespace %s", scope.Display(r.Name), r.Namespace)
	for _, warning := range r.Warnings {
		o.say(fmt.Sprintf("Warning: %s: %s", subject, warning))
	}
	switch {
	case r.Outcome == core.Failed || r.Outcome == core.Skipped:
		o.say(fmt.Sprintf("%s %s: %s", subject, r.Outcome, r.Message))
	case r.Secret != nil || r.Object != nil:
	case r.Message != "":
		o.say(fmt.Sprintf("%s has no Secret: %s", subject, r.Message))
	case r.ES.Spec.Target.CreationPolicy == api.CreationPolicyNone:
		o.say(subject + " has no Secret: creationPolicy is None")
	default: // creationPolicy Merge
		o.say(fmt.Sprintf("%s changes nothing: Secret %s of the manifests has what it would get", subject, r.Result.Secret))
	}
}

// tellFanOut says what there is to be known about a ClusterExternalSecret, besides the Secrets of its ExternalSecrets.
func (o *Options) tellFanOut(r fanout.Result) {
	subject := scope.DisplayCluster(r.Name)
	switch {
	case r.Message != "":
		o.say(fmt.Sprintf("%s %s: %s", subject, r.Outcome, r.Message))
	case r.Matched == 0:
		o.say(fmt.Sprintf("Warning: %s: none of the Namespaces in the manifests matches", subject))
	}
	for _, failed := range r.Failed {
		o.say(fmt.Sprintf("%s failed in namespace %s: %s", subject, failed.Namespace, failed.Reason))
	}
}

// sayAssumed tells of a store that is taken to be there.
func (o *Options) sayAssumed(kind, namespace, name string) {
	place := ""
	if namespace != "" {
		place = " in namespace " + namespace
	}
	o.say(fmt.Sprintf("Warning: %s %s%s is not in the manifests: that it exists and may be used is not checked", kind, name, place))
}

// say tells a person something, which may hold text from elsewhere.
func (o *Options) say(text string) { fmt.Fprintln(o.Streams.ErrOut, secret.Printable(text)) }

// verdict is the error of the whole.
func (o *Options) verdict(ctx context.Context, rendering core.Rendering, failed bool) error {
	for _, r := range rendering.Rendered {
		if r.Reason == core.Stopped {
			return context.Cause(ctx)
		}
		failed = failed || r.Outcome == core.Failed
	}
	if failed || slices.ContainsFunc(rendering.ClusterExternalSecrets, func(r fanout.Result) bool { return r.Outcome == fanout.Failed }) {
		return exit.Silent(exit.Failed)
	}
	return nil
}
