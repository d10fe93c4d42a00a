package resolve

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// windowSlack is how much earlier than its duration says a window may have opened, since schedules know whole seconds only.
const windowSlack = time.Second

// Blocked tells whether sync windows keep a periodic refresh from being made at now, and in which words. A window whose
// schedule or duration can't be read is never open, as in ESO: problems names each such window.
func Blocked(windows *api.SyncWindows, now time.Time) (blocked bool, why string, problems []string) {
	if windows == nil {
		return false, "", nil
	}
	open := false
	for i, window := range windows.Windows {
		isOpen, err := isOpen(window, now.UTC())
		if err != nil {
			problems = append(problems, fmt.Sprintf("spec.syncWindows.windows[%d] is never open: %v", i, err))
		}
		open = open || isOpen
	}
	switch {
	case windows.Kind == api.SyncWindowDeny && open:
		return true, "a sync window of kind deny is open", problems
	case windows.Kind == api.SyncWindowAllow && !open:
		// A skipped ExternalSecret has no warnings: what keeps it from ever being refreshed has to be said here.
		return true, strings.Join(append([]string{"no sync window of kind allow is open"}, problems...), "; "), problems
	default:
		return false, "", problems
	}
}

// mostChanges bounds how many openings and closings Permitted looks at: windows that open more often than they close never end.
const mostChanges = 1000

// Permitted is the first time, from one on, at which sync windows let a periodic refresh be made; false where none is in sight,
// as with windows that are never open.
func Permitted(windows *api.SyncWindows, from time.Time) (time.Time, bool) {
	at := from.UTC()
	for range mostChanges {
		if blocked, _, _ := Blocked(windows, at); !blocked {
			return at, true
		}
		next := time.Time{}
		for _, window := range windows.Windows {
			if change := changeOf(window, windows.Kind, at); !change.IsZero() && (next.IsZero() || change.Before(next)) {
				next = change
			}
		}
		if next.IsZero() {
			break
		}
		at = next
	}
	return time.Time{}, false
}

// changeOf is when a window opens next under kind allow, and when one that is open closes under kind deny; zero if it does not.
func changeOf(window api.SyncWindow, kind api.SyncWindowKind, at time.Time) time.Time {
	schedule, duration, err := readWindow(window)
	if err != nil {
		return time.Time{}
	}
	if kind == api.SyncWindowAllow {
		return schedule.Next(at)
	}
	opened := schedule.Next(at.Add(-duration - windowSlack))
	if opened.IsZero() || opened.After(at) {
		return time.Time{}
	}
	return opened.Add(duration + windowSlack)
}

func isOpen(window api.SyncWindow, now time.Time) (bool, error) {
	schedule, duration, err := readWindow(window)
	if err != nil {
		return false, err
	}
	opened := schedule.Next(now.Add(-duration - windowSlack))
	return !opened.IsZero() && !opened.After(now), nil
}

func readWindow(window api.SyncWindow) (cron.Schedule, time.Duration, error) {
	schedule, err := cron.ParseStandard(window.Schedule)
	if err != nil {
		return nil, 0, fmt.Errorf("its schedule %q can't be read: %w", window.Schedule, err)
	}
	duration, err := time.ParseDuration(window.Duration)
	if err != nil {
		return nil, 0, fmt.Errorf("its duration %q can't be read: write hours, minutes and seconds, such as 8h", window.Duration)
	}
	return schedule, duration, nil
}
