package resolve_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// synced makes an ExternalSecret that was synced a while ago and has not changed since.
func synced(ago time.Duration) *api.ExternalSecret {
	es := &api.ExternalSecret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "db", Generation: 3, Labels: map[string]string{"app": "db"}}}
	es.Status.RefreshTime = &metav1.Time{Time: now.Add(-ago)}
	es.Status.SyncedResourceVersion = api.SyncedResourceVersion(es.Generation, es.Annotations, es.Labels)
	return es
}

func TestDueByPolicyIntervalAndChange(t *testing.T) {
	type state struct {
		policy   api.RefreshPolicy
		interval string
		ago      time.Duration
		changed  bool
	}
	const (
		periodic = api.RefreshPolicyPeriodic
		once     = api.RefreshPolicyCreatedOnce
		onChange = api.RefreshPolicyOnChange
	)
	for name, tc := range map[string]struct {
		state
		due bool
		why string
	}{
		"Periodic within its interval is not due":                  {state{periodic, "1h", 59 * time.Minute, false}, false, "not due before 2026-03-01T12:01:00Z"},
		"Periodic at the very end of its interval is not due":      {state{periodic, "1h", time.Hour, false}, false, "not due before"},
		"Periodic past its interval is due":                        {state{periodic, "1h", time.Hour + time.Second, false}, true, ""},
		"Periodic that has changed is due":                         {state{periodic, "1h", time.Minute, true}, true, ""},
		"Periodic that was synced in the future is due":            {state{periodic, "1h", -time.Minute, false}, true, ""},
		"no policy is Periodic":                                    {state{"", "1h", 2 * time.Hour, false}, true, ""},
		"no policy within its interval is not due":                 {state{"", "1h", time.Minute, false}, false, "not due before"},
		"no interval is an hour":                                   {state{periodic, "", 59 * time.Minute, false}, false, "2026-03-01T12:01:00Z"},
		"no interval is due after an hour":                         {state{periodic, "", 61 * time.Minute, false}, true, ""},
		"interval 0 is never due again":                            {state{periodic, "0", 1000 * time.Hour, false}, false, "refreshInterval is 0"},
		"interval 0s is never due again, though it has changed":    {state{periodic, "0s", time.Minute, true}, false, "refreshInterval is 0"},
		"a negative interval is never due again":                   {state{periodic, "-1h", 1000 * time.Hour, false}, false, "refreshInterval is 0"},
		"CreatedOnce is never due again":                           {state{once, "1s", 1000 * time.Hour, false}, false, "CreatedOnce"},
		"CreatedOnce is never due again, though it has changed":    {state{once, "1s", 1000 * time.Hour, true}, false, "CreatedOnce"},
		"OnChange is not due while nothing has changed":            {state{onChange, "1s", 1000 * time.Hour, false}, false, "OnChange"},
		"OnChange is due when it has changed":                      {state{onChange, "1h", time.Second, true}, true, ""},
		"OnChange with interval 0 is due when it has changed":      {state{onChange, "0", time.Second, true}, true, ""},
		"Periodic of 24h within its interval is not due":           {state{periodic, "24h", 23 * time.Hour, false}, false, "not due before 2026-03-01T13:00:00Z"},
		"Periodic of minutes and seconds is due past its interval": {state{periodic, "1m30s", 91 * time.Second, false}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			es := synced(tc.ago)
			es.Spec.RefreshPolicy, es.Spec.RefreshInterval = tc.policy, tc.interval
			if tc.changed {
				es.Annotations = map[string]string{api.AnnotationForceSync: "now"}
			}
			due, why, err := resolve.Due(es, now, true)
			require.NoError(t, err)
			assert.Equal(t, tc.due, due)
			if !due {
				assert.Contains(t, why, tc.why)
			}
			due, _, err = resolve.Due(es, now, false)
			require.NoError(t, err)
			assert.True(t, due, "a Secret that is missing or altered is repaired whatever the policy")

			es.Status = api.ExternalSecretStatus{}
			due, _, err = resolve.Due(es, now, true)
			require.NoError(t, err)
			assert.True(t, due, "never synced is due whatever the policy")
		})
	}
}

func TestDueByWhatHasChanged(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*api.ExternalSecret)
		due    bool
	}{
		"a new generation, which is a new spec, is a change": {func(es *api.ExternalSecret) { es.Generation++ }, true},
		"a new label is a change":                            {func(es *api.ExternalSecret) { es.Labels["tier"] = "1" }, true},
		"a label that went is a change":                      {func(es *api.ExternalSecret) { es.Labels = nil }, true},
		"a new annotation is a change":                       {func(es *api.ExternalSecret) { es.Annotations = map[string]string{"a": "b"} }, true},
		"a new resource version alone is none":               {func(es *api.ExternalSecret) { es.ResourceVersion = "9" }, false},
		"a finalizer is none":                                {func(es *api.ExternalSecret) { es.Finalizers = []string{api.FinalizerExternalSecret} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			es := synced(time.Minute)
			tc.change(es)
			due, _, err := resolve.Due(es, now, true)
			require.NoError(t, err)
			assert.Equal(t, tc.due, due)
		})
	}
}

func TestDueByCreationPolicy(t *testing.T) {
	for policy, repairs := range map[api.CreationPolicy]bool{
		"": true, api.CreationPolicyOwner: true, api.CreationPolicyMerge: true, api.CreationPolicyCreateOrMerge: true,
		api.CreationPolicyOrphan: false, api.CreationPolicyNone: false,
	} {
		t.Run("an altered Secret of policy "+string(policy), func(t *testing.T) {
			es := synced(time.Minute)
			es.Spec.Target.CreationPolicy = policy
			due, _, err := resolve.Due(es, now, false)
			require.NoError(t, err)
			assert.Equal(t, repairs, due)
			es.Spec.RefreshPolicy = api.RefreshPolicyCreatedOnce
			due, _, err = resolve.Due(es, now, false)
			require.NoError(t, err)
			assert.Equal(t, repairs, due)
		})
	}
	t.Run("a half-written status counts as never synced", func(t *testing.T) {
		es := synced(time.Minute)
		es.Status.RefreshTime = nil
		due, _, err := resolve.Due(es, now, true)
		require.NoError(t, err)
		assert.True(t, due)
		es = synced(time.Minute)
		es.Status.SyncedResourceVersion = ""
		due, _, err = resolve.Due(es, now, true)
		require.NoError(t, err)
		assert.True(t, due)
	})
}

func TestInterval(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": time.Hour, "1h0m0s": time.Hour, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "0": 0, "0s": 0, "-5m": -5 * time.Minute, "500ms": 500 * time.Millisecond,
	} {
		got, err := resolve.Interval(&api.ExternalSecret{Spec: api.ExternalSecretSpec{RefreshInterval: text}})
		require.NoError(t, err)
		assert.Equal(t, want, got, "%q", text)
	}
	for _, text := range []string{"1d", "60", "1 h", "hourly", "1h 30m", "\x1b[31m"} {
		_, err := resolve.Interval(&api.ExternalSecret{Spec: api.ExternalSecretSpec{RefreshInterval: text}})
		require.ErrorContains(t, err, "spec.refreshInterval")
		require.ErrorContains(t, err, "such as 24h")
		assert.NotContains(t, err.Error(), "\x1b")
		_, _, err = resolve.Due(&api.ExternalSecret{Spec: api.ExternalSecretSpec{RefreshInterval: text}}, now, true)
		require.ErrorContains(t, err, "spec.refreshInterval")
	}
}
