package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

const minute = time.Minute

func TestFreshness(t *testing.T) {
	b := newBuilder()
	for _, ago := range []time.Duration{minute, 59 * minute, 61 * minute, 3 * time.Hour} {
		b.add("shop", "hourly", "aws", "1h", ago)
	}
	b.add("shop", "spelt otherwise", "aws", "60m", 2*minute)
	b.add("shop", "never", "aws", "1h", 0)
	b.add("shop", "once", "aws", "0", 900*time.Hour)
	b.add("shop", "often", "aws", "90s", 9*minute)
	b.add("shop", "no time at all", "aws", "soon", minute)
	rows := freshnessOf(b.g.seen.Items)
	for i := range rows {
		require.Equal(t, rows[i].Total, rows[i].Fresh+rows[i].Late+rows[i].Overdue+rows[i].Never)
		rows[i].Oldest = nil
	}
	assert.Equal(t, []Freshness{
		{Interval: "every 1m30s", Total: 1, Late: 1, every: 90 * time.Second},
		{Interval: "every 1h", Total: 6, Fresh: 3, Late: 1, Overdue: 1, Never: 1, every: time.Hour},
		{Interval: "every soon", Total: 1, Fresh: 1},
		{Interval: "once", Total: 1, Fresh: 1},
	}, rows)
}

func TestStripsShowWhatIsLateWhereItStands(t *testing.T) {
	b := newBuilder()
	for _, ago := range []time.Duration{30 * minute, 31 * minute, 61 * minute, 62 * minute, 119 * minute, 300 * minute} {
		b.add("shop", ago.String(), "aws", "1h", ago)
	}
	f := assemble(Scope{}, &b.g)
	var entries []*Entry
	for i := range f.Items {
		entries = append(entries, &f.Items[i])
	}
	drawn := f.stripOf(entries)
	var got []any
	for _, c := range drawn.Columns {
		require.Equal(t, stripHigh, c.Y+c.Height, "it stands on the ground")
		got = append(got, []any{c.X, c.Class, c.Title})
	}
	assert.Equal(t, []any{
		[]any{100, classFresh, "2: 50–55% of the interval"},
		[]any{200, classLate, "2: 100–105% of the interval"},
		[]any{390, classLate, "1: 195–200% of the interval"},
		[]any{beyondAt, classOverdue, "1: more than 200% of the interval"},
	}, got)
	assert.Equal(t, "Half of them were synced at most 103% of the interval ago, the oldest 500%.", drawn.Words)
	assert.Nil(t, f.stripOf(nil))
}

func TestTimesAreShort(t *testing.T) {
	assert.Equal(t, "1h", short(time.Hour))
	assert.Equal(t, "1h30m", short(90*time.Minute))
	assert.Equal(t, "10m", short(10*time.Minute))
	assert.Equal(t, "10s", short(10*time.Second))
	assert.Equal(t, "20h0m5s", short(20*time.Hour+5*time.Second))
	_, ok := share(status.Item{RefreshPolicy: "Periodic", RefreshInterval: "1h"}, noon())
	assert.False(t, ok, "what was never synced has no age")
}

func TestAStripShowsWhatNoNumberHolds(t *testing.T) {
	b := newBuilder()
	b.add("shop", "odd", "aws", "1ns", 200*365*24*time.Hour)
	f := assemble(Scope{}, &b.g)
	drawn := f.stripOf([]*Entry{&f.Items[0]})
	require.Len(t, drawn.Columns, 1)
	assert.Equal(t, beyondAt, drawn.Columns[0].X)
}
