package status

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
)

func merging(es *api.ExternalSecret) {
	es.Spec.Target.DeletionPolicy = api.DeletionPolicyMerge
	es.Spec.Data = []api.Data{{SecretKey: "password", RemoteRef: api.RemoteRef{Key: "app/db"}}}
}

func TestLose(t *testing.T) {
	event := func(reason string, ago time.Duration) Event {
		at := noon().Add(-ago)
		return Event{Reason: reason, Message: "secret does not exist at provider using spec.data[0] (key=app/db)", Last: &at}
	}
	const absent = api.EventMissingProviderSecret
	const left = "the last refresh left out spec.data[0] (key=app/db)"
	for name, test := range map[string]struct {
		es      *api.ExternalSecret
		events  []Event
		state   State
		message string
	}{
		"no Event":                             {synced(time.Minute, merging), nil, Synced, ""},
		"the last refresh has left a key out":  {synced(time.Minute, merging), []Event{event(absent, 59*time.Second)}, Incomplete, left},
		"in the very second in which it began": {synced(time.Minute, merging), []Event{event(absent, time.Minute)}, Incomplete, left},
		"said twice it is told once":           {synced(time.Minute, merging), []Event{event(absent, 59*time.Second), event(absent, 58*time.Second)}, Incomplete, left},
		"an earlier refresh has":               {synced(time.Minute, merging), []Event{event(absent, 2*time.Minute)}, Synced, ""},
		"another Event":                        {synced(time.Minute, merging), []Event{event(api.EventUpdated, 59*time.Second)}, Synced, ""},
		"an Event of no time":                  {synced(time.Minute, merging), []Event{{Reason: absent}}, Synced, ""},
		"what is overdue stays so":             {synced(9*time.Hour, merging), []Event{event(absent, time.Hour)}, Stale, "the next refresh is overdue: nothing refreshes it"},
	} {
		t.Run(name, func(t *testing.T) {
			got := lose(Assess(item(test.es), noon()), test.events)
			assert.Equal(t, []any{test.state, test.message}, []any{got.State, got.Message})
			assert.Equal(t, test.state == Incomplete, got.Reason == reasonKeysMissing)
		})
	}
}

func TestLosingIsWhatMayHaveLeftKeysOut(t *testing.T) {
	assert.True(t, Assess(item(synced(time.Minute, merging)), noon()).losing())
	assert.False(t, Assess(item(synced(time.Minute)), noon()).losing(), "Retain would have failed")
	assert.False(t, Assess(item(synced(9*time.Hour, merging)), noon()).losing(), "it is not well anyway")
}

func TestLack(t *testing.T) {
	es := synced(time.Minute, merging, func(es *api.ExternalSecret) {
		es.Spec.Target.Template = &api.Template{MergePolicy: api.TemplateMergePolicyMerge, Data: map[string]string{"url": "{{ .password }}"}}
	})
	judged := Assess(item(es), noon())
	whole := lack(judged, provenance.Of(es, []string{"password", "url", "extra"}, nil))
	assert.Equal(t, Synced, whole.State, "a key of somebody else is no loss")
	part := lack(judged, provenance.Of(es, []string{"extra"}, nil))
	assert.Equal(t, []any{Incomplete, reasonKeysMissing}, []any{part.State, part.Reason})
	assert.Equal(t, `Secret db lacks password (spec.data[0], SecretStore/aws, remote key "app/db"), url, though it is said to be synced`, part.Message)
	stale := lack(Assess(item(synced(9*time.Hour, merging)), noon()), provenance.Of(es, nil, nil))
	assert.Equal(t, Stale, stale.State)
}

func TestOriginsLackNothingWhereThereIsNoSecretToLookAt(t *testing.T) {
	es := synced(time.Minute, merging)
	for name, test := range map[string]struct {
		link    SecretLink
		missing bool
	}{
		"it is there, without the key": {SecretLink{Name: "db", Exists: true}, true},
		"it is there, with the key":    {SecretLink{Name: "db", Exists: true, Keys: []Key{{Name: "password"}}}, false},
		"it is not there":              {SecretLink{Name: "db"}, false},
		"it can't be read":             {SecretLink{Name: "db", Error: "forbidden"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			origins := originsOf(es, test.link, nil)
			if assert.Len(t, origins, 1) {
				assert.Equal(t, test.missing, origins[0].Missing)
			}
		})
	}
}

func TestOrphaned(t *testing.T) {
	const nobody = "nobody was seen in the cluster who refreshes it: no operator and no runner that serves it"
	for name, test := range map[string]struct {
		es      *api.ExternalSecret
		link    RefreshersLink
		state   State
		reason  string
		message string
	}{
		"somebody refreshes it":                 {synced(time.Minute), RefreshersLink{Items: []Refresher{{Name: "runner"}}}, Synced, api.ReasonSecretSynced, ""},
		"nobody does":                           {synced(time.Minute), RefreshersLink{}, AtRisk, reasonNobody, "it is synced, but " + nobody},
		"there may be somebody elsewhere":       {synced(time.Minute), RefreshersLink{Partial: true}, Synced, api.ReasonSecretSynced, ""},
		"it could not be looked":                {synced(time.Minute), RefreshersLink{Error: "no"}, Synced, api.ReasonSecretSynced, ""},
		"nobody has to":                         {synced(time.Minute, interval("0")), RefreshersLink{}, Synced, api.ReasonSecretSynced, ""},
		"that it is overdue is explained":       {synced(9 * time.Hour), RefreshersLink{}, Stale, reasonOverdue, "the next refresh is overdue: nothing refreshes it: " + nobody},
		"that it was never synced is explained": {synced(0, never), RefreshersLink{}, NeverSynced, reasonNeverSynced, "nothing has refreshed it yet: " + nobody},
		"a failure has a better reason":         {synced(0, ready("False", "SecretSyncedError", "x")), RefreshersLink{}, Failed, "SecretSyncedError", "x"},
		"what is being deleted needs nobody":    {synced(0, func(es *api.ExternalSecret) { at := es.CreationTimestamp; es.DeletionTimestamp = &at }), RefreshersLink{}, Skipped, reasonDeleting, "it is being deleted"},
		"that it was changed is explained":      {synced(time.Minute, edited), RefreshersLink{}, Stale, ReasonChanged, "it was changed after the last sync, and nothing has refreshed it since: " + nobody},
	} {
		t.Run(name, func(t *testing.T) {
			got := orphaned(Assess(item(test.es), noon()), test.link)
			assert.Equal(t, []any{test.state, test.reason, test.message}, []any{got.State, got.Reason, got.Message})
			assert.Equal(t, strings.Contains(test.message, nobody), got.Unattended())
		})
	}
}
