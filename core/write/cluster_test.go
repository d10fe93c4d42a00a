package write_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// cluster holds Secrets as an API server does: it counts versions, and refuses a write on an older one.
type cluster struct {
	secrets map[types.NamespacedName]*corev1.Secret
	version int
	writes  []string // "create NAME", "update NAME", with " (dry run)" where it was one
	manager string   // of the last write
	reads   int
	// before, if set, is called in front of each write: a test may meddle, or refuse it.
	before func(verb string) error
}

func clusterOf(secrets ...*corev1.Secret) *cluster {
	c := &cluster{secrets: map[types.NamespacedName]*corev1.Secret{}}
	for _, s := range secrets {
		c.put(s)
	}
	return c
}

// put stores a Secret as someone else does.
func (c *cluster) put(s *corev1.Secret) {
	c.version++
	stored := s.DeepCopy()
	stored.ResourceVersion = strconv.Itoa(c.version)
	c.secrets[idOf(s)] = stored
}

func idOf(s *corev1.Secret) types.NamespacedName {
	return types.NamespacedName{Namespace: s.Namespace, Name: s.Name}
}

func (c *cluster) GetSecret(_ context.Context, namespace, name string) (*corev1.Secret, error) {
	c.reads++
	s, ok := c.secrets[types.NamespacedName{Namespace: namespace, Name: name}]
	if !ok {
		return nil, fmt.Errorf("get secret %q: %w", name, apierrors.NewNotFound(corev1.Resource("secrets"), name))
	}
	return s.DeepCopy(), nil
}

func (c *cluster) ListManagedSecrets(_ context.Context, namespace string, each func(*corev1.Secret)) error {
	c.reads++
	for _, s := range c.secrets {
		if s.Labels[api.LabelManaged] == api.LabelManagedValue && (namespace == "" || namespace == s.Namespace) {
			each(s.DeepCopy())
		}
	}
	return nil
}

func (c *cluster) CreateSecret(_ context.Context, s *corev1.Secret, manager string, dryRun bool) error {
	if err := c.begin("create", s, manager, dryRun); err != nil {
		return err
	}
	if _, ok := c.secrets[idOf(s)]; ok {
		return fmt.Errorf("create secret %q: %w", s.Name, apierrors.NewAlreadyExists(corev1.Resource("secrets"), s.Name))
	}
	if !dryRun {
		c.put(s)
	}
	return nil
}

func (c *cluster) UpdateSecret(_ context.Context, s *corev1.Secret, manager string, dryRun bool) error {
	if err := c.begin("update", s, manager, dryRun); err != nil {
		return err
	}
	live, ok := c.secrets[idOf(s)]
	switch {
	case !ok:
		return fmt.Errorf("update secret %q: %w", s.Name, apierrors.NewNotFound(corev1.Resource("secrets"), s.Name))
	case live.ResourceVersion != s.ResourceVersion:
		return fmt.Errorf("update secret %q: %w", s.Name, apierrors.NewConflict(corev1.Resource("secrets"), s.Name, nil))
	}
	if !dryRun {
		managed := live.ManagedFields
		c.put(s)
		c.secrets[idOf(s)].ManagedFields = managed
	}
	return nil
}

func (c *cluster) DeleteSecret(_ context.Context, namespace, name string, uid types.UID, resourceVersion string, dryRun bool) error {
	id := types.NamespacedName{Namespace: namespace, Name: name}
	if err := c.begin("delete", &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}}, "", dryRun); err != nil {
		return err
	}
	live, ok := c.secrets[id]
	switch {
	case !ok:
		return fmt.Errorf("delete secret %q: %w", name, apierrors.NewNotFound(corev1.Resource("secrets"), name))
	case live.UID != uid || live.ResourceVersion != resourceVersion:
		return fmt.Errorf("delete secret %q: %w", name, apierrors.NewConflict(corev1.Resource("secrets"), name, nil))
	}
	if !dryRun {
		delete(c.secrets, id)
	}
	return nil
}

func (c *cluster) begin(verb string, s *corev1.Secret, manager string, dryRun bool) error {
	c.manager = manager
	text := verb + " " + s.Name
	if dryRun {
		text += " (dry run)"
	}
	c.writes = append(c.writes, text)
	if c.before != nil {
		return c.before(verb)
	}
	return nil
}

// apply brings the Secret of es to data as a pass does, from the Secret that is there.
func (c *cluster) apply(t *testing.T, es *api.ExternalSecret, data map[string]string, dryRun write.DryRun) (write.Outcome, error) {
	t.Helper()
	live, err := write.NewIndex(c, nil).Target(t.Context(), es)
	require.NoError(t, err)
	c.reads = 0
	w := &write.Targets{Reader: c, Writer: c, DryRun: dryRun, APIVersion: "external-secrets.io/v1"}
	return w.Apply(t.Context(), es, contentOf(es, data), live)
}

// secret returns the Secret that es writes; nil if there is none.
func (c *cluster) secret(es *api.ExternalSecret) *corev1.Secret {
	return c.secrets[types.NamespacedName{Namespace: es.Namespace, Name: write.TargetName(es)}]
}

// contentOf is what a Secret is to hold where there is no template.
func contentOf(es *api.ExternalSecret, texts map[string]string) write.Content {
	return write.Content{Data: hidden(texts), Labels: es.Labels, Annotations: es.Annotations}
}

func hidden(texts map[string]string) map[string]secret.Value {
	values := map[string]secret.Value{}
	for key, text := range texts {
		values[key] = secret.FromString(text)
	}
	return values
}

// externalSecret is shop/db with an annotation and a label, changed by YAML on top.
func externalSecret(t *testing.T, text string) *api.ExternalSecret {
	t.Helper()
	es := &api.ExternalSecret{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "db", UID: "uid-1", Generation: 2,
		Labels: map[string]string{"app": "db"}, Annotations: map[string]string{"note": "hello"},
	}}
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), es))
	return es
}

// manages records that a field manager has written fields, in the JSON of managed fields.
func manages(s *corev1.Secret, manager, fields string) {
	s.ManagedFields = append(s.ManagedFields, metav1.ManagedFieldsEntry{
		Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, FieldsV1: metav1.NewFieldsV1(fields),
	})
}
