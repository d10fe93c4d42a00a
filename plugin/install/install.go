package install

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
)

// Options are resolved flags of install.
type Options struct {
	// Kube is nil where the objects are only printed.
	Kube           *rest.Config
	Manifests      manifests.Options
	ForceConflicts bool
	// Unpublished tells that nobody has named an image, and that none goes with this build.
	Unpublished bool
	// ServerDryRun has the API server check everything and store nothing.
	ServerDryRun bool
	// Wait tells whether to wait until what was installed can be used, and Timeout how long.
	Wait    bool
	Timeout time.Duration
	// Printer prints the objects instead of applying them; nil where they are applied.
	Printer printers.ResourcePrinter
	Streams genericiooptions.IOStreams
}

// Run installs the runner: the CRDs first, then the rest, then what an earlier installation had more. Nothing is written before the API
// server has checked all of it, as far as it can while the namespace is not there.
func (o *Options) Run(ctx context.Context) error {
	objects, err := manifests.Render(o.Manifests)
	if err != nil {
		return err
	}
	if o.Unpublished {
		fmt.Fprintln(o.Streams.ErrOut, "Note: this plugin is built from source, and no image of the runner is published for it: "+
			"name yours with --image, or the Pods may wait for one that does not exist")
	}
	if o.Printer != nil {
		for i := range objects {
			if err := o.Printer.PrintObj(&objects[i], o.Streams.Out); err != nil {
				return fmt.Errorf("print %s: %w", nameOf(&objects[i]), err)
			}
		}
		return nil
	}
	client, err := dynamic.NewForConfig(o.Kube)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	c := &cluster{client: client, forceConflicts: o.ForceConflicts, dryRun: o.ServerDryRun}
	crds, rest, err := o.compare(ctx, c, objects)
	if err != nil {
		return err
	}
	if err := o.rehearse(ctx, c, slices.Concat(crds, rest)); err != nil {
		return err
	}
	for _, crd := range crds {
		if err := o.apply(ctx, c, crd); err != nil {
			return err
		}
	}
	if o.Wait && !o.ServerDryRun {
		if err := o.established(ctx, c, crds); err != nil {
			return err
		}
	}
	for _, object := range rest {
		if err := o.apply(ctx, c, object); err != nil {
			return err
		}
	}
	return o.prune(ctx, c, rest)
}

// object is one of the manifests, and what is there of its name: nil if nothing is.
type object struct{ wanted, live *unstructured.Unstructured }

// anothers tells whether it is left alone. CRDs and namespaces of somebody else are: a CRD that its owner did not expect to change is no
// small matter, and neither are the rules for all Pods of a namespace, which would count as ours and go with everything in it.
func (o object) anothers() bool {
	shared := o.wanted.GetKind() == kindCRD || o.wanted.GetKind() == kindNamespace
	return shared && o.live != nil && !installedByUs(o.live)
}

// compare reads what is there of the objects that are wanted. The error is an API server's, or for rights that another runner has.
func (o *Options) compare(ctx context.Context, c *cluster, wanted []unstructured.Unstructured) (crds, rest []object, err error) {
	for i := range wanted {
		live, err := c.get(ctx, &wanted[i])
		if err != nil {
			return nil, nil, err
		}
		of := object{wanted: &wanted[i], live: live}
		if of.wanted.GetKind() == kindCRD {
			crds = append(crds, of)
			continue
		}
		if err := o.notAnothers(of); err != nil {
			return nil, nil, err
		}
		rest = append(rest, of)
	}
	return crds, rest, nil
}

// rehearse has the API server check what would be applied, so that what it refuses leaves nothing half done. While the namespace is not
// there it checks nothing that is to be in it.
func (o *Options) rehearse(ctx context.Context, c *cluster, objects []object) error {
	if c.dryRun {
		return nil // which is no other than the thing itself
	}
	rehearsal := *c
	rehearsal.dryRun = true
	for _, object := range objects {
		if object.anothers() {
			continue
		}
		if _, err := rehearsal.apply(ctx, object); err != nil {
			return err
		}
	}
	return nil
}

const (
	kindCRD       = "CustomResourceDefinition"
	kindNamespace = "Namespace"
)

// apply brings an object to what it should be, and tells what became of it.
func (o *Options) apply(ctx context.Context, c *cluster, object object) error {
	if object.anothers() {
		fmt.Fprintf(o.Streams.Out, "%s %s: %s\n", nameOf(object.wanted), left, installedBy(object.live))
		return nil
	}
	became, err := c.apply(ctx, object)
	if err != nil {
		return err
	}
	o.tell(object.wanted, became)
	return nil
}

// notAnothers refuses to take rights in the whole cluster away from a runner that is installed in another namespace.
func (o *Options) notAnothers(object object) error {
	if object.wanted.GetKind() != "ClusterRoleBinding" || object.live == nil || bindsIn(object.live, o.namespace()) {
		return nil
	}
	return fmt.Errorf("%s gives its rights to a runner in another namespace: uninstall that one first, or narrow this one by --scope", nameOf(object.wanted))
}

// established waits until the API server serves the CRDs.
func (o *Options) established(ctx context.Context, c *cluster, crds []object) error {
	for _, crd := range crds {
		err := wait.PollUntilContextTimeout(ctx, look, o.Timeout, true, func(ctx context.Context) (bool, error) {
			live, err := c.get(ctx, crd.wanted)
			return live != nil && conditionTrue(live, "Established"), err
		})
		if err != nil {
			return fmt.Errorf("wait until %s is served: %w", nameOf(crd.wanted), err)
		}
	}
	return nil
}

// look is how often what is waited for is looked at.
const look = 200 * time.Millisecond

func conditionTrue(object *unstructured.Unstructured, kind string) bool {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, condition := range conditions {
		if condition, ok := condition.(map[string]any); ok && condition["type"] == kind {
			return condition["status"] == string(metav1.ConditionTrue)
		}
	}
	return false
}

// prune takes away the rights that an earlier installation of other options gave, and this one does not.
func (o *Options) prune(ctx context.Context, c *cluster, wanted []object) error {
	keep := map[string]bool{}
	for _, object := range wanted {
		keep[object.wanted.GetNamespace()+" "+nameOf(object.wanted)] = true
	}
	bindings, err := bindingsOf(ctx, c, o.namespace())
	if apierrors.IsForbidden(err) {
		fmt.Fprintf(o.Streams.ErrOut, "Warning: rights that an earlier installation gave can't be looked for: %v\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	for _, binding := range bindings {
		for _, object := range []*unstructured.Unstructured{binding, roleOf(binding)} {
			if keep[object.GetNamespace()+" "+nameOf(object)] {
				continue
			}
			if gone, err := c.remove(ctx, object); err != nil {
				return err
			} else if gone {
				o.tell(object, deleted)
			}
		}
	}
	return nil
}

func (o *Options) namespace() string {
	if o.Manifests.Namespace == "" {
		return manifests.DefaultNamespace
	}
	return o.Manifests.Namespace
}

// tell prints what became of an object.
func (o *Options) tell(object *unstructured.Unstructured, became change) {
	suffix := ""
	if o.ServerDryRun {
		suffix = " (server dry run)"
	}
	place := ""
	if namespace := object.GetNamespace(); namespace != "" && namespace != o.namespace() {
		place = " in namespace " + namespace
	}
	fmt.Fprintf(o.Streams.Out, "%s%s %s%s\n", nameOf(object), place, became, suffix)
}
