package install

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

// manager is the field manager under which objects are applied, and by which those that were installed by this are known.
const manager = "kubectl-externalsecret"

// cluster applies and deletes objects, whose kinds are those of the manifests.
type cluster struct {
	client         dynamic.Interface
	forceConflicts bool
	// dryRun has the API server check everything and store nothing.
	dryRun bool
}

// change is what became of an object, in kubectl's words.
type change string

const (
	created    change = "created"
	configured change = "configured"
	unchanged  change = "unchanged"
	deleted    change = "deleted"
	left       change = "left as it is"
)

func (c *cluster) resource(object *unstructured.Unstructured) dynamic.ResourceInterface {
	resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
	if object.GetNamespace() == "" {
		return c.client.Resource(resource)
	}
	return c.client.Resource(resource).Namespace(object.GetNamespace())
}

// get reads an object as it is; nil if there is none.
func (c *cluster) get(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	live, err := c.resource(object).Get(ctx, object.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", nameOf(object), err)
	}
	return live, nil
}

// apply brings an object to what it should be, by a server-side apply.
func (c *cluster) apply(ctx context.Context, object object) (change, error) {
	wanted, before := object.wanted, object.live
	after, err := c.resource(wanted).Apply(ctx, wanted.GetName(), wanted, metav1.ApplyOptions{
		FieldManager: manager, Force: c.forceConflicts, DryRun: c.dryRunAll(),
	})
	switch {
	case apierrors.IsConflict(err):
		return "", fmt.Errorf("apply %s: %w\nTo take the fields over, use --force-conflicts", nameOf(wanted), err)
	case c.dryRun && apierrors.IsNotFound(err):
		return created, nil // its namespace is not there in a dry run
	case apierrors.IsNotFound(err):
		return "", fmt.Errorf("apply %s: make the namespace first, and install again: %w", nameOf(wanted), err)
	case err != nil:
		return "", fmt.Errorf("apply %s: %w", nameOf(wanted), err)
	case before == nil:
		return created, nil
	case before.GetResourceVersion() == after.GetResourceVersion() && !c.dryRun, c.dryRun && sameSpec(before, after):
		return unchanged, nil
	default:
		return configured, nil
	}
}

// sameSpec compares what a dry run would leave with what is there: it counts no versions.
func sameSpec(before, after *unstructured.Unstructured) bool {
	strip := func(object *unstructured.Unstructured) map[string]any {
		stripped := object.DeepCopy()
		stripped.SetManagedFields(nil)
		stripped.SetResourceVersion("")
		stripped.SetGeneration(0)
		return stripped.Object
	}
	return equality.Semantic.DeepEqual(strip(before), strip(after))
}

// remove deletes an object, with all that depends on it, and if it was read no other of its name; false if it was gone already.
func (c *cluster) remove(ctx context.Context, object *unstructured.Unstructured) (bool, error) {
	background := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{PropagationPolicy: &background, DryRun: c.dryRunAll()}
	if uid := object.GetUID(); uid != "" {
		options.Preconditions = &metav1.Preconditions{UID: &uid}
	}
	err := c.resource(object).Delete(ctx, object.GetName(), options)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("delete %s: %w", nameOf(object), err)
	}
	return true, nil
}

// list reads the objects of a kind in a namespace, or everywhere if that is empty, that a label selector chooses.
func (c *cluster) list(ctx context.Context, apiVersion, kind, namespace, selector string) ([]unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion(apiVersion)
	object.SetKind(kind)
	object.SetNamespace(namespace)
	list, err := c.resource(object).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("list objects of kind %s: %w", kind, err)
	}
	return list.Items, nil
}

func (c *cluster) dryRunAll() []string {
	if c.dryRun {
		return []string{metav1.DryRunAll}
	}
	return nil
}

// installedByUs tells whether an object was applied by this program.
func installedByUs(object *unstructured.Unstructured) bool {
	return slices.ContainsFunc(object.GetManagedFields(), func(f metav1.ManagedFieldsEntry) bool {
		return f.Manager == manager && f.Operation == metav1.ManagedFieldsOperationApply
	})
}

// keptAside is the manager under which kubectl keeps its last-applied annotation after a server-side apply. Nobody installs as it.
const keptAside = "kubectl-last-applied"

// installedBy says who has installed an object that was not applied by this program.
func installedBy(object *unstructured.Unstructured) string {
	const has = " has installed it"
	if release := object.GetAnnotations()["meta.helm.sh/release-name"]; release != "" {
		return fmt.Sprintf("Helm release %s/%s", object.GetAnnotations()["meta.helm.sh/release-namespace"], release) + has
	}
	var managers []string
	for _, f := range object.GetManagedFields() {
		if f.Subresource == "" && f.Manager != manager && f.Manager != keptAside {
			managers = append(managers, f.Manager)
		}
	}
	slices.Sort(managers)
	managers = slices.Compact(managers)
	switch len(managers) {
	case 0:
		return "somebody else" + has
	case 1:
		return managers[0] + has
	default:
		return strings.Join(managers, ", ") + " have installed it"
	}
}

// nameOf names an object as kubectl does: TYPE[.GROUP]/NAME.
func nameOf(object *unstructured.Unstructured) string {
	kind := strings.ToLower(object.GetKind())
	if group := object.GroupVersionKind().Group; group != "" {
		kind += "." + group
	}
	return kind + "/" + object.GetName()
}
