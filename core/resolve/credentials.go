package resolve

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// CredentialReader reads what stores log in with.
type CredentialReader interface {
	GetSecret(ctx context.Context, namespace, name string) (*corev1.Secret, error)
	ServiceAccount(ctx context.Context, namespace, name string) (annotations map[string]string, err error)
	Token(ctx context.Context, namespace, name string, audiences []string) (token string, expires time.Time, err error)
	ConfigMap(ctx context.Context, namespace, name string) (data map[string]string, err error)
	APIServer() *rest.Config
}

// Credentials implements provider.Credentials. It reads each Secret once a run, and remembers every credential that it gave
// out, so that none can appear in a message.
type Credentials struct {
	reader CredentialReader

	mu      sync.Mutex
	secrets map[types.NamespacedName]map[string][]byte
	mask    secret.Mask
}

// NewCredentials reads credentials through reader.
func NewCredentials(reader CredentialReader) *Credentials {
	return &Credentials{reader: reader, secrets: map[types.NamespacedName]map[string][]byte{}}
}

// Secret implements provider.Credentials.
func (c *Credentials) Secret(ctx context.Context, namespace, name, key string) (secret.Value, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	data, err := c.data(ctx, namespace, name)
	if err != nil {
		return secret.Value{}, err
	}
	value, ok := data[key]
	if !ok {
		return secret.Value{}, noKey("Secret", data, namespace, name, key)
	}
	c.mask.Add(secret.New(value))
	return secret.New(value), nil
}

// WholeSecret implements provider.WholeSecrets.
func (c *Credentials) WholeSecret(ctx context.Context, namespace, name string) (map[string]secret.Value, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	data, err := c.data(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	values := make(map[string]secret.Value, len(data))
	for key, value := range data {
		values[key] = secret.New(value)
		c.mask.Add(values[key])
	}
	return values, nil
}

// data is what a Secret holds, read once. The caller has locked c.
func (c *Credentials) data(ctx context.Context, namespace, name string) (map[string][]byte, error) {
	id := types.NamespacedName{Namespace: namespace, Name: name}
	if data, ok := c.secrets[id]; ok {
		return data, nil
	}
	s, err := c.reader.GetSecret(ctx, namespace, name)
	if apierrors.IsNotFound(err) {
		return nil, unreadable("there is no Secret %q in namespace %q", name, namespace)
	}
	if err != nil {
		return nil, unreadable("namespace %q: %w", namespace, err)
	}
	c.secrets[id] = s.Data
	return s.Data, nil
}

// ServiceAccount implements provider.Credentials.
func (c *Credentials) ServiceAccount(ctx context.Context, namespace, name string) (map[string]string, error) {
	annotations, err := c.reader.ServiceAccount(ctx, namespace, name)
	if apierrors.IsNotFound(err) {
		return nil, unreadable("there is no ServiceAccount %q in namespace %q", name, namespace)
	}
	if err != nil {
		return nil, unreadable("namespace %q: %w", namespace, err)
	}
	return annotations, nil
}

// Token implements provider.Credentials.
func (c *Credentials) Token(ctx context.Context, namespace, name string, audiences []string) (secret.Value, time.Time, error) {
	token, expires, err := c.reader.Token(ctx, namespace, name, audiences)
	if err != nil {
		return secret.Value{}, time.Time{}, trace.At(trace.Token, fmt.Errorf("namespace %q: %w", namespace, err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mask.Add(secret.FromString(token))
	return secret.FromString(token), expires, nil
}

// ConfigMap implements provider.Credentials.
func (c *Credentials) ConfigMap(ctx context.Context, namespace, name, key string) (string, error) {
	data, err := c.reader.ConfigMap(ctx, namespace, name)
	if apierrors.IsNotFound(err) {
		return "", unreadable("there is no ConfigMap %q in namespace %q", name, namespace)
	}
	if err != nil {
		return "", unreadable("namespace %q: %w", namespace, err)
	}
	text, ok := data[key]
	if !ok {
		return "", noKey("ConfigMap", data, namespace, name, key)
	}
	return text, nil
}

// APIServer implements provider.Credentials.
func (c *Credentials) APIServer() *rest.Config { return c.reader.APIServer() }

// noKey is the error for an object that lacks a key.
func noKey[V any](kind string, data map[string]V, namespace, name, key string) error {
	return unreadable("%s %q in namespace %q has no key %q; its keys are: %s",
		kind, name, namespace, key, strings.Join(slices.Sorted(maps.Keys(data)), ", "))
}

// unreadable is why something that a store logs in with can't be read.
func unreadable(format string, args ...any) error {
	return trace.At(trace.Credentials, fmt.Errorf(format, args...))
}

// AddTo makes mask hide every credential that was given out so far.
func (c *Credentials) AddTo(mask *secret.Mask) {
	c.mu.Lock()
	defer c.mu.Unlock()
	mask.Include(&c.mask)
}

// Mask replaces every credential that was given out so far in text.
func (c *Credentials) Mask(text string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mask.Text(text)
}
