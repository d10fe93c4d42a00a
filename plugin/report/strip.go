package report

import (
	"fmt"
	"math"
	"slices"
)

// A strip shows the ages of last syncs in shares of the interval, from 0 to twice the interval: columns of as many steps as halve it
// evenly, and one more for what is older.
const (
	steps      = 40
	stepWidth  = 10
	beyondAt   = steps*stepWidth + 4
	stripWide  = beyondAt + stepWidth
	stripHigh  = 28
	leastHigh  = 4
	mostShares = 2
)

// The classes of what is drawn, which the style sheet colours.
const (
	classFresh   = "fresh"
	classLate    = "late"
	classOverdue = "overdue"
)

// strip is a picture of the freshness of ExternalSecrets that have the same interval.
type strip struct {
	Columns []stripColumn
	// Words tell what is to be seen.
	Words string
}

// stripColumn is a column of a strip.
type stripColumn struct {
	X, Y, Width, Height int
	Class, Title        string
}

// stripOf draws the freshness of entries of the same interval; nil where time makes none of them due.
func (f *Fleet) stripOf(entries []*Entry) *strip {
	var counts [steps + 1]int
	var classes [steps + 1]string
	var shares []float64
	for _, e := range entries {
		age, ok := share(e.Item, f.Taken)
		if !ok {
			continue
		}
		shares = append(shares, age)
		i := stepOf(age)
		counts[i]++
		if class := e.lateness(); rank(class) >= rank(classes[i]) {
			classes[i] = class
		}
	}
	if len(shares) == 0 {
		return nil
	}
	slices.Sort(shares)
	drawn := &strip{Words: fmt.Sprintf("Half of them were synced at most %.0f%% of the interval ago, the oldest %.0f%%.",
		shares[len(shares)/2]*100, shares[len(shares)-1]*100)}
	most := slices.Max(counts[:])
	for i, n := range counts {
		if n == 0 {
			continue
		}
		high := leastHigh + int(math.Round((stripHigh-leastHigh)*math.Sqrt(float64(n)/float64(most))))
		x, title := i*stepWidth, fmt.Sprintf("%d: %d–%d%% of the interval", n, i*100*mostShares/steps, (i+1)*100*mostShares/steps)
		if i == steps {
			x, title = beyondAt, fmt.Sprintf("%d: more than %d%% of the interval", n, 100*mostShares)
		}
		drawn.Columns = append(drawn.Columns, stripColumn{x, stripHigh - high, stepWidth - 1, high, classes[i], title})
	}
	return drawn
}

// stepOf is the column of an age.
func stepOf(age float64) int { return int(min(steps, age*steps/mostShares)) }

// lateness is the class of how late an ExternalSecret is.
func (e *Entry) lateness() string {
	switch {
	case e.Overdue():
		return classOverdue
	case e.LateSeconds > 0:
		return classLate
	default:
		return classFresh
	}
}

func rank(class string) int {
	return slices.Index([]string{"", classFresh, classLate, classOverdue}, class)
}
