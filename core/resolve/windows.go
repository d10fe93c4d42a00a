package resolve

import (
	"fmt"
	"slices"
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
const mostChanges = 100

// Permitted is the first time, from one on, at which sync windows let a periodic refresh be made; false where none is in sight,
// as with windows that are never open.
func Permitted(windows *api.SyncWindows, from time.Time) (time.Time, bool) {
	at := from.UTC()
	if windows == nil {
		return at, true
	}
	var spans []span
	for _, window := range windows.Windows {
		if read, err := readWindow(window); err == nil {
			spans = append(spans, read)
		}
	}
	allow := windows.Kind == api.SyncWindowAllow
	for range mostChanges {
		if slices.ContainsFunc(spans, func(s span) bool { return s.isOpen(at) }) == allow {
			return at, true
		}
		next := time.Time{}
		for _, s := range spans {
			change := s.schedule.Next(at)
			if !allow {
				change = s.closes(at)
			}
			if !change.IsZero() && (next.IsZero() || change.Before(next)) {
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

func isOpen(window api.SyncWindow, now time.Time) (bool, error) {
	read, err := readWindow(window)
	return err == nil && read.isOpen(now), err
}

// span is a sync window that was read.
type span struct {
	schedule cron.Schedule
	duration time.Duration
}

// opened is when it has opened, the first time of those that count at a time; zero if it has not.
func (s span) opened(at time.Time) time.Time {
	opened := s.schedule.Next(at.Add(-s.duration - windowSlack))
	if opened.After(at) {
		return time.Time{}
	}
	return opened
}

func (s span) isOpen(at time.Time) bool { return !s.opened(at).IsZero() }

// closes is when that opening ends; zero for one that is not open.
func (s span) closes(at time.Time) time.Time {
	opened := s.opened(at)
	if opened.IsZero() {
		return opened
	}
	return opened.Add(s.duration + windowSlack)
}

func readWindow(window api.SyncWindow) (span, error) {
	schedule, err := cron.ParseStandard(window.Schedule)
	if err != nil {
		return span{}, fmt.Errorf("its schedule %q can't be read: %w", window.Schedule, err)
	}
	duration, err := time.ParseDuration(window.Duration)
	if err != nil {
		return span{}, fmt.Errorf("its duration %q can't be read: write hours, minutes and seconds, such as 8h", window.Duration)
	}
	return span{schedule, duration}, nil
}
