package template

import (
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// Kind is the kind of an object that holds templates.
type Kind string

// The kinds.
const (
	KindConfigMap Kind = "ConfigMap"
	KindSecret    Kind = "Secret"
)

// ObjectRef names an object in the ExternalSecret's namespace.
type ObjectRef struct {
	Kind Kind
	Name string
}

// Objects are the objects that hold templates: of a Secret its data, of a ConfigMap its data without binaryData. One that does
// not exist is not in it.
type Objects map[ObjectRef]map[string]secret.Value

// Needs names the objects that hold templates of t, each once and in the order in which they are used.
func Needs(t *api.Template) []ObjectRef {
	var refs []ObjectRef
	for _, from := range t.TemplateFrom {
		for _, ref := range []struct {
			kind   Kind
			object *api.TemplateRef
		}{{KindConfigMap, from.ConfigMap}, {KindSecret, from.Secret}} {
			if ref.object == nil {
				continue
			}
			if need := (ObjectRef{Kind: ref.kind, Name: ref.object.Name}); !slices.Contains(refs, need) {
				refs = append(refs, need)
			}
		}
	}
	return refs
}
