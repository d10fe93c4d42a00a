package core

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// Outcome is what became of an ExternalSecret in a pass.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	Deleted   Outcome = "deleted"
	Skipped   Outcome = "skipped"
	Failed    Outcome = "failed"
)

// Outcomes are all of them, in the order in which they are counted for a person.
func Outcomes() []Outcome { return []Outcome{Created, Updated, Unchanged, Deleted, Skipped, Failed} }

// Reason tells a program why an outcome is what it is.
type Reason string

// The reasons of skipped and failed outcomes.
const (
	// NotDue: its policy, interval or window does not ask for a refresh now.
	NotDue Reason = "NotDue"
	// OtherClass: its store is served by another controller.
	OtherClass Reason = "OtherClass"
	// Deleting: the ExternalSecret is being deleted.
	Deleting Reason = "Deleting"
	// NoTarget: creationPolicy Merge found no Secret to merge into.
	NoTarget Reason = "NoTarget"
	// Generator: its generators would make new values in the place of those that its target holds.
	Generator Reason = "Generator"
	// Stopped: the pass was told to stop before it came to this one.
	Stopped Reason = "Stopped"
	// NotFound: there is no such ExternalSecret.
	NotFound Reason = "NotFound"
	// Invalid: the ExternalSecret, or what it refers to, can't be right.
	Invalid Reason = "Invalid"
	// Unsupported: the ExternalSecret asks for something that this version can't do. Only the report says so, not its status:
	// another controller may serve it well.
	Unsupported Reason = "Unsupported"
	// ProviderError: the store could not be opened or did not give the secret.
	ProviderError Reason = "ProviderError"
	// DataError: what the store gave can't become the data of a Secret.
	DataError Reason = "DataError"
	// WriteError: the Secret or the status could not be written.
	WriteError Reason = "WriteError"
	// GuardRail: a Secret would be deleted or emptied, and so would too many others in the same pass.
	GuardRail Reason = "GuardRail"
)

// Result is the outcome of a pass for one ExternalSecret. No field holds a secret value.
type Result struct {
	Namespace string  `json:"namespace"`
	Name      string  `json:"name"`
	Outcome   Outcome `json:"outcome"`
	Reason    Reason  `json:"reason,omitempty"`
	// Message is a sentence for a person: why it was skipped, or what failed and what to do.
	Message string `json:"message,omitempty"`
	// Secret is the name of the target, if that is one.
	Secret string `json:"secret,omitempty"`
	// Target is the target if it is no Secret, as KIND/NAME.
	Target string `json:"target,omitempty"`
	// Changes names the keys that were or would be changed.
	Changes write.Changes `json:"changes,omitzero"`
	// Warnings are things that work and should still be seen to.
	Warnings []string `json:"warnings,omitempty"`
	// LastSync is the time of the last success before this pass, zero for never; Made is when the ExternalSecret was.
	LastSync time.Time `json:"-"`
	Made     time.Time `json:"-"`
}

// Report tells what a pass did.
type Report struct {
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	// Results are in the order of namespace and name.
	Results []Result `json:"results"`
	// ClusterExternalSecrets are in the order of their names.
	ClusterExternalSecrets []fanout.Result `json:"clusterExternalSecrets,omitempty"`
	// Requests counts the requests to providers, retries included, by "service.Operation".
	Requests map[string]int `json:"requests,omitempty"`
	// Stores tells the same by store, in the order of their names.
	Stores []StoreUse `json:"stores,omitempty"`
	// Removals tells how many Secrets lost all that they had.
	Removals Removals `json:"removals,omitzero"`
	// Notes are things about the pass as a whole that an operator should know.
	Notes []string `json:"notes,omitempty"`
}

// StoreUse is what was asked of a store. Stores that are the same place by the same identity are counted as one of them.
type StoreUse struct {
	// Store is its kind and name, such as `SecretStore "aws" in namespace "shop"`.
	Store    string `json:"store"`
	Requests int    `json:"requests"`
	// Retries are requests that were made again after a failure, Throttles those that were refused for being too many.
	Retries   int `json:"retries,omitempty"`
	Throttles int `json:"throttles,omitempty"`
	// Seconds that the answers took, of all requests and of the slowest.
	TotalSeconds float64 `json:"totalSeconds"`
	MaxSeconds   float64 `json:"maxSeconds"`
}

// Count tells how many results have the outcome.
func (r Report) Count(outcome Outcome) int {
	n := 0
	for _, result := range r.Results {
		if result.Outcome == outcome {
			n++
		}
	}
	return n
}

// Failed tells whether anything has failed, be it an ExternalSecret or a ClusterExternalSecret.
func (r Report) Failed() bool {
	return r.Count(Failed) > 0 ||
		slices.ContainsFunc(r.ClusterExternalSecrets, func(c fanout.Result) bool { return c.Outcome == fanout.Failed })
}

// Counts counts the results by outcome; outcomes that did not occur are absent.
func (r Report) Counts() map[Outcome]int {
	counts := map[Outcome]int{}
	for _, result := range r.Results {
		counts[result.Outcome]++
	}
	return counts
}

func (r *Report) sort() {
	slices.SortFunc(r.Results, func(a, b Result) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
	slices.Sort(r.Notes)
}

// addStats adds what a reader of a store has done.
func (r *Report) addStats(store string, stats provider.Stats) {
	if r.Requests == nil {
		r.Requests = map[string]int{}
	}
	use := StoreUse{
		Store: store, Retries: stats.Retries, Throttles: stats.Throttles,
		TotalSeconds: stats.Latency.Total.Seconds(), MaxSeconds: stats.Latency.Max.Seconds(),
	}
	for operation, n := range stats.Requests {
		r.Requests[operation] += n
		use.Requests += n
	}
	r.Stores = AddStoreUse(r.Stores, use)
}

// AddStoreUse adds what was asked of a store to what was asked of the same store before. A store that was asked for nothing is
// left out.
func AddStoreUse(all []StoreUse, use StoreUse) []StoreUse {
	if use.Requests == 0 {
		return all
	}
	at, ok := slices.BinarySearchFunc(all, use.Store, func(s StoreUse, name string) int { return strings.Compare(s.Store, name) })
	if !ok {
		return slices.Insert(all, at, use)
	}
	sum := &all[at]
	sum.Requests += use.Requests
	sum.Retries += use.Retries
	sum.Throttles += use.Throttles
	sum.TotalSeconds += use.TotalSeconds
	sum.MaxSeconds = max(sum.MaxSeconds, use.MaxSeconds)
	return all
}
