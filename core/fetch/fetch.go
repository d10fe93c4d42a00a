// Package fetch reads each distinct remote secret of a run once, however many ExternalSecrets ask for it. It bounds and paces
// the requests a store gets; how many secrets go into one request, and how a request is retried, is the provider's.
package fetch

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/time/rate"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	// storesAtOnce is how many store identities are logged in to and read at the same time.
	storesAtOnce = 32
	// inFlight is how many requests a store identity gets at once.
	inFlight = 8
	// perSecond and burst pace the requests of a store identity: half of the lowest quota that AWS documents for batches.
	perSecond = 50
	burst     = 50
)

// errUnanswered stands in for an answer that a reader owes: the ExternalSecret must fail rather than be forgotten.
var errUnanswered = errors.New("the provider gave no answer for this secret: this is a fault of the program")

// ErrStopped answers the keys that were not asked for any more because the run was told to stop.
var ErrStopped = errors.New("the run was stopped before this secret was read")

// Key names a distinct remote secret of the run.
type Key struct {
	// Identity is the store identity: provider.Provider.Identity with the provider's name.
	Identity string
	Ref      provider.Ref
}

// Opener opens the reader of a store identity.
type Opener func(ctx context.Context, identity string) (provider.Reader, error)

// Run reads keys, most urgent first, and hands each answer to deliver exactly once, from several goroutines. Once intake is
// done no further request is made and the rest is answered with ErrStopped; requests in flight go on under work.
func Run(intake, work context.Context, keys []Key, open Opener, deliver func(Key, provider.Answer)) {
	refs, order := group(keys)
	places := make(chan struct{}, storesAtOnce)
	var stores sync.WaitGroup
	for _, identity := range order {
		places <- struct{}{}
		stores.Go(func() {
			defer func() { <-places }()
			readStore(intake, work, identity, refs[identity], open, deliver)
		})
	}
	stores.Wait()
}

// group collects the distinct refs of each identity and keeps the order of first mention in both.
func group(keys []Key) (refs map[string][]provider.Ref, order []string) {
	refs = map[string][]provider.Ref{}
	seen := make(map[Key]struct{}, len(keys))
	for _, key := range keys {
		if _, ok := seen[key]; ok {
			continue
		}
		seen[key] = struct{}{}
		if _, ok := refs[key.Identity]; !ok {
			order = append(order, key.Identity)
		}
		refs[key.Identity] = append(refs[key.Identity], key.Ref)
	}
	return refs, order
}

func readStore(intake, work context.Context, identity string, refs []provider.Ref, open Opener, deliver func(Key, provider.Answer)) {
	answerAll := func(refs []provider.Ref, err error) {
		for _, ref := range refs {
			deliver(Key{identity, ref}, provider.Answer{Err: err})
		}
	}
	if intake.Err() != nil {
		answerAll(refs, ErrStopped)
		return
	}
	reader, err := open(work, identity)
	if err != nil {
		answerAll(refs, err)
		return
	}
	pace := rate.NewLimiter(perSecond, burst)
	places := make(chan struct{}, inFlight)
	var requests sync.WaitGroup
	for _, refs := range reader.Plan(refs) {
		places <- struct{}{}
		if pace.Wait(intake) != nil {
			<-places
			answerAll(refs, ErrStopped)
			continue
		}
		requests.Go(func() {
			defer func() { <-places }()
			answers := reader.Read(work, refs)
			for i, ref := range refs {
				answer := provider.Answer{Err: errUnanswered}
				if i < len(answers) {
					answer = answers[i]
				}
				deliver(Key{identity, ref}, answer)
			}
		})
	}
	requests.Wait()
}
