package fanout

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// source is a ClusterExternalSecret.
type source struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		api.ClusterExternalSecretSpec
		// Child is the spec of the ExternalSecrets as it came, with what this version does not know.
		Child json.RawMessage `json:"externalSecretSpec"`
	} `json:"spec"`
	Status api.ClusterExternalSecretStatus `json:"status"`

	err error // why it can't be read
}

// decode reads a ClusterExternalSecret. One that can't be read is one with an error, and with its name if that can be read.
func decode(raw json.RawMessage) *source {
	var s source
	if err := json.Unmarshal(raw, &s); err != nil {
		var identity struct{ Metadata struct{ Name string } }
		_ = json.Unmarshal(raw, &identity) // the error is the same
		return &source{ObjectMeta: metav1.ObjectMeta{Name: identity.Metadata.Name}, err: fmt.Errorf("read the object: %w", err)}
	}
	return &s
}

// childName is the name of the ExternalSecrets.
func (s *source) childName() string { return cmp.Or(s.Spec.ExternalSecretName, s.Name) }

// targets are the names of the namespaces that match and are not being deleted, in their order.
func (s *source) targets(namespaces map[string]namespace) ([]string, error) {
	selectors, err := s.selectors()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(namespaces)), func(name string) bool {
		n := namespaces[name]
		return n.going || !slices.Contains(s.Spec.Namespaces, name) &&
			!slices.ContainsFunc(selectors, func(selector labels.Selector) bool { return selector.Matches(n.labels) })
	}), nil
}

// selectors are those of the spec, each of which chooses namespaces.
func (s *source) selectors() ([]labels.Selector, error) {
	one, err := metav1.LabelSelectorAsSelector(s.Spec.NamespaceSelector)
	if err != nil {
		return nil, fmt.Errorf("spec.namespaceSelector: %w", err)
	}
	selectors := []labels.Selector{one}
	for i, written := range s.Spec.NamespaceSelectors {
		selector, err := metav1.LabelSelectorAsSelector(written)
		if err != nil {
			return nil, fmt.Errorf("spec.namespaceSelectors[%d]: %w", i, err)
		}
		selectors = append(selectors, selector)
	}
	return selectors, nil
}
