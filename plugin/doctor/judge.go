package doctor

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
)

// judge finds what is wrong, in the order in which it is told.
func judge(f *facts) []Finding {
	findings := slices.Concat(judgeCRDs(f), judgeManifests(f), judgeOperators(f), judgeRunners(f), judgeClasses(f),
		judgeExternalSecrets(f), judgeSecrets(f), judgeWebhooks(f), judgeFinalizers(f), judgeRights(f))
	order := map[string]int{}
	for _, section := range sections() {
		for _, check := range section.checks {
			order[check] = len(order)
		}
	}
	slices.SortStableFunc(findings, func(a, b Finding) int { return order[a.Check] - order[b.Check] })
	return findings
}

// presence tells whether something is there.
type presence int

const (
	absent presence = iota
	present
	unclear
)

// operatorRuns tells whether a controller of the operator runs.
func (f *facts) operatorRuns() presence {
	for _, o := range f.operators.value {
		if o.part == partController && o.ready > 0 {
			return present
		}
	}
	if f.operators.err != nil {
		return unclear
	}
	return absent
}

// ago is how long ago something was, in words.
func (f *facts) ago(then time.Time) string {
	if then.IsZero() {
		return "never"
	}
	return duration.HumanDuration(f.now.Sub(then)) + " ago"
}
