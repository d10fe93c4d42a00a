package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// settled is how old an ExternalSecret is that somebody should have refreshed by now.
const settled = 10 * time.Minute

// recorded is what the last refresh has left.
type recorded struct {
	item   status.Item
	events status.EventsLink
}

// judge makes of the walk, and of what is recorded, what a person is told.
func judge(walk core.Explanation, last recorded, now time.Time) *Explanation {
	e := &Explanation{
		TypeMeta: typeMeta(kindExplanation), Metadata: Metadata{Namespace: walk.Namespace, Name: walk.Name},
		Healthy: true, Steps: append(slices.Clone(walk.Steps), trace.Taken{Step: trace.Recorded, State: trace.NotReached}),
	}
	if walk.Cause != nil {
		e.fail(walk.Failed, walk.Cause.Error(), diagnose.Error(walk.Cause))
	}
	if walk.ES == nil {
		return e
	}
	if walk.Failed == trace.Class && last.item.State == status.Synced {
		e.leave(last.item)
	}
	e.record(last)
	e.awaited(last.item, now)
	return e
}

// leave says that another controller refreshes it, and does.
func (e *Explanation) leave(item status.Item) {
	e.Healthy, e.Failed, e.Error, e.Diagnosis = true, "", "", nil
	for i := range e.Steps {
		if t := &e.Steps[i]; t.Step == trace.Class || t.State == trace.NotReached {
			t.State = trace.Skipped
		}
	}
}

// record adds what the last refresh has left in the status and in Events.
func (e *Explanation) record(last recorded) {
	t := e.taken(trace.Recorded)
	note := func(name, value string) { t.Evidence = append(t.Evidence, trace.Fact{Name: name, Value: value}) }
	ready := last.item.Ready
	if ready == nil {
		t.State, t.Message = trace.Skipped, "nothing has refreshed it yet"
		return
	}
	t.State = trace.OK
	note("Ready", ready.Status+", "+ready.Reason+since(ready.Since))
	if last.item.LastSync != nil {
		note("last sync", last.item.LastSync.Format(time.RFC3339))
	}
	event := latestOf(last.events.Items)
	if event != nil {
		note("event", fmt.Sprintf("%s %s%s, by %s: %s", event.Type, event.Reason, since(event.Last), event.Source, event.Message))
	}
	if last.events.Error != "" {
		note("events", last.events.Error)
	}
	switch {
	case ready.Status == string(metav1.ConditionFalse):
		message, known := told(ready.Message, event)
		e.fail(trace.Recorded, message, known)
	case event != nil && event.Reason == api.EventMissingProviderSecret && last.item.LastSync != nil && event.Last != nil &&
		!event.Last.Before(*last.item.LastSync):
		e.fail(trace.Recorded, event.Message, diagnose.Text(event.Message))
	}
}

// awaited says that a refresh is overdue, if that is all that there is to say.
func (e *Explanation) awaited(item status.Item, now time.Time) {
	old := item.Metadata.CreationTimestamp == nil || now.Sub(*item.Metadata.CreationTimestamp) > settled
	if item.State == status.Stale || (item.State == status.NeverSynced && old) {
		e.fail(trace.Due, item.Message, diagnose.Text(item.Message))
	}
}

// told chooses what the last refresh has said of its failure: the condition or, where that is only a wrapper around what is not in it,
// the Event.
func told(condition string, event *status.Event) (string, diagnose.Diagnosis) {
	known := diagnose.Text(condition)
	if event == nil || !vague(known) {
		return condition, known
	}
	inEvent := diagnose.Text(event.Message)
	if vague(inEvent) && len(event.Message) <= len(condition) {
		return condition, known
	}
	return event.Message, inEvent
}

// vague tells whether a diagnosis is of a text that only says that something else has failed.
func vague(known diagnose.Diagnosis) bool {
	return known.ID == diagnose.Unknown || strings.HasPrefix(known.ID, "GEN-")
}

// latestOf is the last of the Events that says that something went wrong or is missing; nil for none.
func latestOf(events []status.Event) *status.Event {
	for i := range slices.Backward(events) {
		if e := &events[i]; e.Type == "Warning" || e.Reason == api.EventMissingProviderSecret {
			return e
		}
	}
	return nil
}

func since(t *time.Time) string {
	if t == nil {
		return ""
	}
	return ", since " + t.Format(time.RFC3339)
}

func typeMeta(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: document.APIVersion, Kind: kind}
}
