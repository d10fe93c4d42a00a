package diff

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
)

// comparison takes in what a pass would change, one target at a time.
type comparison struct {
	trees  *trees
	masker *masker
	// random are the ExternalSecrets of which the values are made up, and made up anew when they are written.
	random []core.Result
}

// add keeps of a difference what is compared of it.
func (c *comparison) add(d core.Difference) error {
	literal, writer := literalOf(d.ES), ""
	if d.ES != nil {
		writer = d.ES.Name
		if d.Wanted != nil && d.ES.Generates() {
			c.random = append(c.random, core.Result{Namespace: d.ES.Namespace, Name: d.ES.Name})
		}
	}
	live, err := c.masker.document(d.Live, literal)
	if err != nil {
		return err
	}
	merged, err := c.masker.document(d.Wanted, literal)
	if err != nil {
		return err
	}
	target := d.Wanted
	if target == nil {
		target = d.Live
	}
	name, err := nameOf(target)
	if err != nil {
		return err
	}
	return c.trees.add(name, writer, live, merged)
}

// nameOf is the name of a target's file, as kubectl diff makes it: [GROUP.]VERSION.KIND.NAMESPACE.NAME.
func nameOf(target runtime.Object) (string, error) {
	accessor, err := meta.Accessor(target)
	if err != nil {
		return "", err
	}
	kind := target.GetObjectKind().GroupVersionKind()
	if _, ok := target.(*corev1.Secret); ok {
		kind = corev1.SchemeGroupVersion.WithKind("Secret")
	}
	parts := []string{kind.Version, kind.Kind, accessor.GetNamespace(), accessor.GetName()}
	if kind.Group != "" {
		parts = append([]string{kind.Group}, parts...)
	}
	return strings.Join(parts, "."), nil
}
