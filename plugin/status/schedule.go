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
	return late > min(max(interval, leastGrace), mostGrace)
}
