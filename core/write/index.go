package write

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// SecretReader reads Secrets.
type SecretReader interface {
	GetSecret(ctx context.Context, namespace, name string) (*corev1.Secret, error)
	ListManagedSecrets(ctx context.Context, namespace string, each func(*corev1.Secret)) error
}

// Index finds the live targets of a run: Secrets from one paged LIST, or by name where few are wanted or listing is forbidden;
// objects of other kinds by name.
type Index struct {
	reader  SecretReader
	objects ObjectReader
	listed  map[types.NamespacedName]*Live
}

// NewIndex makes an index that reads each Secret by name, and with objects what spec.target.manifest means.
func NewIndex(reader SecretReader, objects ObjectReader) *Index {
	return &Index{reader: reader, objects: objects}
}

// Load lists the managed Secrets of the namespaces, of all where none is named. After an error the index reads by name.
func (x *Index) Load(ctx context.Context, namespaces []string) error {
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	listed := map[types.NamespacedName]*Live{}
	for _, namespace := range namespaces {
		err := x.reader.ListManagedSecrets(ctx, namespace, func(s *corev1.Secret) {
			listed[types.NamespacedName{Namespace: s.Namespace, Name: s.Name}] = NewLive(s)
		})
		if err != nil {
			return err
		}
	}
	x.listed = listed
	return nil
}

// Target returns what es writes; nil if there is none or, where the index was loaded, no Secret with the managed label. Under
// creationPolicy Merge a Secret without the label is looked for, too: it is there before the ExternalSecret is. So it is where there
// are generators: no Secret must be there before they run.
func (x *Index) Target(ctx context.Context, es *api.ExternalSecret) (*Live, error) {
	if es.Spec.Target.Manifest != nil {
		return readObject(ctx, x.objects, es)
	}
	if x.listed != nil {
		live := x.listed[types.NamespacedName{Namespace: es.Namespace, Name: TargetName(es)}]
		if live != nil || !looksByName(es) {
			return live, nil
		}
	}
	return readSecret(ctx, x.reader, es.Namespace, TargetName(es))
}

// Unmarked returns what Target did not find because it has no managed label; nil if there is none.
func (x *Index) Unmarked(ctx context.Context, es *api.ExternalSecret) (*Live, error) {
	if x.listed == nil || es.Spec.Target.Manifest != nil || looksByName(es) {
		return nil, nil // Target has looked for it by name
	}
	return readSecret(ctx, x.reader, es.Namespace, TargetName(es))
}

// looksByName tells whether Target looks for a Secret, too, that has no managed label.
func looksByName(es *api.ExternalSecret) bool {
	return es.Spec.Target.CreationPolicy == api.CreationPolicyMerge || es.Generates()
}

// readSecret reads a Secret now, managed or not; nil if there is none.
func readSecret(ctx context.Context, reader SecretReader, namespace, name string) (*Live, error) {
	s, err := reader.GetSecret(ctx, namespace, name)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return NewLive(s), nil
}
