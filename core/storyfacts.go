package core

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// noter adds a fact to the evidence of a step.
type noter = func(name, format string, args ...any)

// storeFacts tells of the stores that the ExternalSecret names, which are known by now: no request is made for it.
func (s *story) storeFacts(ctx context.Context, taken *trace.Taken, note noter) {
	for _, store := range s.planner.StoresOf(ctx, s.task.ES) {
		name := store.Kind + " " + store.Name
		switch taken.Step {
		case trace.Store:
			note(name, "provider %s", store.Spec.Provider.Name())
			taken.Evidence = append(taken.Evidence, s.planner.PlaceOf(store, s.task.ES.Namespace)...)
		case trace.Class:
			note(name, "%s", cmp.Or(store.Spec.Controller, "any class"))
		case trace.Namespace:
			if store.Kind == api.KindClusterSecretStore {
				note(name, "%s", s.conditionsText(len(store.Spec.Conditions)))
			}
		}
	}
	if taken.Step == trace.Store {
		for _, ref := range s.task.ES.GeneratorRefs() {
			note("generator", "%s %s", ref.Kind, ref.Name)
		}
	}
	switch {
	case taken.Step == trace.Namespace && s.warned != nil:
		s.warn(taken, []string{s.mask(s.task, s.warned)})
	case taken.Step == trace.Namespace:
		skip(taken, "a SecretStore serves its own namespace")
	default:
		skip(taken, "it names no store")
	}
}

func (s *story) conditionsText(conditions int) string {
	switch {
	case conditions == 0:
		return "open to all namespaces: it has no conditions"
	case s.Failed == trace.Namespace || s.warned != nil:
		return "it has conditions"
	default:
		return "its conditions admit this namespace"
	}
}

// eachIdentity goes through the store identities that the ExternalSecret reads, each once.
func (s *story) eachIdentity(visit func(identity string)) {
	seen := map[string]bool{}
	for _, read := range s.reads {
		if read.Generator == nil && !seen[read.Identity] {
			seen[read.Identity] = true
			visit(read.Identity)
		}
	}
}

// loginFacts tells what logging in has used and brought.
func (s *story) loginFacts(taken *trace.Taken, note noter) {
	s.eachIdentity(func(identity string) {
		s.explainer.mu.Lock()
		w := s.witnesses[identity]
		s.explainer.mu.Unlock()
		if w == nil {
			return
		}
		if taken.Step == trace.Identity {
			for _, fact := range s.planner.Opening(identity).Login {
				note(fact.Name, "%s", fact.Value)
			}
			if w.doubt != nil {
				s.warn(taken, []string{"who the caller is could not be learnt: " + s.mask(s.task, w.doubt)})
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		taken.Evidence = append(taken.Evidence, w.facts[taken.Step]...)
	})
	skip(taken, map[trace.Step]string{
		trace.Credentials: "no store names any", trace.Token: "no store logs in with a service account", trace.Identity: "the provider asks for none",
	}[taken.Step])
}

// entryFacts tells of each entry of the spec what concerns a step.
func (s *story) entryFacts(taken *trace.Taken, note noter) {
	for _, read := range s.reads {
		switch taken.Step {
		case trace.Read:
			s.readFacts(read, note)
		case trace.Property:
			if read.Remote != nil && read.Remote.Property != "" {
				note(read.Path, "property %s", read.Remote.Property)
			} else if read.Remote != nil && read.SecretKey == "" {
				note(read.Path, "the keys of a JSON object")
			}
		case trace.Rewrite:
			if len(read.Rewrite) > 0 {
				note(read.Path, "%s", counted(len(read.Rewrite), "rule"))
			}
		case trace.Decoding:
			if strategy := decodingOf(read); strategy != "" && strategy != api.DecodingStrategyNone {
				note(read.Path, "%s", strategy)
			}
		}
	}
	if taken.Step == trace.Decoding && len(s.data) > 0 {
		note("keys", "%s", strings.Join(slices.Sorted(maps.Keys(s.data)), ", "))
	}
	skip(taken, map[trace.Step]string{
		trace.Read: "there is nothing to read", trace.Property: "whole values are taken", trace.Rewrite: "keys stay as they are",
		trace.Decoding: "values stay as they are",
	}[taken.Step])
}

func decodingOf(read resolve.Read) api.DecodingStrategy {
	switch {
	case read.Find != nil:
		return read.Find.DecodingStrategy
	case read.Remote != nil:
		return read.Remote.DecodingStrategy
	default:
		return ""
	}
}

// readFacts tells what the provider has answered for an entry.
func (s *story) readFacts(read resolve.Read, note noter) {
	switch {
	case read.Generator != nil:
		note(read.Path, "made up by its generator")
	case read.Find != nil && s.found[read.Path].Err == nil:
		note(read.Path, "the search has found %s", counted(len(s.found[read.Path].Found), "remote secret"))
	case read.Find == nil:
		note(read.Path, "%s: %s", read.Ref.Key, s.answerText(fetch.Key{Identity: read.Identity, Ref: read.Ref}))
	}
}

func (s *story) answerText(key fetch.Key) string {
	answer, ok := s.answers[key]
	switch {
	case !ok:
		return "not asked for"
	case answer.Err != nil:
		return "not read"
	}
	text := fmt.Sprintf("read, %d bytes", answer.Value.Len())
	if answer.Version != "" {
		text += ", version " + answer.Version
	}
	if !answer.Changed.IsZero() {
		text += ", of " + answer.Changed.UTC().Format(time.RFC3339)
	}
	return text
}

func (s *story) templateFacts(taken *trace.Taken, note noter) {
	wanted := s.task.ES.Spec.Target.Template
	switch {
	case wanted == nil:
		skip(taken, "there is none")
		return
	case !s.writes():
		skip(taken, "the target is not written")
		return
	}
	for _, ref := range template.Needs(wanted) {
		note("from", "%s %s", ref.Kind, ref.Name)
	}
	if len(s.content.Data) > 0 {
		note("keys", "%s", strings.Join(slices.Sorted(maps.Keys(s.content.Data)), ", "))
	}
	if taken.State == trace.OK {
		s.warn(taken, s.warnings)
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
