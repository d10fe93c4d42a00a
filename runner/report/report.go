// Package report is what a run leaves behind: a line of JSON, an entry in a ConfigMap, a sentence for a termination message. It
// holds no value of a secret. The names of its fields are stable: fields are added, not changed.
package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

// mostStale is how many of the stalest ExternalSecrets are told.
const mostStale = 10

// Run is the report of a run.
type Run struct {
	// ID sorts by the time at which the run began: "20261125t130500.250z-x7k2p", with "-2" behind it for shard 2.
	ID    string `json:"run"`
	Shard *Shard `json:"shard,omitempty"`
	// Pod is where the run takes place: the name of the Pod, or of the machine.
	Pod   string `json:"pod,omitempty"`
	Lease *Lease `json:"lease,omitempty"`
	// Exit is the run's exit code, unless it is stopped by a signal; Error is why it made no pass, or did not end it.
	Exit  int    `json:"exit"`
	Error string `json:"error,omitempty"`

	Started  time.Time            `json:"started"`
	Seconds  float64              `json:"seconds"`
	Total    int                  `json:"total"`
	Outcomes map[core.Outcome]int `json:"outcomes"`
	// Requests counts the requests to providers, by operation.
	Requests map[string]int  `json:"requests,omitempty"`
	Stores   []core.StoreUse `json:"stores,omitempty"`
	Removals core.Removals   `json:"removals,omitzero"`
	// Causes are the failures by what they have in common, the most frequent first.
	Causes []Cause `json:"causes,omitempty"`
	// Stalest are the ExternalSecrets that the run left unsynced though they were due, those that were synced longest ago first.
	Stalest []Stale `json:"stalest,omitempty"`
	// Linger tells what was done after the pass. Total and Outcomes are without it, the others with it.
	Linger *Linger  `json:"linger,omitempty"`
	Notes  []string `json:"notes,omitempty"`
	// Results are the failures, or everything in a full report; LeftOut is how many of them were too many for the place.
	Results []core.Result `json:"results,omitempty"`
	LeftOut int           `json:"leftOut,omitempty"`
	// ClusterExternalSecrets are those that failed or changed something, or all in a full report.
	ClusterExternalSecrets []fanout.Result `json:"clusterExternalSecrets,omitempty"`
}

// Shard tells which part of the ExternalSecrets a run is about.
type Shard struct {
	Index int `json:"index"`
	Of    int `json:"of"`
}

// Lease tells which lease a run held, or could not get.
type Lease struct {
	// Name is NAMESPACE/NAME, Holder who holds it: this run unless Held is false.
	Name   string `json:"name"`
	Holder string `json:"holder"`
	Held   bool   `json:"held"`
}

// Linger tells what a run did after its pass.
type Linger struct {
	// Passes are the small ones over what was new, changed or due; Outcomes counts their results.
	Passes   int                  `json:"passes"`
	Outcomes map[core.Outcome]int `json:"outcomes,omitempty"`
}

// Stale is an ExternalSecret that was due and was not synced.
type Stale struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// LastSync is absent where there was none; Since is that time or, then, when the ExternalSecret was made.
	LastSync *time.Time `json:"lastSync,omitempty"`
	Since    time.Time  `json:"since"`
}

// idTime is how an id begins.
const idTime = "20060102t150405.000z"

// NewID makes the id of a run that begins now.
func NewID(now time.Time, shard resolve.Shard) string {
	const random = 5
	id := now.UTC().Format(idTime) + "-" + rand.String(random)
	if shard.Of > 1 {
		id += fmt.Sprintf("-%d", shard.Index)
	}
	return id
}

// Begun is when the run of an id began; zero if it is not an id.
func Begun(id string) time.Time {
	begin, _, _ := strings.Cut(id, "-")
	begun, err := time.Parse(idTime, begin)
	if err != nil {
		return time.Time{}
	}
	return begun
}

