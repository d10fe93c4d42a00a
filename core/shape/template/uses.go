package template

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

// Usage is one template of an ExternalSecret, and the values that it takes.
type Usage struct {
	// Place is where it is, such as spec.target.template.data.url.
	Place string
	// Target is what the result becomes: Data, Labels, Annotations, or a path in an object that is no Secret.
	Target string
	// Key is the one whose value the result is; empty where the result has keys of its own.
	Key string
	// Object holds the template under ObjectKey; nil where the ExternalSecret itself does.
	Object    *ObjectRef
	ObjectKey string
	// Lines are those that take values.
	Lines []engine.Use
	// Unread tells that the text is not known: it was not read, or is in a Secret, whose text is nobody's to see.
	Unread bool
	// Err is why the text is no template; it does not quote it.
	Err error
}

// Uses tells which values each template of t takes, in the order in which they are rendered, so that of two that make one key the
// later one wins. objects holds what was read of what Needs names. t may be nil.
func Uses(t *api.Template, objects Objects) []Usage {
	if t == nil {
		return nil
	}
	var all []Usage
	for i, from := range t.TemplateFrom {
		path := fmt.Sprintf("%s.templateFrom[%d]", place, i)
		target, err := targetOf(from.Target)
		if err != nil {
			target = from.Target
		}
		all = append(all, usesOfObject(path+".configMap", KindConfigMap, from.ConfigMap, target, objects)...)
		all = append(all, usesOfObject(path+".secret", KindSecret, from.Secret, target, objects)...)
		if from.Literal != nil {
			all = append(all, usage(Usage{Place: path + ".literal", Target: target}, *from.Literal))
		}
	}
	for _, fields := range []struct {
		path, target string
		templates    map[string]string
	}{
		{place + ".data", api.TemplateTargetData, t.Data},
		{place + ".metadata.labels", api.TemplateTargetLabels, t.Metadata.Labels},
		{place + ".metadata.annotations", api.TemplateTargetAnnotations, t.Metadata.Annotations},
	} {
		for _, key := range slices.Sorted(maps.Keys(fields.templates)) {
			all = append(all, usage(Usage{Place: field(fields.path, key), Target: fields.target, Key: key}, fields.templates[key]))
		}
	}
	return all
}

func usesOfObject(path string, kind Kind, ref *api.TemplateRef, target string, objects Objects) []Usage {
	if ref == nil {
		return nil
	}
	var all []Usage
	object := ObjectRef{Kind: kind, Name: ref.Name}
	for i, item := range ref.Items {
		u := Usage{Place: fmt.Sprintf("%s.items[%d]", path, i), Target: target, Object: &object, ObjectKey: item.Key}
		if item.TemplateAs != api.TemplateScopeKeysAndValues {
			u.Key = item.Key
		}
		text, read := objects[object][item.Key]
		if u.Unread = !read || kind == KindSecret; !u.Unread {
			u = usage(u, string(text.Reveal()))
		}
		all = append(all, u)
	}
	return all
}

func usage(u Usage, text string) Usage {
	u.Lines, u.Err = engine.Uses(text, engine.Options{Confidential: true}) // who asks for the lines is not shown the text
	return u
}
