package report

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/explain"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// barWide is how wide the bar of states is, in units of its picture.
const barWide = 1000

// stateRow counts the ExternalSecrets of a state.
type stateRow struct {
	State   status.State
	Class   string
	Count   int
	Meaning string
	// X and Width are its part of the bar.
	X, Width float64
}

// meaning tells in a few words what status says at length.
func meaning(state status.State) string {
	switch state {
	case status.Synced:
		return "the last refresh succeeded, and the next is not overdue"
	case status.Failed:
		return "the last refresh failed, or the ExternalSecret can't be read"
	case status.Stale:
		return "overdue, changed since the last refresh, or without its Secret"
	case status.Incomplete:
		return "refreshed, but keys are missing"
	case status.AtRisk:
		return "refreshed, but the next refresh can't succeed, or nobody makes it"
	case status.NeverSynced:
		return "nothing has refreshed it yet"
	default:
		return "not to be refreshed here"
	}
}

func (f *Fleet) stateRows() []stateRow {
	var rows []stateRow
	x := 0.0
	for _, state := range states() {
		n := f.States[state]
		if n == 0 {
			continue
		}
		wide := barWide * float64(n) / float64(f.Total)
		rows = append(rows, stateRow{state, classOf(state), n, meaning(state), x, wide})
		x += wide
	}
	return rows
}

func classOf(state status.State) string { return strings.ToLower(string(state)) }

// freshnessRow is a Freshness with its picture.
type freshnessRow struct {
	Freshness
	Strip  *strip
	Oldest string
}

func (f *Fleet) freshnessRows() []freshnessRow {
	of := map[string][]*Entry{}
	for i := range f.Items {
		interval, _ := intervalOf(f.Items[i].Item)
		of[interval] = append(of[interval], &f.Items[i])
	}
	var rows []freshnessRow
	for _, counted := range f.Freshness {
		row := freshnessRow{Freshness: counted, Strip: f.stripOf(of[counted.Interval]), Oldest: "–"}
		if counted.Oldest != nil {
			row.Oldest = duration.HumanDuration(f.Taken.Sub(*counted.Oldest))
		}
		rows = append(rows, row)
	}
	return rows
}

const (
	// mostCauses is how many causes are told. What is not known has as many as there are texts.
	mostCauses = 30
	// mostNamed is how many ExternalSecrets are named with a cause. All are found in the list.
	mostNamed = 12
)

// causeCard is what is told of a cause.
type causeCard struct {
	Number            int
	Count             int
	Headline          string
	Store, ID         string
	Step              string
	Owner, OwnerWords string
	Waiting           string
	// Wide is its share of all that fail, in thousandths.
	Wide              float64
	Cause, Check, Fix []textLine
	Error             string
	Named             []string
	More              int
}

// textLine is a line of what is known, which may be a command.
type textLine struct {
	Command bool
	Text    string
}

func linesOf(text string) []textLine {
	var lines []textLine
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); line == "" {
			continue
		}
		command, is := strings.CutPrefix(line, "$ ")
		lines = append(lines, textLine{is, command})
	}
	return lines
}

func (f *Fleet) causeCards() []causeCard {
	var cards []causeCard
	for i, cause := range f.Causes[:min(len(f.Causes), mostCauses)] {
		d := cause.Diagnosis
		card := causeCard{
			Number: i + 1, Count: len(cause.Objects), Headline: headline(cause), Store: cause.Store, ID: d.ID, Step: string(cause.Failed),
			Owner: d.Owner, OwnerWords: explain.Owner(d.Owner), Wide: barWide * float64(len(cause.Objects)) / float64(f.broken()),
			Cause: linesOf(d.Cause), Check: linesOf(d.Check), Fix: linesOf(d.Fix), Error: cause.Objects[0].Error,
		}
		if d.Retry != diagnose.Unsaid {
			card.Waiting = explain.Waiting(d.Retry)
		}
		if d.ID == diagnose.Unknown {
			card.Cause = nil
		} else if len(card.Cause) == 1 && card.Cause[0].Text == card.Headline {
			card.Cause = nil
		}
		for _, object := range cause.Objects[:min(len(cause.Objects), mostNamed)] {
			card.Named = append(card.Named, object.Namespace+"/"+object.Name)
		}
		card.More = card.Count - len(card.Named)
		cards = append(cards, card)
	}
	return cards
}

// broken counts the ExternalSecrets that have a cause.
func (f *Fleet) broken() int {
	n := 0
	for _, cause := range f.Causes {
		n += len(cause.Objects)
	}
	return n
}

// notWell are the numbers of causes, from 1, by the indices of the ExternalSecrets that have one.
func (f *Fleet) notWell() map[int]int {
	number := map[explain.Metadata]int{}
	for i, cause := range f.Causes {
		for _, object := range cause.Objects {
			number[object.Metadata] = i + 1
		}
	}
	bad := map[int]int{}
	for i := range f.Items {
		if n := number[explain.Metadata{Namespace: f.Items[i].Metadata.Namespace, Name: f.Items[i].Metadata.Name}]; n > 0 {
			bad[i] = n
		}
	}
	return bad
}

// runRow is what is told of a run.
type runRow struct {
	Name, State, Class, Age, Stamp, Lasted, Message string
	Total, Changed, Failed, Requests                string
	Operations                                      []string
	// LastedWide and RequestsWide are the lengths of bars, in percent of the longest.
	LastedWide, RequestsWide int
}

func (f *Fleet) runRows() []runRow {
	longest, most := 0.0, 0
	for _, run := range f.Runs {
		if run.Report != nil {
			longest, most = max(longest, run.Report.Seconds), max(most, requests(run))
		}
	}
	percent := func(part, whole float64) int {
		if whole == 0 {
			return 0
		}
		return int(100 * part / whole)
	}
	var rows []runRow
	for _, run := range f.Runs {
		row := runRow{
			Name: run.Name, State: string(run.State), Class: strings.ToLower(string(run.State)), Age: age(run.Started, f.Taken), Lasted: lasted(run),
			Message: run.Message, Total: "–", Changed: "–", Failed: "–", Requests: "–", Operations: operations(run),
		}
		if !run.Started.IsZero() {
			row.Stamp = stamp(run.Started)
		}
		if r := run.Report; r != nil {
			row.Total, row.Changed, row.Failed = number(r.Total), number(r.Changed()), number(r.Outcomes["failed"])
			row.Requests = number(requests(run))
			row.LastedWide, row.RequestsWide = percent(r.Seconds, longest), percent(float64(requests(run)), float64(most))
		}
		rows = append(rows, row)
	}
	return rows
}

// rounded is a share as the class of a bar: a number of steps of a twentieth of twice the interval.
func rounded(share float64) string {
	const barSteps = 20
	return fmt.Sprint(int(min(barSteps, share*barSteps/mostShares+0.5)))
}