// Add takes the report of the pass in. full keeps every result, not only the failures.
func (r *Run) Add(pass core.Report, full bool) {
	r.Total, r.Outcomes = len(pass.Results), pass.Counts()
	for _, result := range pass.ClusterExternalSecrets {
		if full || result.Outcome == fanout.Failed || result.Outcome == fanout.Updated {
			r.ClusterExternalSecrets = append(r.ClusterExternalSecrets, result)
		}
	}
	r.merge(pass, full)
}

// AddLinger takes the report of a small pass after it in. What a later one says of an ExternalSecret stands.
func (r *Run) AddLinger(pass core.Report, full bool) {
	if r.Linger == nil {
		r.Linger = &Linger{Outcomes: map[core.Outcome]int{}}
	}
	r.Linger.Passes++
	for outcome, n := range pass.Counts() {
		r.Linger.Outcomes[outcome] += n
	}
	r.merge(pass, full)
}

func (r *Run) merge(pass core.Report, full bool) {
	if len(pass.Requests) > 0 && r.Requests == nil {
		r.Requests = map[string]int{}
	}
	for operation, n := range pass.Requests {
		r.Requests[operation] += n
	}
	for _, use := range pass.Stores {
		r.Stores = core.AddStoreUse(r.Stores, use)
	}
	if r.Removals.Secrets == 0 {
		r.Removals.Secrets, r.Removals.Allowed = pass.Removals.Secrets, pass.Removals.Allowed
	}
	r.Removals.Made += pass.Removals.Made
	r.Removals.Refused += pass.Removals.Refused
	for _, note := range pass.Notes {
		r.Note(note)
	}
	later := make(map[string]bool, len(pass.Results))
	for _, result := range pass.Results {
		later[result.Namespace+"/"+result.Name] = true
	}
	r.Results = slices.DeleteFunc(r.Results, func(x core.Result) bool { return later[x.Namespace+"/"+x.Name] })
	r.Stalest = slices.DeleteFunc(r.Stalest, func(x Stale) bool { return later[x.Namespace+"/"+x.Name] })
	for _, result := range pass.Results {
		if full || result.Outcome == core.Failed {
			r.Results = append(r.Results, result)
		}
	}
	r.Causes = causesOf(r.Results)
	r.Stalest = stalest(append(r.Stalest, unsynced(pass.Results)...))
}

// Changed counts the ExternalSecrets whose targets the pass has changed.
func (r *Run) Changed() int {
	return r.Outcomes[core.Created] + r.Outcomes[core.Updated] + r.Outcomes[core.Deleted]
}

// RequestCount counts the requests to providers.
func (r *Run) RequestCount() int {
	n := 0
	for _, of := range r.Requests {
		n += of
	}
	return n
}

// Failing tells whether an ExternalSecret or a ClusterExternalSecret has failed, and not been well since.
func (r *Run) Failing() bool {
	return len(r.Causes) > 0 ||
		slices.ContainsFunc(r.ClusterExternalSecrets, func(c fanout.Result) bool { return c.Outcome == fanout.Failed })
}

// Note adds a remark, once.
func (r *Run) Note(text string) {
	if !slices.Contains(r.Notes, text) {
		r.Notes = append(r.Notes, text)
	}
}

// unsynced are the results of those that were due and were not synced.
func unsynced(results []core.Result) []Stale {
	var all []Stale
	for _, r := range results {
		if (r.Outcome != core.Failed && r.Reason != core.Stopped) || r.Made.IsZero() {
			continue
		}
		s := Stale{Namespace: r.Namespace, Name: r.Name, Since: r.Made}
		if !r.LastSync.IsZero() {
			s.LastSync, s.Since = &r.LastSync, r.LastSync
		}
		all = append(all, s)
	}
	return all
}

// stalest keeps the first few, those that were never synced before those that were.
func stalest(all []Stale) []Stale {
	slices.SortStableFunc(all, func(a, b Stale) int {
		switch {
		case a.LastSync == nil && b.LastSync != nil:
			return -1
		case a.LastSync != nil && b.LastSync == nil:
			return 1
		}
		if order := a.Since.Compare(b.Since); order != 0 {
			return order
		}
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return all[:min(len(all), mostStale)]
}
