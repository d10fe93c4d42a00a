package core

import (
	"context"
	"errors"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// Difference is a target that a pass would change. It has values in it.
type Difference struct {
	// ES is the ExternalSecret whose target it is, or was under the name that its spec had before.
	ES *api.ExternalSecret
	// Live is the target as it is, nil where it does not exist; Wanted is what it would become, nil where it would be deleted. Each
	// is a *corev1.Secret or an *unstructured.Unstructured.
	Live, Wanted runtime.Object
}

// compareSource is where targets are read that may differ.
type compareSource interface {
	write.SecretReader
	write.ObjectReader
}

// comparer is a write.SecretWriter and a write.ObjectClient that writes nothing. It answers as an API server would, with what is
// there, and tells the difference. The target is read only now, since what a pass remembers of it has no values.
type comparer struct {
	compareSource
	tell func(Difference) error

	mu      sync.Mutex
	writers map[types.NamespacedName]*api.ExternalSecret
}

// know tells the comparer which ExternalSecrets write.
func (c *comparer) know(items []resolve.Item) {
	c.writers = make(map[types.NamespacedName]*api.ExternalSecret, len(items))
	for _, item := range items {
		if item.ES != nil {
			c.writers[writerOf(item.Namespace, api.FieldManager(item.Name))] = item.ES
		}
	}
}

// differs tells a difference, one at a time.
func (c *comparer) differs(namespace, manager string, live, wanted runtime.Object) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tell(Difference{ES: c.writers[writerOf(namespace, manager)], Live: live, Wanted: wanted})
}

// object is a target: a *corev1.Secret or an *unstructured.Unstructured.
type object interface {
	metav1.Object
	runtime.Object
}

// goes tells that a target would be deleted, whose controller is the ExternalSecret that has it deleted.
func (c *comparer) goes(live object) error {
	manager := ""
	if owner := metav1.GetControllerOfNoCopy(live); owner != nil {
		manager = api.FieldManager(owner.Name)
	}
	return c.differs(live.GetNamespace(), manager, live, nil)
}

func (c *comparer) CreateSecret(ctx context.Context, s *corev1.Secret, manager string, _ bool) error {
	switch _, err := c.GetSecret(ctx, s.Namespace, s.Name); {
	case apierrors.IsNotFound(err):
		return c.differs(s.Namespace, manager, nil, s)
	case err != nil:
		return err
	default:
		return apierrors.NewAlreadyExists(corev1.Resource("secrets"), s.Name)
	}
}

func (c *comparer) UpdateSecret(ctx context.Context, s *corev1.Secret, manager string, _ bool) error {
	live, err := c.GetSecret(ctx, s.Namespace, s.Name)
	if err != nil {
		return err
	}
	if err := same(live, s.UID, s.ResourceVersion, corev1.Resource("secrets")); err != nil {
		return err
	}
	return c.differs(s.Namespace, manager, live, s)
}

func (c *comparer) DeleteSecret(ctx context.Context, namespace, name string, uid types.UID, resourceVersion string, _ bool) error {
	live, err := c.GetSecret(ctx, namespace, name)
	if err != nil {
		return err
	}
	if err := same(live, uid, resourceVersion, corev1.Resource("secrets")); err != nil {
		return err
	}
	return c.goes(live)
}

func (c *comparer) PutObject(ctx context.Context, object *unstructured.Unstructured, manager string, _ bool) error {
	live, err := c.GetObject(ctx, object.GroupVersionKind(), object.GetNamespace(), object.GetName())
	switch {
	case apierrors.IsNotFound(err) && object.GetResourceVersion() == "":
		return c.differs(object.GetNamespace(), manager, nil, object)
	case err != nil:
		return err
	case object.GetResourceVersion() == "":
		return apierrors.NewAlreadyExists(resourceOf(object), object.GetName())
	}
	if err := same(live, object.GetUID(), object.GetResourceVersion(), resourceOf(object)); err != nil {
		return err
	}
	return c.differs(object.GetNamespace(), manager, live, object)
}

func (c *comparer) DeleteObject(ctx context.Context, object *unstructured.Unstructured, _ bool) error {
	live, err := c.GetObject(ctx, object.GroupVersionKind(), object.GetNamespace(), object.GetName())
	if err != nil {
		return err
	}
	if err := same(live, object.GetUID(), object.GetResourceVersion(), resourceOf(object)); err != nil {
		return err
	}
	return c.goes(live)
}

// resourceOf names the kind of an object in errors, as where its resource is not known.
func resourceOf(object *unstructured.Unstructured) schema.GroupResource {
	return schema.GroupResource{Group: object.GroupVersionKind().Group, Resource: object.GetKind()}
}

// same is a conflict unless a target is the very one that was compared: the pass then compares again.
func same(live metav1.Object, uid types.UID, resourceVersion string, resource schema.GroupResource) error {
	if live.GetUID() == uid && live.GetResourceVersion() == resourceVersion {
		return nil
	}
	return apierrors.NewConflict(resource, live.GetName(), errors.New("it was changed meanwhile"))
}
