package write

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// ObjectReader reads objects of any kind that has namespaces.
type ObjectReader interface {
	GetObject(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error)
}

// ObjectClient reads and writes objects of any kind that has namespaces, which they name themselves.
type ObjectClient interface {
	ObjectReader
	// PutObject creates the object or, where it has a resourceVersion, replaces the one of that version.
	PutObject(ctx context.Context, object *unstructured.Unstructured, manager string, dryRun bool) error
	// DeleteObject deletes the object of that UID and resourceVersion.
	DeleteObject(ctx context.Context, object *unstructured.Unstructured, dryRun bool) error
}

// kindOf is the kind of a target that is no Secret.
func kindOf(es *api.ExternalSecret) schema.GroupVersionKind {
	return schema.FromAPIVersionAndKind(es.Spec.Target.Manifest.APIVersion, es.Spec.Target.Manifest.Kind)
}

// readObject reads a target that is no Secret now; nil if it does not exist.
func readObject(ctx context.Context, reader ObjectReader, es *api.ExternalSecret) (*Live, error) {
	object, err := reader.GetObject(ctx, kindOf(es), es.Namespace, TargetName(es))
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	meta, err := metaOf(object)
	if err != nil {
		return nil, err
	}
	return &Live{Meta: *meta, DataHash: api.ObjectHash(object.Object)}, nil
}

// metaOf is the metadata of an object, with the records only of what ExternalSecrets have written.
func metaOf(object *unstructured.Unstructured) (*metav1.ObjectMeta, error) {
	var partial metav1.PartialObjectMetadata
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &partial); err != nil {
		return nil, fmt.Errorf("read the metadata of %s %q: %w", object.GetKind(), object.GetName(), err)
	}
	partial.ManagedFields, _ = ofExternalSecrets(partial.ManagedFields)
	return &partial.ObjectMeta, nil
}

// objectTarget is a target that is no Secret.
type objectTarget struct {
	*Targets
	es *api.ExternalSecret
}

func (t *objectTarget) read(ctx context.Context) (*Live, error) {
	return readObject(ctx, t.Objects, t.es)
}

func (t *objectTarget) create(ctx context.Context, content Content) (Outcome, error) {
	want, err := desiredObject(t.es, t.APIVersion, content, nil)
	if err != nil {
		return Outcome{}, err
	}
	if t.DryRun == DryRunClient {
		if live, err := t.read(ctx); err != nil {
			return Outcome{}, err
		} else if live != nil {
			return Outcome{}, apierrors.NewAlreadyExists(schema.GroupResource{Resource: want.GetKind()}, want.GetName())
		}
	} else if err := t.Objects.PutObject(ctx, want, api.FieldManager(t.es.Name), t.DryRun == DryRunServer); err != nil {
		return Outcome{}, err
	}
	return Outcome{Result: Created, Changes: objectChanges(nil, want)}, nil
}

// update reads the object again: what is remembered of it has no values, and its other fields are to stay as they are.
func (t *objectTarget) update(ctx context.Context, content Content, _ *Live) (Outcome, error) {
	live, err := t.Objects.GetObject(ctx, kindOf(t.es), t.es.Namespace, TargetName(t.es))
	if err != nil {
		return Outcome{}, err
	}
	want, err := desiredObject(t.es, t.APIVersion, content, live)
	if err != nil {
		return Outcome{}, err
	}
	difference := objectChanges(live, want)
	if !difference.Any() {
		return Outcome{Result: Unchanged}, nil
	}
	outcome := Outcome{Result: Updated, Changes: difference, Adopted: live.GetLabels()[api.LabelManaged] != api.LabelManagedValue}
	if t.DryRun == DryRunClient {
		return outcome, nil
	}
	return outcome, t.Objects.PutObject(ctx, want, api.FieldManager(t.es.Name), t.DryRun == DryRunServer)
}

func (t *objectTarget) remove(ctx context.Context, live *Live) error {
	object := emptyObject(t.es)
	object.SetUID(live.Meta.UID)
	object.SetResourceVersion(live.Meta.ResourceVersion)
	return t.Objects.DeleteObject(ctx, object, t.DryRun == DryRunServer)
}

// objectChanges names the fields in which two objects differ, by their paths. live is nil for an object that is new.
func objectChanges(live, want *unstructured.Unstructured) Changes {
	var c Changes
	before := map[string]any{}
	if live != nil {
		before = live.Object
		c.Metadata = !equality.Semantic.DeepEqual(live.GetLabels(), want.GetLabels()) ||
			!equality.Semantic.DeepEqual(live.GetAnnotations(), want.GetAnnotations()) ||
			!equality.Semantic.DeepEqual(live.GetFinalizers(), want.GetFinalizers()) ||
			!equality.Semantic.DeepEqual(live.GetOwnerReferences(), want.GetOwnerReferences())
	}
	c.compare("", withoutMeta(before), withoutMeta(want.Object))
	return c
}
