package install

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
)

// Uninstall are resolved flags of uninstall.
type Uninstall struct {
	Kube      *rest.Config
	Namespace string
	// CRDs tells whether the CRDs go too, with all their objects.
	CRDs         bool
	ServerDryRun bool
	Streams      genericiooptions.IOStreams
}

// Run takes away what install has made: the CronJob first, so that no run begins without rights.
func (o *Uninstall) Run(ctx context.Context) error {
	client, err := dynamic.NewForConfig(o.Kube)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	c := &cluster{client: client, dryRun: o.ServerDryRun}
	found := 0
	for _, gather := range []func(context.Context, *cluster) ([]*unstructured.Unstructured, error){
		o.workload, o.rights, o.state, o.namespace, o.definitions,
	} {
		objects, err := gather(ctx, c)
		if err != nil {
			return err
		}
		for _, object := range objects {
			gone, err := c.remove(ctx, object)
			if err != nil {
				return err
			}
			if gone {
				found++
				o.tell(object, deleted)
			}
		}
	}
	if found == 0 {
		return fmt.Errorf("nothing that install has made was found in namespace %q", o.Namespace)
	}
	return nil
}

// workload is the CronJob, with which its Jobs go.
func (o *Uninstall) workload(ctx context.Context, c *cluster) ([]*unstructured.Unstructured, error) {
	return o.ours(ctx, c, objectOf("batch/v1", "CronJob", o.named(manifests.Name)))
}

// rights are the bindings, their roles and the service account.
func (o *Uninstall) rights(ctx context.Context, c *cluster) ([]*unstructured.Unstructured, error) {
	bindings, err := bindingsOf(ctx, c, o.Namespace)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	for _, binding := range bindings {
		objects = append(objects, binding, roleOf(binding))
	}
	accounts, err := o.ours(ctx, c, objectOf("v1", "ServiceAccount", o.named(manifests.Name)))
	return append(objects, accounts...), err
}

// state is what the runner has kept for itself: leases and reports.
func (o *Uninstall) state(ctx context.Context, c *cluster) ([]*unstructured.Unstructured, error) {
	objects := []*unstructured.Unstructured{objectOf("v1", "ConfigMap", o.named(manifests.Name))}
	leases, err := c.list(ctx, "coordination.k8s.io/v1", "Lease", o.Namespace, "")
	if err != nil {
		return nil, err
	}
	for i := range leases {
		if name := leases[i].GetName(); name == manifests.Name || strings.HasPrefix(name, manifests.Name+"-") {
			objects = append(objects, &leases[i])
		}
	}
	return objects, nil
}

// namespace is the namespace, if install has made it.
func (o *Uninstall) namespace(ctx context.Context, c *cluster) ([]*unstructured.Unstructured, error) {
	return o.ours(ctx, c, objectOf("v1", kindNamespace, types.NamespacedName{Name: o.Namespace}))
}

// definitions are the CRDs that install has made, if they are to go. They take every ExternalSecret with them, and those the
// Secrets that they own.
func (o *Uninstall) definitions(ctx context.Context, c *cluster) ([]*unstructured.Unstructured, error) {
	if !o.CRDs {
		return nil, nil
	}
	if err := o.warn(ctx, c); err != nil {
		return nil, err
	}
	all, err := c.list(ctx, "apiextensions.k8s.io/v1", kindCRD, "", "")
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	for i := range all {
		group, _, _ := unstructured.NestedString(all[i].Object, "spec", "group")
		if group != api.Group && !strings.HasSuffix(group, "."+api.Group) {
			continue
		}
		if !installedByUs(&all[i]) {
			fmt.Fprintf(o.Streams.Out, "%s %s: %s\n", nameOf(&all[i]), left, installedBy(&all[i]))
			continue
		}
		objects = append(objects, &all[i])
	}
	return objects, nil
}

// warn tells what goes with the CRDs.
func (o *Uninstall) warn(ctx context.Context, c *cluster) error {
	all, err := c.list(ctx, api.APIVersion, api.KindExternalSecret, "", "")
	if apierrors.IsNotFound(errors.Unwrap(err)) {
		return nil
	}
	if err != nil {
		return err
	}
	owning := 0
	for i := range all {
		policy, _, _ := unstructured.NestedString(all[i].Object, "spec", "target", "creationPolicy")
		if policy == "" || policy == string(api.CreationPolicyOwner) {
			owning++
		}
	}
	if len(all) > 0 {
		fmt.Fprintf(o.Streams.ErrOut, "Warning: with the CRDs go %d ExternalSecrets; %d of them own their Secrets, which go with them\n", len(all), owning)
	}
	return nil
}

// ours reads an object; none if there is none. What somebody else manages is told and left alone.
func (o *Uninstall) ours(ctx context.Context, c *cluster, object *unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	live, err := c.get(ctx, object)
	switch {
	case err != nil || live == nil:
		return nil, err
	case !installedByUs(live):
		fmt.Fprintf(o.Streams.Out, "%s %s: %s\n", nameOf(live), left, installedBy(live))
		return nil, nil
	default:
		return []*unstructured.Unstructured{live}, nil
	}
}

func (o *Uninstall) named(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: o.Namespace, Name: name}
}

func (o *Uninstall) tell(object *unstructured.Unstructured, became change) {
	suffix := ""
	if o.ServerDryRun {
		suffix = " (server dry run)"
	}
	fmt.Fprintf(o.Streams.Out, "%s %s%s\n", nameOf(object), became, suffix)
}
