package core

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// RenderConfig says what is rendered, and from what.
type RenderConfig struct {
	// Source stands in for the cluster: the ExternalSecrets and ClusterExternalSecrets, and what they and their stores refer to.
	Source RenderSource
	// Providers serve the stores.
	Providers provider.Registry
	// Class is the class of the stores that are served, besides those that name none.
	Class string
}

// RenderSource has all that there is.
type RenderSource interface {
	Source
	fanout.Reader
}

// Rendering is what Render has made.
type Rendering struct {
	// Rendered are in the order of namespace and name.
	Rendered []Rendered
	// ClusterExternalSecrets are in the order of their names. The ExternalSecrets that they make are among those rendered.
	ClusterExternalSecrets []fanout.Result
	// Notes are things about the whole that a person should know.
	Notes []string
}

// Rendered is what a pass would do for one ExternalSecret.
type Rendered struct {
	Result
	// ES is nil where the ExternalSecret can't be decoded.
	ES *api.ExternalSecret
	// Secret is what the pass would write, with its values; nil where it would write none.
	Secret *corev1.Secret
	// Object is the same for a target that is no Secret.
	Object *unstructured.Unstructured
}

// Render makes the pass that a cluster without Secrets would have, up to the writing: whether or not they are due, each
// ExternalSecret is rendered as if it were the only one. A Secret of Source is taken to be there only where creationPolicy Merge
// needs one. The error is for what kept the whole from being rendered; what fails for one ExternalSecret is that one's result.
func Render(ctx context.Context, config RenderConfig) (Rendering, error) {
	items, err := resolve.Select(ctx, config.Source, resolve.Scope{})
	if err != nil {
		return Rendering{}, err
	}
	p := &pass{
		Config: Config{
			Providers: config.Providers, Class: config.Class, GenericTargets: true, Force: true, DryRun: write.DryRunServer,
			Concurrency: DefaultConcurrency,
		},
		report: Report{Started: time.Now()},
	}
	p.fanout = &fanout.FanOut{Reader: config.Source, Writer: fanout.Pretend{}, APIVersion: api.APIVersion, Concurrency: DefaultConcurrency}
	if err := p.fanout.Load(ctx); err != nil {
		return Rendering{}, err
	}
	items = p.fanOut(ctx, ctx, items)
	wanted := &wanted{secrets: map[types.NamespacedName]*corev1.Secret{}, objects: map[types.NamespacedName]*unstructured.Unstructured{}}
	p.use(config.Source, mergeTargets(config.Source, items), wanted, wanted, api.APIVersion)
	p.run(ctx, ctx, p.resolve(ctx, ctx, items))
	p.report.sort()

	decoded := make(map[types.NamespacedName]*api.ExternalSecret, len(items))
	for _, item := range items {
		decoded[item.NamespacedName] = item.ES
	}
	rendering := Rendering{
		Rendered: make([]Rendered, len(p.report.Results)), ClusterExternalSecrets: p.report.ClusterExternalSecrets, Notes: p.report.Notes,
	}
	for i, result := range p.report.Results {
		writer := writerOf(result.Namespace, api.FieldManager(result.Name))
		rendering.Rendered[i] = Rendered{
			Result: result,
			ES:     decoded[types.NamespacedName{Namespace: result.Namespace, Name: result.Name}],
			Secret: wanted.secrets[writer],
			Object: wanted.objects[writer],
		}
	}
	return rendering, nil
}

// wanted is a write.SecretWriter and a write.ObjectClient that keeps what it is given, by who wrote it.
type wanted struct {
	mu      sync.Mutex
	secrets map[types.NamespacedName]*corev1.Secret
	objects map[types.NamespacedName]*unstructured.Unstructured
}

// writerOf is the key of wanted: no two ExternalSecrets of a namespace have the same field manager.
func writerOf(namespace, manager string) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: manager}
}

func (w *wanted) CreateSecret(_ context.Context, s *corev1.Secret, manager string, _ bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets[writerOf(s.Namespace, manager)] = s
	return nil
}

func (w *wanted) UpdateSecret(ctx context.Context, s *corev1.Secret, manager string, dryRun bool) error {
	return w.CreateSecret(ctx, s, manager, dryRun)
}

// DeleteSecret finds nothing to delete: no Secret that is there has been written by an ExternalSecret.
func (w *wanted) DeleteSecret(context.Context, string, string, types.UID, string, bool) error {
	return nil
}

// GetObject finds none: manifests are not searched for objects of any kind.
func (w *wanted) GetObject(_ context.Context, kind schema.GroupVersionKind, _, name string) (*unstructured.Unstructured, error) {
	return nil, apierrors.NewNotFound(schema.GroupResource{Group: kind.Group, Resource: kind.Kind}, name)
}

func (w *wanted) PutObject(_ context.Context, object *unstructured.Unstructured, manager string, _ bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.objects[writerOf(object.GetNamespace(), manager)] = object
	return nil
}

// DeleteObject finds nothing to delete either.
func (w *wanted) DeleteObject(context.Context, *unstructured.Unstructured, bool) error { return nil }

// targets is a write.SecretReader of the Secrets that are there before the pass.
type targets struct {
	source resolve.TemplateReader
	names  map[types.NamespacedName]bool
}

// mergeTargets are the Secrets of source that creationPolicy Merge adds to.
func mergeTargets(source resolve.TemplateReader, items []resolve.Item) *targets {
	names := map[types.NamespacedName]bool{}
	for _, item := range items {
		if item.ES != nil && item.ES.Spec.Target.CreationPolicy == api.CreationPolicyMerge {
			names[types.NamespacedName{Namespace: item.Namespace, Name: write.TargetName(item.ES)}] = true
		}
	}
	return &targets{source: source, names: names}
}

func (t *targets) GetSecret(ctx context.Context, namespace, name string) (*corev1.Secret, error) {
	if !t.names[types.NamespacedName{Namespace: namespace, Name: name}] {
		return nil, apierrors.NewNotFound(corev1.Resource("secrets"), name)
	}
	return t.source.GetSecret(ctx, namespace, name)
}

// ListManagedSecrets lists none: each is read by its name.
func (t *targets) ListManagedSecrets(context.Context, string, func(*corev1.Secret)) error { return nil }
