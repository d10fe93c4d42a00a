package core

import (
	"context"
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// content is what the target of a task is to hold: what was fetched with the ExternalSecret's own labels and annotations or,
// where there is a template, what that makes of it.
func (p *pass) content(ctx context.Context, t *task, data map[string]secret.Value) (write.Content, []string, error) {
	wanted := t.ES.Spec.Target.Template
	if wanted == nil {
		return write.Content{Data: data, Labels: t.ES.Labels, Annotations: t.ES.Annotations}, nil, nil
	}
	objects := template.Objects{}
	for _, ref := range template.Needs(wanted) {
		held, err := p.templates.Get(ctx, string(ref.Kind), t.Namespace, ref.Name)
		if err != nil {
			return write.Content{}, nil, fmt.Errorf("read a template of spec.target.template: %w", err)
		}
		if held != nil {
			objects[ref] = held
		}
	}
	render := template.Render
	if t.ES.Spec.Target.Manifest != nil {
		render = template.RenderObject
	}
	rendered, err := render(wanted, objects, data)
	if err != nil {
		return write.Content{}, nil, err
	}
	fields := make([]write.Field, len(rendered.Fields))
	for i, field := range rendered.Fields {
		fields[i] = write.Field(field)
	}
	return write.Content{
		Data: rendered.Data, Type: rendered.Type, Finalizers: rendered.Finalizers, Fields: fields,
		Labels: revealed(rendered.Labels), Annotations: revealed(rendered.Annotations),
	}, rendered.Warnings, nil
}

// revealed gives out what a template has put into metadata: its author wants it to be seen there.
func revealed(values map[string]secret.Value) map[string]string {
	texts := make(map[string]string, len(values))
	for key, value := range values {
		texts[key] = string(value.Reveal())
	}
	return texts
}
