package status

import (
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// schedule tells when time alone makes an ExternalSecret due, what holds that back, and how late it is; overdue if that is too
// late to be of a schedule. A refresh that a sync window holds back is late from when it is let through.
func (i *Item) schedule(es *api.ExternalSecret, now time.Time) (overdue bool) {
	interval, err := resolve.Interval(es)
	if err != nil || !repeats(es, interval) {
		return false
	}
	next := es.Status.RefreshTime.Add(interval)
	i.NextDue = &next
	wanted := next
	if windows := es.Spec.SyncWindows; windows != nil {
		from := next
		if now.After(from) {
			from = now
		}
		if blocked, why, _ := resolve.Blocked(windows, from); blocked {
			i.HeldBy = secret.Printable(why)
			if until, ok := resolve.Permitted(windows, from); ok {
				i.HeldUntil = &until
			}
		}
		var ever bool
		if wanted, ever = resolve.Permitted(windows, next); !ever {
			return false
		}
	}
	late := now.Sub(wanted)
	if late <= 0 {
		return false
	}
	i.LateSeconds = int64(late / time.Second)
	return late > grace(interval)
}

// grace is how late a refresh may be.
func grace(interval time.Duration) time.Duration { return min(max(interval, leastGrace), mostGrace) }

// Overdue tells whether it is so late that nothing can be meant to refresh it, whatever else is wrong with it.
func (i Item) Overdue() bool {
	interval, err := time.ParseDuration(i.RefreshInterval)
	return err == nil && time.Duration(i.LateSeconds)*time.Second > grace(interval)
}
