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
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// settled is how old an ExternalSecret is that somebody should have refreshed by now.
const settled = 10 * time.Minute

// recorded is what the last refresh has left.
type recorded struct {
	item   status.Item
	events status.EventsLink
	// refreshers are those who refresh it; nil where nobody was looked for.
	refreshers *status.RefreshersLink
}

// judge makes of the walk, and of what is recorded, what a person is told.
func judge(walk core.Explanation, last recorded, now time.Time) *Explanation {
	e := &Explanation{
		TypeMeta: typeMeta(kindExplanation), Metadata: Metadata{Namespace: walk.Namespace, Name: walk.Name},
		Healthy: true, Steps: append(slices.Clone(walk.Steps), trace.Taken{Step: trace.Recorded, State: trace.NotReached}),
		stores: last.item.Stores,
	}
	if walk.Cause != nil {
		e.fail(walk.Failed, walk.Cause.Error(), diagnose.Error(walk.Cause, namesOf(walk)))
	}
	if walk.ES == nil {
		return e
	}
	if inTime := last.item.State == status.Synced || last.item.State == status.AtRisk; inTime && walk.Failed == trace.Class {
		e.leave()
	}
	names := namesOf(walk)
	e.record(last, names)
	e.awaited(last, names, now)
	return e
}

// namesOf are what is known of a walk for the commands of a diagnosis.
func namesOf(walk core.Explanation) map[string]string {
	names := map[string]string{"namespace": walk.Namespace, "name": walk.Name}
	if walk.ES != nil {
		names["target"] = write.TargetName(walk.ES)
		names["name"] = walk.ES.Name // empty where a store is explained, whose name is no ExternalSecret's
	}
	for _, taken := range walk.Steps {
		for _, fact := range taken.Evidence {
			kind, name, _ := strings.Cut(fact.Name, " ")
			switch {
			case taken.Step == trace.Class && strings.HasSuffix(kind, api.KindSecretStore):
				names["store"] = name
			case taken.Step == trace.Store && fact.Name == "region":
				names["region"] = fact.Value
			case taken.Step == trace.Credentials && kind == string(provider.CredentialSecret) && names["credentials"] == "":
				names["credentialsnamespace"], names["credentials"], _ = strings.Cut(name, "/")
			case taken.Step == trace.Token && fact.Name == "subject":
				names["subject"] = fact.Value
			}
		}
	}
	return names
}

// leave says that another controller refreshes it, and does.
func (e *Explanation) leave() {
	e.Healthy, e.Failed, e.Error, e.Diagnosis = true, "", "", nil
	for i := range e.Steps {
		if t := &e.Steps[i]; t.Step == trace.Class || t.State == trace.NotReached {
			t.State = trace.Skipped
		}
	}
}

// record adds what the last refresh has left in the status and in Events.
func (e *Explanation) record(last recorded, names map[string]string) {
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
		note("event", fmt.Sprintf("%s %s%s, by %s", event.Type, event.Reason, since(event.Last), event.Source))
	}
	if last.events.Error != "" {
		note("events", last.events.Error)
	}
	switch {
	case ready.Status == string(metav1.ConditionFalse):
		message, why := told(ready.Message, event, names)
		if message == e.Error {
			message = "the last refresh has failed with the same"
		}
		e.fail(trace.Recorded, message, why)
	case event != nil && event.Reason == api.EventMissingProviderSecret && last.item.LastSync != nil && event.Last != nil &&
		!event.Last.Before(*last.item.LastSync):
		e.fail(trace.Recorded, event.Message, diagnose.Text(event.Message, names))
	}
}

// awaited says who refreshes it, and that a refresh is overdue or will not come, if that is all that there is to say. What is well or
// new is not broken because nobody was seen who refreshes it: by hand is a way, too.
func (e *Explanation) awaited(last recorded, names map[string]string, now time.Time) {
	t, item := e.taken(trace.Due), last.item
	if last.refreshers != nil {
		t.Evidence = append(t.Evidence, trace.Fact{Name: "refreshed by", Value: last.refreshers.String()})
	}
	switch {
	case item.State == status.Stale, item.State == status.NeverSynced && old(item, now):
		e.fail(trace.Due, item.Message, diagnose.Text(item.Message, names))
	case item.Unattended() && t.State == trace.OK:
		t.State, t.Message = trace.Warning, item.Message
		if e.Healthy {
			known := diagnose.Text(item.Message, names)
			e.Diagnosis = &known
		}
	}
}

// old tells whether somebody should have refreshed an ExternalSecret by now.
func old(item status.Item, now time.Time) bool {
	return item.Metadata.CreationTimestamp == nil || now.Sub(*item.Metadata.CreationTimestamp) > settled
}

// told chooses what the last refresh has said of its failure: the condition or, where that is only a wrapper around what is not in it,
// the Event.
func told(condition string, event *status.Event, names map[string]string) (string, diagnose.Diagnosis) {
	inCondition := diagnose.Text(condition, names)
	if event == nil || !vague(inCondition) {
		return condition, inCondition
	}
	inEvent := diagnose.Text(event.Message, names)
	if vague(inEvent) && len(event.Message) <= len(condition) {
		return condition, inCondition
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
