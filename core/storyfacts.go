package core

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// timeLayout is how times stand in evidence.
const timeLayout = time.RFC3339

// noter adds a fact to the evidence of a step.
type noter = func(name, format string, args ...any)

// storeFacts tells of the stores that the ExternalSecret names, which are known by now: no request is made for it.
func (s *story) storeFacts(ctx context.Context, taken *trace.Taken, note noter) {
	for _, store := range s.planner.StoresOf(ctx, s.task.ES) {
		name := store.Kind + " " + store.Name
		switch taken.Step {
		case trace.Store:
			note(name, "provider %s", store.Spec.Provider.Name())
		case trace.Class:
			note(name, "%s", orDefault(store.Spec.Controller, "any class"))
		case trace.Namespace:
			if store.Kind == api.KindClusterSecretStore {
				note(name, "%s", conditionsText(len(store.Spec.Conditions)))
			}
		}
	}
	if taken.Step == trace.Store {
		s.eachIdentity(func(identity string) {
			for _, fact := range s.planner.Opening(identity).Place {
				note(fact.Name, "%s", fact.Value)
			}
		})
		for _, ref := range s.task.ES.GeneratorRefs() {
			note("generator", "%s %s", ref.Kind, ref.Name)
		}
	}
	if taken.Step == trace.Namespace {
		skip(taken, "a SecretStore serves its own namespace")
	} else {
		skip(taken, "it names no store")
	}
}

func conditionsText(conditions int) string {
	if conditions == 0 {
		return "open to all namespaces: it has no conditions"
	}
	return "its conditions admit this namespace"
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
				s.warn(taken, []string{"who the caller is could not be learnt: " + s.pass.mask(s.task, w.doubt)})
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
		note("keys", "%s", sorted(s.data))
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
		text += ", of " + answer.Changed.UTC().Format(timeLayout)
	}
	return text
}

func (s *story) templateFacts(taken *trace.Taken, note noter) {
	wanted := s.task.ES.Spec.Target.Template
	if wanted == nil {
		skip(taken, "there is none")
		return
	}
	for _, ref := range template.Needs(wanted) {
		note("from", "%s %s", ref.Kind, ref.Name)
	}
	if len(s.content.Data) > 0 {
		note("keys", "%s", sorted(s.content.Data))
	}
	if taken.State == trace.OK {
		s.warn(taken, s.warnings)
	}
}

// targetFacts tells what the target is, and whether this caller may write it.
func (s *story) targetFacts(ctx context.Context, taken *trace.Taken, note noter) {
	target := &s.task.ES.Spec.Target
	note("target", "%s %s", target.KindOf(), write.TargetName(s.task.ES))
	note("policies", "creation %s, deletion %s", orDefault(string(target.CreationPolicy), string(api.CreationPolicyOwner)),
		orDefault(string(target.DeletionPolicy), string(api.DeletionPolicyRetain)))
	if s.live == nil {
		note("exists", "no")
	} else {
		note("exists", "yes")
	}
	if taken.State != trace.OK {
		return
	}
	warnings := s.ofTarget()
	if s.Evidence && target.Manifest == nil {
		warnings = append(warnings, s.rightsFacts(ctx, note)...)
	}
	s.warn(taken, warnings)
}

// ofTarget are the warnings that are the target's: those of the rules and of the template are told where these are.
func (s *story) ofTarget() []string {
	told := slices.Concat(resolve.Warnings(s.task.ES), s.warnings)
	return slices.DeleteFunc(slices.Clone(s.Warnings), func(warning string) bool { return slices.Contains(told, warning) })
}

// rightsFacts tells what the caller may do with the target; what it may not is returned.
func (s *story) rightsFacts(ctx context.Context, note noter) (denied []string) {
	for _, right := range write.Rights(s.task.ES, schema.GroupResource{Resource: "secrets"}) {
		allowed, err := s.client.May(ctx, right)
		switch {
		case err != nil:
			denied = append(denied, "it could not be learnt whether you may "+right.Verb+" it: "+err.Error())
		case !allowed:
			denied = append(denied, "you may not "+right.Verb+" "+right.Resource+" here: who refreshes it must")
		default:
			note("you may", "%s", strings.TrimSpace(right.Verb+" "+right.Resource+" "+right.Name))
		}
	}
	return denied
}

func (s *story) differenceFacts(taken *trace.Taken, note noter) {
	changes := s.Result.Changes
	for _, of := range []struct {
		name string
		keys []string
	}{{"added", changes.Added}, {"changed", changes.Changed}, {"removed", changes.Removed}} {
		if len(of.keys) > 0 {
			note(of.name, "%s", strings.Join(of.keys, ", "))
		}
	}
	if changes.Metadata {
		note("metadata", "differs")
	}
	switch {
	case s.Result.Reason == Generator:
		taken.Message = s.Result.Message
	case changes.Any():
		taken.Message = "a refresh would make the target " + string(s.Result.Outcome)
	default:
		taken.Message = "the target is as it should be"
	}
}

// writerFacts tells who else has written the target's data.
func (s *story) writerFacts(taken *trace.Taken, note noter) {
	if s.live != nil {
		for _, writer := range s.live.OtherWriters(s.task.ES) {
			note(writer.Manager, "%s", writer.Time.UTC().Format(timeLayout))
		}
	}
	if len(taken.Evidence) > 0 {
		taken.Message = "others have written keys of it"
		return
	}
	skip(taken, "nobody else has written to it")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
