package status

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

// noon is the time in these tests.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// synced makes an ExternalSecret that was synced a while ago, and changes it.
func synced(ago time.Duration, change ...func(*api.ExternalSecret)) *api.ExternalSecret {
	es := &api.ExternalSecret{}
	es.Namespace, es.Name, es.UID, es.Generation = "shop", "db", "uid-1", 3
	es.Labels = map[string]string{"team": "payments"}
	es.CreationTimestamp = metav1.NewTime(noon().Add(-48 * time.Hour))
	es.Spec.SecretStoreRef = api.SecretStoreRef{Name: "aws"}
	es.Spec.RefreshInterval = "1h"
	es.Status.RefreshTime = &metav1.Time{Time: noon().Add(-ago)}
	es.Status.SyncedResourceVersion = api.SyncedResourceVersion(es.Generation, es.Annotations, es.Labels)
	es.Status.Conditions = []api.Condition{{
		Type: api.ConditionReady, Status: metav1.ConditionTrue, Reason: api.ReasonSecretSynced, Message: api.MessageSecretSynced,
		LastTransitionTime: &metav1.Time{Time: noon().Add(-24 * time.Hour)},
	}}
	for _, c := range change {
		c(es)
	}
	return es
}

func never(es *api.ExternalSecret) { es.Status = api.ExternalSecretStatus{} }

func interval(text string) func(*api.ExternalSecret) {
	return func(es *api.ExternalSecret) { es.Spec.RefreshInterval = text }
}

func policy(p api.RefreshPolicy) func(*api.ExternalSecret) {
	return func(es *api.ExternalSecret) { es.Spec.RefreshPolicy = p }
}

func edited(es *api.ExternalSecret) { es.Generation++ }

func ready(status metav1.ConditionStatus, reason, message string) func(*api.ExternalSecret) {
	return func(es *api.ExternalSecret) {
		es.Status.Conditions = []api.Condition{{Type: api.ConditionReady, Status: status, Reason: reason, Message: message}}
	}
}

func generated(es *api.ExternalSecret) {
	es.Spec.DataFrom = []api.DataFrom{{SourceRef: &api.SourceRef{GeneratorRef: &api.GeneratorRef{Kind: "UUID", Name: "id"}}}}
}

func windows(kind api.SyncWindowKind, schedule, duration string) func(*api.ExternalSecret) {
	return func(es *api.ExternalSecret) {
		es.Spec.SyncWindows = &api.SyncWindows{Kind: kind, Windows: []api.SyncWindow{{Schedule: schedule, Duration: duration}}}
	}
}

func item(es *api.ExternalSecret) resolve.Item {
	return resolve.Item{NamespacedName: types.NamespacedName{Namespace: es.Namespace, Name: es.Name}, ES: es}
}

