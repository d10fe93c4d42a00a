// Package template makes the data and metadata of a Secret out of an ExternalSecret's spec.target.template and the values that
// were fetched. It is pure: the ConfigMaps and Secrets that hold templates are named by Needs, read by the caller and handed
// to Render. The template language with its functions and limits is package engine.
//
// What is rendered is secret. Errors name the place of a template, its line and the keys at fault; a message that a template
// itself makes with the function fail can hold values, so the caller masks errors all the same.
package template

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

// place is where the template is in an ExternalSecret.
const place = "spec.target.template"

// maxData is the API server's limit for the values of a Secret, in bytes.
const maxData = 1 << 20

// Rendered is what a template makes of a Secret.
type Rendered struct {
	// Type of the Secret; empty keeps what it has, or Opaque.
	Type string
	// Data is the whole data, fetched values included where the template keeps them.
	Data map[string]secret.Value
	// Labels and Annotations are all that the Secret gets: with a template, those of the ExternalSecret are not copied.
	Labels, Annotations map[string]secret.Value
	// Fields are what an object that is no Secret gets besides, in the order in which they are to be set.
	Fields []Field
	// Finalizers are to be added where they are missing.
	Finalizers []string
	// Warnings are about templates that work but hardly as their author means them to.
	Warnings []string
}

// Render renders template t over data, the fetched values. objects holds what Needs names. The first template that fails fails
// the whole.
func Render(t *api.Template, objects Objects, data map[string]secret.Value) (Rendered, error) {
	if err := Check(t); err != nil {
		return Rendered{}, err
	}
	return render(t, objects, data)
}

// RenderObject is Render for an object that is no Secret.
func RenderObject(t *api.Template, objects Objects, data map[string]secret.Value) (Rendered, error) {
	if err := CheckObject(t); err != nil {
		return Rendered{}, err
	}
	return render(t, objects, data)
}

// render renders a template that has been checked.
func render(t *api.Template, objects Objects, data map[string]secret.Value) (Rendered, error) {
	r := &renderer{engine: engine.New(), objects: objects, values: make(map[string]string, len(data))}
	r.Type, r.Finalizers = t.Type, slices.Clone(t.Metadata.Finalizers)
	r.Data, r.Labels, r.Annotations = map[string]secret.Value{}, map[string]secret.Value{}, map[string]secret.Value{}
	for key, value := range data {
		r.values[key] = string(value.Reveal())
	}
	if t.MergePolicy == api.TemplateMergePolicyMerge || !t.HasData() {
		maps.Copy(r.Data, data)
	}
	for i, from := range t.TemplateFrom {
		if err := r.from(fmt.Sprintf("%s.templateFrom[%d]", place, i), from); err != nil {
			return Rendered{}, err
		}
	}
	for _, fields := range []struct {
		path      string
		templates map[string]string
		target    values
	}{
		{place + ".data", t.Data, r.data()},
		{place + ".metadata.labels", t.Metadata.Labels, r.labels()},
		{place + ".metadata.annotations", t.Metadata.Annotations, r.annotations()},
	} {
		for _, key := range slices.Sorted(maps.Keys(fields.templates)) {
			s := source{place: field(fields.path, key), text: fields.templates[key]}
			if err := r.value(s, key, fields.target); err != nil {
				return Rendered{}, err
			}
		}
	}
	size := 0
	for _, value := range r.Data {
		size += value.Len()
	}
	if size > maxData {
		return Rendered{}, fmt.Errorf("%s: the Secret would hold %d bytes, and a Secret holds at most %d", place, size, maxData)
	}
	return r.Rendered, nil
}

// field is the path of a key in a map.
func field(path, key string) string {
	for _, r := range key {
		if r == '.' || r == '/' || r == '[' || r == ']' {
			return fmt.Sprintf("%s[%s]", path, key)
		}
	}
	return path + "." + key
}
