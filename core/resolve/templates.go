package resolve

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// TemplateReader reads the objects that hold templates.
type TemplateReader interface {
	GetConfigMap(ctx context.Context, namespace, name string) (*corev1.ConfigMap, error)
	GetSecret(ctx context.Context, namespace, name string) (*corev1.Secret, error)
}

// Templates reads ConfigMaps and Secrets that hold templates, each once a run.
type Templates struct {
	reader TemplateReader

	mu    sync.Mutex
	known map[templateKey]*templateObject
}

type templateKey struct{ kind, namespace, name string }

type templateObject struct {
	once sync.Once
	data map[string]secret.Value
	err  error
}

// NewTemplates reads through reader.
func NewTemplates(reader TemplateReader) *Templates {
	return &Templates{reader: reader, known: map[templateKey]*templateObject{}}
}

// Get returns the data of a ConfigMap or Secret, as kind says; nil if there is no such object.
func (t *Templates) Get(ctx context.Context, kind, namespace, name string) (map[string]secret.Value, error) {
	t.mu.Lock()
	key := templateKey{kind, namespace, name}
	object, ok := t.known[key]
	if !ok {
		object = &templateObject{}
		t.known[key] = object
	}
	t.mu.Unlock()
	object.once.Do(func() { object.data, object.err = t.read(ctx, key) })
	return object.data, object.err
}

func (t *Templates) read(ctx context.Context, key templateKey) (map[string]secret.Value, error) {
	data := map[string]secret.Value{}
	var err error
	if key.kind == "ConfigMap" {
		var m *corev1.ConfigMap
		if m, err = t.reader.GetConfigMap(ctx, key.namespace, key.name); err == nil {
			for name, text := range m.Data {
				data[name] = secret.FromString(text)
			}
		}
	} else {
		var s *corev1.Secret
		if s, err = t.reader.GetSecret(ctx, key.namespace, key.name); err == nil {
			for name, value := range s.Data {
				data[name] = secret.New(value)
			}
		}
	}
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return data, err
}