func TestAssess(t *testing.T) {
	deleting := func(es *api.ExternalSecret) { es.DeletionTimestamp = &metav1.Time{Time: noon()} }
	for name, test := range map[string]struct {
		es     *api.ExternalSecret
		state  State
		reason string
		due    bool
	}{
		"synced within its interval":                         {synced(30 * time.Minute), Synced, api.ReasonSecretSynced, false},
		"due, and not for long":                              {synced(90 * time.Minute), Synced, api.ReasonSecretSynced, true},
		"due for longer than its interval":                   {synced(2*time.Hour + time.Second), Stale, reasonOverdue, true},
		"a short interval is given ten minutes":              {synced(10*time.Minute, interval("1m")), Synced, api.ReasonSecretSynced, true},
		"a short interval is not given more":                 {synced(11*time.Minute+time.Second, interval("1m")), Stale, reasonOverdue, true},
		"a long interval is given an hour":                   {synced(25*time.Hour, interval("24h")), Synced, api.ReasonSecretSynced, true},
		"a long interval is not given more":                  {synced(25*time.Hour+time.Second, interval("24h")), Stale, reasonOverdue, true},
		"no interval means an hour":                          {synced(2*time.Hour+time.Second, interval("")), Stale, reasonOverdue, true},
		"overdue since its window has opened long ago":       {synced(9*time.Hour, windows(api.SyncWindowAllow, "0 10 * * *", "8h")), Stale, reasonOverdue, true},
		"late, but its window has just opened":               {synced(9*time.Hour, windows(api.SyncWindowAllow, "50 11 * * *", "8h")), Synced, api.ReasonSecretSynced, true},
		"held back by a window that is not open yet":         {synced(5*time.Hour, windows(api.SyncWindowAllow, "0 22 * * *", "8h")), Synced, api.ReasonSecretSynced, false},
		"held back, but it has missed the window before":     {synced(29*time.Hour, windows(api.SyncWindowAllow, "0 22 * * *", "8h")), Stale, reasonOverdue, false},
		"held back for ever is as its author wants it":       {synced(90*time.Hour, windows(api.SyncWindowAllow, "61 * * * *", "8h")), Synced, api.ReasonSecretSynced, false},
		"overdue before a window of kind deny opened":        {synced(9*time.Hour, windows(api.SyncWindowDeny, "0 11 * * *", "2h")), Stale, reasonOverdue, false},
		"held back ever since it was due":                    {synced(9*time.Hour, windows(api.SyncWindowDeny, "0 2 * * *", "12h")), Synced, api.ReasonSecretSynced, false},
		"an interval of zero is never due again":             {synced(1000*time.Hour, interval("0")), Synced, api.ReasonSecretSynced, false},
		"CreatedOnce is never due again":                     {synced(1000*time.Hour, policy(api.RefreshPolicyCreatedOnce)), Synced, api.ReasonSecretSynced, false},
		"CreatedOnce does not care for changes":              {synced(time.Hour, policy(api.RefreshPolicyCreatedOnce), edited), Synced, api.ReasonSecretSynced, false},
		"OnChange is not due by time":                        {synced(1000*time.Hour, policy(api.RefreshPolicyOnChange)), Synced, api.ReasonSecretSynced, false},
		"OnChange is stale after a change":                   {synced(time.Minute, policy(api.RefreshPolicyOnChange), edited), Stale, ReasonChanged, true},
		"Periodic is stale after a change":                   {synced(time.Minute, edited), Stale, ReasonChanged, true},
		"never synced":                                       {synced(0, never), NeverSynced, reasonNeverSynced, true},
		"synced, but with no record of what":                 {synced(0, func(es *api.ExternalSecret) { es.Status.SyncedResourceVersion = "" }), NeverSynced, reasonNeverSynced, true},
		"synced, without a condition":                        {synced(time.Minute, func(es *api.ExternalSecret) { es.Status.Conditions = nil }), Synced, api.ReasonSecretSynced, false},
		"never due again where generators have run":          {synced(1000*time.Hour, generated), Synced, api.ReasonSecretSynced, false},
		"changed after generators have run: stale, not due":  {synced(time.Minute, generated, edited), Stale, ReasonChanged, false},
		"due where generators have not run":                  {synced(0, generated, never), NeverSynced, reasonNeverSynced, true},
		"failed at the first time":                           {synced(0, never, ready(metav1.ConditionFalse, "SecretSyncedError", "denied")), Failed, "SecretSyncedError", true},
		"failed at a later time":                             {synced(time.Minute, ready(metav1.ConditionFalse, "SecretSyncedError", "denied")), Failed, "SecretSyncedError", false},
		"failed, and overdue: the failure matters more":      {synced(9*time.Hour, ready(metav1.ConditionFalse, "SecretSyncedError", "denied")), Failed, "SecretSyncedError", true},
		"an interval that is none":                           {synced(time.Minute, interval("1d")), Failed, reasonInvalid, false},
		"nothing to merge into":                              {synced(time.Minute, ready(metav1.ConditionTrue, api.ReasonSecretMissing, "no Secret")), Skipped, api.ReasonSecretMissing, false},
		"the Secret was deleted as its policy says":          {synced(time.Minute, ready(metav1.ConditionTrue, api.ReasonSecretDeleted, "deleted")), Synced, api.ReasonSecretDeleted, false},
		"being deleted matters more than a failure":          {synced(time.Minute, deleting, ready(metav1.ConditionFalse, "SecretSyncedError", "x")), Skipped, reasonDeleting, false},
		"a time of refresh in the future is not believed in": {synced(-time.Hour), Synced, api.ReasonSecretSynced, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := Assess(item(test.es), noon())
			assert.Equal(t, []any{test.state, test.reason, test.due}, []any{got.State, got.Reason, got.Due})
			assert.Equal(t, got.State == Synced, got.Message == "", "a message says why it is not well: %q", got.Message)
		})
	}
}

