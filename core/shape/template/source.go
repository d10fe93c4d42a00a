package template

import (
	"fmt"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

// renderer is the state of one Render.
type renderer struct {
	Rendered
	engine  *engine.Engine
	objects Objects
	values  map[string]string
}

// source is one template and where it is.
type source struct {
	place    string
	text     string
	decoding api.DecodingStrategy
	// confidential tells that the text itself is secret.
	confidential bool
}

// mentions tells whether a text is written in the template, so that an error may quote it: it is no value then.
func (s source) mentions(text string) bool {
	return !s.confidential && text != "" && strings.Contains(s.text, text)
}

// execute renders a template. The error begins with its place.
func (r *renderer) execute(s source) ([]byte, error) {
	t, err := r.engine.Parse(s.text, engine.Options{Confidential: s.confidential})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.place, err)
	}
	for _, function := range t.Unstable() {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%s calls %s, whose result differs each time: the Secret changes at each refresh", s.place, function))
	}
	rendered, err := t.Execute(r.values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.place, err)
	}
	return rendered, nil
}

// decode applies the valuesDecodingStrategy of a templateFrom.
func (s source) decode(value secret.Value) (secret.Value, error) {
	return shape.Decode(s.decoding, value)
}

// value renders a template whose result is the value of a key.
func (r *renderer) value(s source, key string, to target) error {
	return r.put(s, func(rendered []byte) error { return to.value(s, key, rendered) })
}

// pairs renders a template whose result is YAML with keys and values.
func (r *renderer) pairs(s source, to target) error {
	return r.put(s, func(rendered []byte) error { return to.pairs(s, rendered) })
}

// put renders a template and has the result taken. The error begins with the template's place.
func (r *renderer) put(s source, take func(rendered []byte) error) error {
	rendered, err := r.execute(s)
	if err != nil {
		return err
	}
	if err := take(rendered); err != nil {
		return fmt.Errorf("%s: %w", s.place, err)
	}
	return nil
}

// from renders what one templateFrom names: ConfigMap, Secret and literal, in this order.
func (r *renderer) from(path string, from api.TemplateFrom) error {
	to, err := r.target(from.Target)
	if err != nil {
		return fmt.Errorf("%s.%w", path, err)
	}
	if err := r.object(path+".configMap", KindConfigMap, from.ConfigMap, from.ValuesDecodingStrategy, to); err != nil {
		return err
	}
	if err := r.object(path+".secret", KindSecret, from.Secret, from.ValuesDecodingStrategy, to); err != nil {
		return err
	}
	if from.Literal == nil {
		return nil
	}
	return r.pairs(source{place: path + ".literal", text: *from.Literal, decoding: from.ValuesDecodingStrategy}, to)
}

// object renders the templates that an object holds.
func (r *renderer) object(path string, kind Kind, ref *api.TemplateRef, decoding api.DecodingStrategy, to target) error {
	if ref == nil {
		return nil
	}
	texts, ok := r.objects[ObjectRef{Kind: kind, Name: ref.Name}]
	if !ok {
		return fmt.Errorf("%s: there is no %s %q in the namespace", path, kind, ref.Name)
	}
	for i, item := range ref.Items {
		text, ok := texts[item.Key]
		if !ok {
			return fmt.Errorf("%s.items[%d]: %s %q has no key %q%s", path, i, kind, ref.Name, item.Key, has(texts))
		}
		s := source{
			place:        fmt.Sprintf("%s.items[%d] (%s %q, key %q)", path, i, kind, ref.Name, item.Key),
			text:         string(text.Reveal()),
			decoding:     decoding,
			confidential: kind == KindSecret,
		}
		var err error
		switch item.TemplateAs {
		case "", api.TemplateScopeValues:
			err = r.value(s, item.Key, to)
		case api.TemplateScopeKeysAndValues:
			err = r.pairs(s, to)
		default:
			err = fmt.Errorf("%s.items[%d].templateAs %q is none of Values and KeysAndValues", path, i, item.TemplateAs)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
