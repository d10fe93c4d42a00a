package resolve

import (
	"context"
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
)

// Withheld tells why the generators of an ExternalSecret must not run, empty if they may or it names none: they make new values
// each time, and those must not take the place of values that are in use. target names what it writes, exists tells whether that is there.
func Withheld(es *api.ExternalSecret, target string, exists bool) string {
	switch {
	case !es.Generates():
		return ""
	case es.Spec.Target.CreationPolicy == api.CreationPolicyNone:
		return "creationPolicy None writes nothing: what its generators make would be lost"
	case es.Spec.Target.CreationPolicy == api.CreationPolicyMerge:
		return "creationPolicy Merge writes only into what exists, where its generators would make new values and so rotate live credentials: " +
			"use Owner, Orphan or CreateOrMerge to have it made once"
	case exists:
		return fmt.Sprintf("%s exists, and its generators would make new values and so rotate live credentials: delete %s to have it made anew", target, target)
	default:
		return ""
	}
}

// ForeignGenerator tells whether an ExternalSecret names a generator that is served by another controller, nil if not. A generator
// that can't be read is no such generator.
func (p *Planner) ForeignGenerator(ctx context.Context, es *api.ExternalSecret) *OtherClassError {
	for _, ref := range es.GeneratorRefs() {
		generator, err := p.Generators.Get(ctx, ref, es.Namespace)
		if err == nil && generator.Class != "" && generator.Class != p.Class {
			return &OtherClassError{Store: keyOf(ref, es.Namespace).String(), Class: generator.Class, Ours: p.Class}
		}
	}
	return nil
}

// generator finds the generator of an entry, and refuses one that can't be run here.
func (p *Planner) generator(ctx context.Context, es *api.ExternalSecret, ref *api.GeneratorRef, field string) (*generators.Spec, error) {
	if err := checkKind(ref, field); err != nil {
		return nil, err
	}
	generator, err := p.Generators.Get(ctx, *ref, es.Namespace)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", field, err)
	case !runs(generator.Kind):
		return nil, fmt.Errorf("%s: %s: %w", field, keyOf(*ref, es.Namespace), notRun(generator.Kind))
	}
	return &generator.Spec, nil
}

// checkKind refuses a generator that can't be run here, as far as its reference tells: of what kind one of the cluster is, it does not.
func checkKind(ref *api.GeneratorRef, field string) error {
	switch {
	case ref.APIVersion != "" && ref.APIVersion != generators.APIVersion:
		return notSupported(fmt.Sprintf("%s.apiVersion %q", field, ref.APIVersion))
	case ref.Kind != generators.KindCluster && !runs(ref.Kind):
		return fmt.Errorf("%s: %w", field, notRun(ref.Kind))
	default:
		return nil
	}
}

// UnsupportedGenerator is why Plan refuses a generator that an ExternalSecret names, as far as the reference tells; nil if it does not.
func UnsupportedGenerator(es *api.ExternalSecret) error {
	for i, from := range es.Spec.DataFrom {
		if from.SourceRef == nil || from.SourceRef.GeneratorRef == nil {
			continue
		}
		if err := checkKind(from.SourceRef.GeneratorRef, generatorField(i)); err != nil {
			return err
		}
	}
	return nil
}

// generatorField is where an entry of dataFrom names its generator.
func generatorField(entry int) string {
	return fmt.Sprintf("spec.dataFrom[%d].sourceRef.generatorRef", entry)
}

func notRun(kind string) error {
	return fmt.Errorf("a generator of kind %s %w, only Fake, Password, SSHKey and UUID are: use one of these, or let External Secrets Operator refresh this ExternalSecret", kind, ErrUnsupported)
}