func TestAssessOfWhatCannotBeRead(t *testing.T) {
	got := Assess(resolve.Item{
		NamespacedName: types.NamespacedName{Namespace: "shop", Name: "bad"}, Err: errors.New("read the object: spec.data\x1b[1m"),
	}, noon())
	assert.Equal(t, Item{
		TypeMeta: metav1.TypeMeta{APIVersion: "externalsecret.kubectl/v1", Kind: "ExternalSecretStatus"},
		Metadata: Metadata{Namespace: "shop", Name: "bad"},
		State:    Failed, Reason: "Invalid", Message: "read the object: spec.data [1m",
	}, got)
}

func TestAssessTellsWhenItIsDue(t *testing.T) {
	for name, test := range map[string]struct {
		es   *api.ExternalSecret
		next string
	}{
		"after its interval":            {synced(30 * time.Minute), "2026-03-01T12:30:00Z"},
		"in the past when it is late":   {synced(3 * time.Hour), "2026-03-01T10:00:00Z"},
		"never when it never was":       {synced(0, never), ""},
		"never with an interval of 0":   {synced(time.Hour, interval("0s")), ""},
		"never under CreatedOnce":       {synced(time.Hour, policy(api.RefreshPolicyCreatedOnce)), ""},
		"never where generators run":    {synced(time.Hour, generated), ""},
		"at no time under OnChange":     {synced(time.Hour, policy(api.RefreshPolicyOnChange)), ""},
		"at no time that can't be read": {synced(time.Hour, interval("soon")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			next := Assess(item(test.es), noon()).NextDue
			if test.next == "" {
				assert.Nil(t, next)
				return
			}
			assert.Equal(t, test.next, next.UTC().Format(time.RFC3339))
		})
	}
}

func TestAssessNamesStoresOnce(t *testing.T) {
	cluster := &api.SecretStoreRef{Name: "shared", Kind: api.KindClusterSecretStore}
	es := synced(time.Minute, func(es *api.ExternalSecret) {
		es.Spec.Data = []api.Data{{SourceRef: &api.SourceRef{StoreRef: cluster}}, {}}
		es.Spec.DataFrom = []api.DataFrom{{SourceRef: &api.SourceRef{StoreRef: cluster}},
			{SourceRef: &api.SourceRef{StoreRef: &api.SecretStoreRef{Name: "aws", Kind: api.KindSecretStore}}}}
	})
	assert.Equal(t, []StoreRef{{"SecretStore", "aws"}, {"ClusterSecretStore", "shared"}}, Assess(item(es), noon()).Stores)
}

func TestAssessNamesNoSecretWhereNoneIsWritten(t *testing.T) {
	assert.Equal(t, "db", Assess(item(synced(0)), noon()).SecretName)
	assert.Equal(t, "other", Assess(item(synced(0, func(es *api.ExternalSecret) { es.Spec.Target.Name = "other" })), noon()).SecretName)
	none := synced(0, func(es *api.ExternalSecret) { es.Spec.Target.CreationPolicy = api.CreationPolicyNone })
	assert.Empty(t, Assess(item(none), noon()).SecretName)
}

func TestAssessTellsWhatHoldsItBackAndHowLateItIs(t *testing.T) {
	nightly := windows(api.SyncWindowAllow, "0 22 * * *", "8h")
	for name, test := range map[string]struct {
		es          *api.ExternalSecret
		held, until string
		late        time.Duration
	}{
		"it is not due yet":                      {synced(30 * time.Minute), "", "", 0},
		"it is late":                             {synced(90 * time.Minute), "", "", 30 * time.Minute},
		"a window holds it back":                 {synced(5*time.Hour, nightly), "no sync window of kind allow is open", "2026-03-01T22:00:00Z", 0},
		"it was late before the window closed":   {synced(8*time.Hour, nightly), "no sync window of kind allow is open", "2026-03-01T22:00:00Z", 7 * time.Hour},
		"a window will hold it back":             {synced(30*time.Minute, windows(api.SyncWindowDeny, "15 12 * * *", "1h")), "a sync window of kind deny is open", "2026-03-01T13:15:01Z", 0},
		"the window is open":                     {synced(8*time.Hour, windows(api.SyncWindowAllow, "0 10 * * *", "8h")), "", "", 2 * time.Hour},
		"a window is no matter for what is done": {synced(8*time.Hour, nightly, interval("0")), "", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, until := Assess(item(test.es), noon()), ""
			if got.HeldUntil != nil {
				until = got.HeldUntil.UTC().Format(time.RFC3339)
			}
			assert.Equal(t, []any{test.held, test.until, int64(test.late.Seconds())}, []any{got.HeldBy, until, got.LateSeconds})
		})
	}
}
