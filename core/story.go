package core

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// story tells the steps of one ExternalSecret.
type story struct {
	*explainer
	*task
	*Explanation
}

// steps are all up to trace.Writers, with what is known of those that were taken.
func (s *story) steps(ctx context.Context) []trace.Taken {
	var steps []trace.Taken
	for _, step := range trace.Steps()[:trace.Recorded.Index()] {
		taken := trace.Taken{Step: step, State: s.state(step)}
		if taken.State != trace.NotReached && s.task.ES != nil {
			s.evidence(ctx, &taken)
		}
		if step == s.Failed {
			taken.State, taken.Message = trace.Failed, s.Cause.Error()
		}
		for i := range taken.Evidence {
			taken.Evidence[i].Value = secret.Printable(taken.Evidence[i].Value)
		}
		steps = append(steps, taken)
	}
	return steps
}

// state is whether a step was taken. The stations take several steps each: those before the one that failed were, unless the
// station itself was not come to.
func (s *story) state(step trace.Step) trace.State {
	reached, failed := s.reached.Index(), s.Failed.Index()
	switch i := step.Index(); {
	case failed >= 0 && i > failed && !s.lost():
		return trace.NotReached
	case i <= reached:
		return trace.OK
	case failed < 0 && s.Outcome == Skipped:
		return trace.Skipped
	case failed < 0:
		return trace.OK
	case s.Failed == trace.Target && reached < trace.Read.Index():
		return trace.NotReached // the target is read before all else, and may fail then
	case s.Failed == trace.Class && step == trace.Rules:
		return trace.Skipped // they are for whoever serves it to judge
	default:
		return trace.OK
	}
}

// lost tells whether what it failed with is only that the provider has nothing for an entry, and the deletion policy lives with that.
func (s *story) lost() bool {
	return len(s.absent) > 0 && s.Failed == trace.Read && s.Outcome != Failed
}

// evidence adds what is known of a step that was taken, in the order of the steps.
func (s *story) evidence(ctx context.Context, taken *trace.Taken) {
	if taken.State == trace.Skipped {
		taken.Message = s.Message
		if s.Offline {
			taken.Message = "not asked"
		}
		return
	}
	note := func(name, format string, args ...any) {
		taken.Evidence = append(taken.Evidence, trace.Fact{Name: name, Value: fmt.Sprintf(format, args...)})
	}
	switch taken.Step {
	case trace.Object:
		note("generation", "%d", s.task.ES.Generation)
		if of := api.ClusterExternalSecretOf(&s.task.ES.ObjectMeta); of != "" {
			note("made by", "ClusterExternalSecret %s", of)
		}
	case trace.Rules:
		s.warn(taken, resolve.Warnings(s.task.ES))
	case trace.Due:
		s.dueFacts(taken, note)
	case trace.Store, trace.Class, trace.Namespace:
		s.storeFacts(ctx, taken, note)
	case trace.Credentials, trace.Token, trace.Identity:
		s.loginFacts(taken, note)
	case trace.Read, trace.Property, trace.Rewrite, trace.Decoding:
		s.entryFacts(taken, note)
	case trace.Template:
		s.templateFacts(taken, note)
	case trace.Target:
		s.targetFacts(ctx, taken, note)
	case trace.Difference:
		s.differenceFacts(taken, note)
	case trace.Writers:
		s.writerFacts(taken, note)
	}
}

// warn lowers a step that was taken to a warning, if there are any.
func (s *story) warn(taken *trace.Taken, warnings []string) {
	if len(warnings) > 0 {
		taken.State, taken.Message = trace.Warning, strings.Join(warnings, "; ")
	}
}

// skip says that there was nothing to do at a step that has left no evidence.
func skip(taken *trace.Taken, why string) {
	if len(taken.Evidence) == 0 && taken.State == trace.OK {
		taken.State, taken.Message = trace.Skipped, why
	}
}

func (s *story) dueFacts(taken *trace.Taken, note noter) {
	note("refreshPolicy", "%s", cmp.Or(string(s.task.ES.Spec.RefreshPolicy), string(api.RefreshPolicyPeriodic)))
	note("refreshInterval", "%s", cmp.Or(s.task.ES.Spec.RefreshInterval, api.DefaultRefreshInterval))
	if last := s.task.ES.Status.RefreshTime; !last.IsZero() {
		note("last sync", "%s", last.UTC().Format(time.RFC3339))
	}
	taken.Message = cmp.Or(s.due, "it is due")
}
