package linger

import (
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

const (
	// soonest is how long after a sync the next may come, whatever the refresh interval.
	soonest = 5 * time.Second
	// firstRetry and lastRetry bound the wait after a failure, which doubles.
	firstRetry, lastRetry = 5 * time.Second, 5 * time.Minute
	// closed is when one is looked at again whose sync window does not let it be refreshed.
	closed = 30 * time.Second
)

// state is what is remembered of an ExternalSecret.
type state struct {
	// seen is what a sync depends on, as of the last one that was asked for.
	seen string
	// next is when it is to be synced; zero means: when it changes.
	next time.Time
	// failures counts those in a row.
	failures int
	// busy tells that it is being synced, again that it has changed meanwhile.
	busy, again bool
}

// see takes in an ExternalSecret as it is now, and tells whether it is to be synced at once: it is new, or what a sync depends on
// has changed. Its status, which a sync writes, says only when it comes due.
func (s *state) see(item resolve.Item, now time.Time) bool {
	if item.ES == nil { // it can't be read: that is said once
		unreadable := item.Err.Error()
		changed := s.seen != unreadable
		s.seen, s.next = unreadable, time.Time{}
		return changed
	}
	es := item.ES
	identity := string(es.UID) + " " + api.SyncedResourceVersion(es.Generation, es.Annotations, es.Labels)
	changed := s.seen != identity
	s.seen = identity
	if es.DeletionTimestamp != nil {
		s.next = time.Time{}
		return false
	}
	due, _, err := resolve.Due(es, now, true)
	switch {
	case err != nil, due:
		if changed {
			s.failures, s.next = 0, time.Time{}
		} else if next := nextOf(es, now); s.next.IsZero() && next.Before(now.Add(closed)) {
			s.next = next // of an interval that is next to none
		}
		return changed
	default:
		s.failures = 0
		s.next = nextOf(es, now)
		return false
	}
}

// nextOf is when an ExternalSecret that is not due comes due by time alone; zero for never.
func nextOf(es *api.ExternalSecret, now time.Time) time.Time {
	interval, err := resolve.Interval(es)
	periodic := es.Spec.RefreshPolicy == "" || es.Spec.RefreshPolicy == api.RefreshPolicyPeriodic
	if err != nil || interval <= 0 || !periodic || es.Status.RefreshTime.IsZero() {
		return time.Time{}
	}
	last := es.Status.RefreshTime.Time
	if next := last.Add(max(interval, soonest)); next.After(now) {
		return next
	}
	return now.Add(closed)
}

// settle takes in what came of a sync.
func (s *state) settle(r core.Result, now time.Time) {
	switch r.Outcome {
	case core.Failed:
		switch r.Reason {
		case core.Unsupported, core.GuardRail, core.NotFound:
			s.next = time.Time{} // trying again mends nothing
			return
		}
		s.next = now.Add(min(firstRetry<<min(s.failures, 10), lastRetry))
		s.failures++
	case core.Skipped:
		switch r.Reason {
		case core.OtherClass, core.Deleting:
			s.next = time.Time{}
		case core.NotDue:
			if !s.next.After(now) {
				s.next = now.Add(closed)
			}
		}
	default:
		s.failures = 0
	}
}
