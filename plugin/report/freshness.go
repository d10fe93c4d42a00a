package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// freshnessOf counts ExternalSecrets by how often they are refreshed. Those of which nothing can be read have no interval.
func freshnessOf(items []status.Item) []Freshness {
	of := map[string]*Freshness{}
	for _, item := range items {
		if item.RefreshPolicy == "" {
			continue
		}
		interval, every := intervalOf(item)
		row := of[interval]
		if row == nil {
			row = &Freshness{Interval: interval, every: every}
			of[interval] = row
		}
		row.Total++
		switch {
		case item.LastSync == nil:
			row.Never++
		case item.Overdue():
			row.Overdue++
		case item.LateSeconds > 0:
			row.Late++
		default:
			row.Fresh++
		}
		if item.LastSync != nil && (row.Oldest == nil || item.LastSync.Before(*row.Oldest)) {
			row.Oldest = item.LastSync
		}
	}
	rows := make([]Freshness, 0, len(of))
	for _, row := range of {
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b Freshness) int {
		if (a.every == 0) != (b.every == 0) {
			return cmp.Compare(b.every, a.every) // what time does not make due comes last
		}
		return cmp.Or(cmp.Compare(a.every, b.every), strings.Compare(a.Interval, b.Interval))
	})
	return rows
}

// intervalOf is how often an ExternalSecret is refreshed, in words and as a time: zero where time does not make it due.
func intervalOf(item status.Item) (words string, every time.Duration) {
	words = item.Every()
	text, periodic := strings.CutPrefix(words, "every ")
	every, err := time.ParseDuration(text)
	if !periodic || err != nil {
		return words, 0
	}
	return "every " + short(every), every // the same for 60m and 1h
}

// short is a time without the units that are zero, such as 1h for 1h0m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// share is how much of its interval has passed since the last sync of an ExternalSecret: 1 when it is due; false where that can't be
// said.
func share(item status.Item, taken time.Time) (float64, bool) {
	_, every := intervalOf(item)
	if every == 0 || item.LastSync == nil {
		return 0, false
	}
	return max(0, taken.Sub(*item.LastSync).Seconds()/every.Seconds()), true
}
