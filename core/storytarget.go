package core

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// targetFacts tells what the target is, and whether this caller may write it.
func (s *story) targetFacts(ctx context.Context, taken *trace.Taken, note noter) {
	target := &s.task.ES.Spec.Target
	note("target", "%s %s", target.KindOf(), write.TargetName(s.task.ES))
	note("policies", "creation %s, deletion %s", cmp.Or(string(target.CreationPolicy), string(api.CreationPolicyOwner)),
		cmp.Or(string(target.DeletionPolicy), string(api.DeletionPolicyRetain)))
	switch {
	case s.unread != nil:
		note("exists", "not known")
	case s.live == nil:
		note("exists", "no")
	default:
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
			denied = append(denied, "it could not be learnt whether you may "+right.Verb+" it: "+s.mask(s.task, err))
		case !allowed:
			denied = append(denied, "you may not "+right.Verb+" "+right.Resource+" here: who refreshes it must")
		default:
			note("you may", "%s", strings.TrimSpace(right.Verb+" "+right.Resource+" "+right.Name))
		}
	}
	return denied
}

func (s *story) differenceFacts(taken *trace.Taken, note noter) {
	changes := s.Changes
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
	case s.task.ES.Spec.Target.CreationPolicy == api.CreationPolicyNone:
		skip(taken, "creationPolicy None writes nothing")
	case changes.Any() && s.Outcome == Created:
		taken.Message = "a refresh would create the target"
	case changes.Any():
		s.warn(taken, []string{"the target is not as it should be: a refresh would make it " + string(s.Outcome)})
	default:
		taken.Message = cmp.Or(s.Message, "the target is as it should be")
	}
}

// writerFacts tells who else has written the target's data.
func (s *story) writerFacts(taken *trace.Taken, note noter) {
	if s.live != nil {
		for _, writer := range s.live.OtherWriters(s.task.ES) {
			when := "at a time that is not recorded"
			if !writer.Time.IsZero() {
				when = writer.Time.UTC().Format(time.RFC3339)
			}
			note(writer.Manager, "%s", when)
		}
	}
	switch {
	case len(taken.Evidence) > 0:
		taken.Message = "others have written keys of it"
	case s.live != nil && s.task.ES.Spec.Target.Manifest != nil:
		skip(taken, "of an object that is no Secret it is not known")
	default:
		skip(taken, "nobody else has written to it")
	}
}
