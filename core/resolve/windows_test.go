package resolve_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

func TestBlocked(t *testing.T) {
	nightly := api.SyncWindow{Schedule: "0 22 * * *", Duration: "8h"}
	weekend := api.SyncWindow{Schedule: "0 0 * * 6", Duration: "48h"}
	for name, tc := range map[string]struct {
		kind    api.SyncWindowKind
		windows []api.SyncWindow
		now     string
		blocked bool
	}{
		"deny blocks inside its window":                 {api.SyncWindowDeny, []api.SyncWindow{nightly}, "2026-03-04T23:00:00Z", true},
		"deny blocks after midnight in the same window": {api.SyncWindowDeny, []api.SyncWindow{nightly}, "2026-03-05T05:59:00Z", true},
		"deny lets through outside its window":          {api.SyncWindowDeny, []api.SyncWindow{nightly}, "2026-03-05T07:00:00Z", false},
		"deny blocks in the second it opens":            {api.SyncWindowDeny, []api.SyncWindow{nightly}, "2026-03-04T22:00:00Z", true},
		"deny lets through the second before it opens":  {api.SyncWindowDeny, []api.SyncWindow{nightly}, "2026-03-04T21:59:59Z", false},
		"deny blocks in the second it closes":           {api.SyncWindowDeny, []api.SyncWindow{nightly}, "2026-03-05T06:00:00Z", true},
		"one open window of several is enough to deny":  {api.SyncWindowDeny, []api.SyncWindow{nightly, weekend}, "2026-03-07T12:00:00Z", true},
		"allow blocks outside its window":               {api.SyncWindowAllow, []api.SyncWindow{nightly}, "2026-03-05T12:00:00Z", true},
		"allow lets through inside its window":          {api.SyncWindowAllow, []api.SyncWindow{nightly}, "2026-03-04T22:30:00Z", false},
		"windows are in UTC whatever zone now is in":    {api.SyncWindowAllow, []api.SyncWindow{nightly}, "2026-03-04T17:30:00-05:00", false},
		"one open window of several is enough to allow": {api.SyncWindowAllow, []api.SyncWindow{nightly, weekend}, "2026-03-08T12:00:00Z", false},
		"a shorthand such as @daily is a schedule":      {api.SyncWindowAllow, []api.SyncWindow{{Schedule: "@daily", Duration: "1h"}}, "2026-03-04T00:30:00Z", false},
	} {
		t.Run(name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, tc.now)
			require.NoError(t, err)
			blocked, why, problems := resolve.Blocked(&api.SyncWindows{Kind: tc.kind, Windows: tc.windows}, now)
			assert.Equal(t, tc.blocked, blocked)
			assert.Equal(t, tc.blocked, why != "", "words go with a block")
			assert.Empty(t, problems)
		})
	}
	t.Run("no windows block nothing", func(t *testing.T) {
		blocked, _, _ := resolve.Blocked(nil, time.Now())
		assert.False(t, blocked)
	})
	t.Run("a window that can't be read is never open and is named", func(t *testing.T) {
		bad := []api.SyncWindow{{Schedule: "61 * * * *", Duration: "1h"}, {Schedule: "@daily", Duration: "1d"}}
		blocked, _, problems := resolve.Blocked(&api.SyncWindows{Kind: api.SyncWindowAllow, Windows: bad}, time.Now())
		assert.True(t, blocked)
		require.Len(t, problems, 2)
		assert.Contains(t, problems[0], `spec.syncWindows.windows[0] is never open: its schedule "61 * * * *"`)
		assert.Contains(t, problems[1], `spec.syncWindows.windows[1] is never open: its duration "1d"`)
	})
}

func TestPermitted(t *testing.T) {
	nightly := api.SyncWindow{Schedule: "0 22 * * *", Duration: "8h"}
	late := api.SyncWindow{Schedule: "0 5 * * *", Duration: "3h"}
	saturday := api.SyncWindow{Schedule: "0 12 * * 6", Duration: "1h"}
	bad := api.SyncWindow{Schedule: "61 * * * *", Duration: "1h"}
	always := api.SyncWindow{Schedule: "* * * * *", Duration: "1h"}
	for name, tc := range map[string]struct {
		kind    api.SyncWindowKind
		windows []api.SyncWindow
		from    string
		want    string // empty for never
	}{
		"at once outside of a denied window":                               {api.SyncWindowDeny, []api.SyncWindow{nightly}, "2026-03-04T12:00:00Z", "2026-03-04T12:00:00Z"},
		"when a denied window has closed":                                  {api.SyncWindowDeny, []api.SyncWindow{nightly}, "2026-03-04T23:00:00Z", "2026-03-05T06:00:01Z"},
		"when the last of those that overlap has":                          {api.SyncWindowDeny, []api.SyncWindow{nightly, late}, "2026-03-04T23:00:00Z", "2026-03-05T08:00:01Z"},
		"at once inside of an allowed window":                              {api.SyncWindowAllow, []api.SyncWindow{nightly}, "2026-03-04T23:00:00Z", "2026-03-04T23:00:00Z"},
		"when an allowed window opens":                                     {api.SyncWindowAllow, []api.SyncWindow{nightly}, "2026-03-04T12:00:00Z", "2026-03-04T22:00:00Z"},
		"when the first of several opens":                                  {api.SyncWindowAllow, []api.SyncWindow{nightly, saturday}, "2026-03-07T07:00:00Z", "2026-03-07T12:00:00Z"},
		"one that can't be read does not matter":                           {api.SyncWindowAllow, []api.SyncWindow{bad, saturday}, "2026-03-04T12:00:00Z", "2026-03-07T12:00:00Z"},
		"never where none can be read":                                     {api.SyncWindowAllow, []api.SyncWindow{bad}, "2026-03-04T12:00:00Z", ""},
		"never where a denied window is always open":                       {api.SyncWindowDeny, []api.SyncWindow{always}, "2026-03-04T12:00:00Z", ""},
		"never where it comes by an interval that is longer than it lasts": {api.SyncWindowAllow, []api.SyncWindow{{Schedule: "@every 6h", Duration: "1h"}}, "2026-03-04T12:00:00Z", ""},
		"in UTC whatever zone the time is in":                              {api.SyncWindowAllow, []api.SyncWindow{nightly}, "2026-03-04T12:00:00-05:00", "2026-03-04T22:00:00Z"},
		"a denied window that can't be read is closed":                     {api.SyncWindowDeny, []api.SyncWindow{bad}, "2026-03-04T12:00:00Z", "2026-03-04T12:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			from, err := time.Parse(time.RFC3339, tc.from)
			require.NoError(t, err)
			at, ok := resolve.Permitted(&api.SyncWindows{Kind: tc.kind, Windows: tc.windows}, from)
			require.Equal(t, tc.want != "", ok)
			if ok {
				assert.Equal(t, tc.want, at.Format(time.RFC3339))
			}
		})
	}
	at, ok := resolve.Permitted(nil, time.Unix(0, 0))
	assert.True(t, ok)
	assert.Equal(t, time.Unix(0, 0).UTC(), at)
}
