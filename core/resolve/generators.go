package resolve

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
)

// GeneratorReader reads generators as raw JSON; namespace is empty for one that is in none.
type GeneratorReader interface {
	GetGenerator(ctx context.Context, kind, namespace, name string) (json.RawMessage, error)
}

// Generator is what a generatorRef means. Kind is that of what a ClusterGenerator wraps.
type Generator struct {
	Kind string
	// Class is the class of controller that it names, if any.
	Class string
	// Spec is empty for a kind that a pass can't run.
	Spec generators.Spec
}

// Generators finds generators, each at most once a run.
type Generators struct {
	reader GeneratorReader

	mu    sync.Mutex
	known map[generatorKey]*generatorObject
}

type generatorKey struct{ kind, namespace, name string }

func (k generatorKey) String() string {
	if k.namespace == "" {
		return fmt.Sprintf("%s %q", k.kind, k.name)
	}
	return fmt.Sprintf("%s %q in namespace %q", k.kind, k.name, k.namespace)
}

type generatorObject struct {
	once      sync.Once
	generator *Generator
	err       error
}

// NewGenerators reads through reader.
func NewGenerators(reader GeneratorReader) *Generators {
	return &Generators{reader: reader, known: map[generatorKey]*generatorObject{}}
}

// Get finds the generator that a reference from namespace means: one of that namespace, or a ClusterGenerator.
func (g *Generators) Get(ctx context.Context, ref api.GeneratorRef, namespace string) (*Generator, error) {
	key := keyOf(ref, namespace)
	g.mu.Lock()
	object, ok := g.known[key]
	if !ok {
		object = &generatorObject{}
		g.known[key] = object
	}
	g.mu.Unlock()
	object.once.Do(func() { object.generator, object.err = g.read(ctx, key) })
	return object.generator, object.err
}

func keyOf(ref api.GeneratorRef, namespace string) generatorKey {
	key := generatorKey{kind: ref.Kind, namespace: namespace, name: ref.Name}
	if ref.Kind == generators.KindCluster {
		key.namespace = ""
	}
	return key
}

func (g *Generators) read(ctx context.Context, key generatorKey) (*Generator, error) {
	raw, err := g.reader.GetGenerator(ctx, key.kind, key.namespace, key.name)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no %s: create it, or name another", key)
	}
	if err != nil {
		return nil, fmt.Errorf("could not get %s: %w", key, err)
	}
	generator, err := decodeGenerator(key.kind, raw)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return generator, nil
}

func decodeGenerator(kind string, raw json.RawMessage) (*Generator, error) {
	var object struct {
		Spec json.RawMessage `json:"spec"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, err
	}
	if kind == generators.KindCluster {
		var wrapper struct {
			Kind      string                     `json:"kind"`
			Generator map[string]json.RawMessage `json:"generator"`
		}
		if err := json.Unmarshal(object.Spec, &wrapper); err != nil {
			return nil, fmt.Errorf("spec: %w", err)
		}
		kind, object.Spec = wrapper.Kind, nil
		for field, spec := range wrapper.Generator {
			if strings.EqualFold(field, kind+"Spec") {
				object.Spec = spec
			}
		}
		if object.Spec == nil {
			return nil, fmt.Errorf("spec.generator has no spec of a %s", kind)
		}
	}
	return specOf(kind, object.Spec)
}

// specOf decodes the spec of a kind. One that is absent is empty, as an API server would have it.
func specOf(kind string, raw json.RawMessage) (*Generator, error) {
	if raw == nil {
		raw = json.RawMessage("{}")
	}
	var class struct {
		Controller string `json:"controller"`
	}
	generator := &Generator{Kind: kind}
	into, ok := specInto(kind, &generator.Spec)
	if !ok {
		into = &struct{}{}
	}
	for _, target := range []any{&class, into} {
		if err := json.Unmarshal(raw, target); err != nil {
			return nil, fmt.Errorf("its spec: %w", err)
		}
	}
	generator.Class = class.Controller
	return generator, nil
}

// specInto is where the spec of a kind belongs; ok is false for a kind that can't be run: those that can need nobody else for it.
func specInto(kind string, spec *generators.Spec) (into any, ok bool) {
	switch kind {
	case generators.KindFake:
		spec.Fake = &generators.FakeSpec{}
		return spec.Fake, true
	case generators.KindPassword:
		spec.Password = &generators.PasswordSpec{}
		return spec.Password, true
	case generators.KindSSHKey:
		spec.SSHKey = &generators.SSHKeySpec{}
		return spec.SSHKey, true
	case generators.KindUUID:
		spec.UUID = &generators.UUIDSpec{}
		return spec.UUID, true
	default:
		return nil, false
	}
}

// runs tells whether a kind of generator can be run.
func runs(kind string) bool {
	_, ok := specInto(kind, &generators.Spec{})
	return ok
}
