package resolve

import (
	"fmt"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// Due tells whether an ExternalSecret wants to be refreshed at now, and why not if it does not. valid says whether its Secret
// is as the last sync left it: one that is not is repaired whatever the policy, except under creationPolicy Orphan, where
// whoever changed the Secret may, and under None, which has none.
func Due(es *api.ExternalSecret, now time.Time, valid bool) (due bool, why string, err error) {
	interval, err := Interval(es)
	if err != nil {
		return false, "", err
	}
	switch es.Spec.Target.CreationPolicy {
	case api.CreationPolicyOrphan, api.CreationPolicyNone:
	default:
		if !valid {
			return true, "", nil
		}
	}
	synced := es.Status.SyncedResourceVersion
	if synced == "" || es.Status.RefreshTime.IsZero() {
		return true, "", nil
	}
	changed := synced != api.SyncedResourceVersion(es.Generation, es.Annotations, es.Labels)
	switch es.Spec.RefreshPolicy {
	case api.RefreshPolicyCreatedOnce:
		return false, "refreshPolicy is CreatedOnce, and it was synced", nil
	case api.RefreshPolicyOnChange:
		return changed, "refreshPolicy is OnChange, and nothing has changed", nil
	}
	switch last := es.Status.RefreshTime.Time; {
	case interval <= 0:
		return false, "refreshInterval is 0, and it was synced", nil
	case changed, last.After(now):
		return true, "", nil
	default:
		next := last.Add(interval)
		if !next.Before(now) {
			return false, "not due before " + next.UTC().Format(time.RFC3339), nil
		}
		blocked, why, _ := Blocked(es.Spec.SyncWindows, now)
		return !blocked, why, nil
	}
}

// RestsWithout tells whether it is as the last sync left it that an ExternalSecret has no Secret: there was none to merge into,
// or the provider had nothing for it.
func RestsWithout(es *api.ExternalSecret) bool {
	if es.Spec.Target.CreationPolicy == api.CreationPolicyMerge {
		return true
	}
	ready := es.Ready()
	words := es.Spec.Target.Words
	return ready != nil && (ready.Reason == words(api.ReasonSecretDeleted) || ready.Message == words(api.MessageSecretRetained))
}

// Interval is the refresh interval of an ExternalSecret: an hour where it names none, zero or less where it is synced once.
func Interval(es *api.ExternalSecret) (time.Duration, error) {
	text := es.Spec.RefreshInterval
	if text == "" {
		text = api.DefaultRefreshInterval
	}
	interval, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("spec.refreshInterval %q is not a duration: write hours, minutes and seconds, such as 24h or 1h30m", text)
	}
	return interval, nil
}
