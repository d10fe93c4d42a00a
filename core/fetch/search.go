package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// errNoSearch answers a search of a provider that has none.
var errNoSearch = errors.New("the provider of this store can't search: name the secrets in data or in dataFrom.extract")

// Searches are the distinct searches of a run.
type Searches map[SearchKey]*api.Find

// SearchKey names a distinct search: a store identity and what is looked for there.
type SearchKey struct{ Identity, Find string }

// SearchResult is what a search has come upon, or why it failed.
type SearchResult struct {
	Found []provider.Found
	Err   error
}

// Add notes a search and returns its key. Searches that differ only in what is done with the values are the same.
func (s Searches) Add(identity string, find *api.Find) SearchKey {
	bare := &api.Find{Path: find.Path, Name: find.Name, Tags: find.Tags}
	text, _ := json.Marshal(bare) // texts and maps of texts always marshal
	key := SearchKey{Identity: identity, Find: string(text)}
	s[key] = bare
	return key
}

// Search makes each search once, a few at a time, under the same rules as Run.
func Search(intake, work context.Context, searches Searches, open Opener) map[SearchKey]SearchResult {
	var mu sync.Mutex
	results := make(map[SearchKey]SearchResult, len(searches))
	places := make(chan struct{}, inFlight)
	var running sync.WaitGroup
	for key, find := range searches {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			result := SearchResult{Err: ErrStopped}
			if intake.Err() == nil {
				result.Found, result.Err = search(work, key.Identity, find, open)
			}
			mu.Lock()
			defer mu.Unlock()
			results[key] = result
		})
	}
	running.Wait()
	return results
}

func search(ctx context.Context, identity string, find *api.Find, open Opener) ([]provider.Found, error) {
	reader, err := open(ctx, identity)
	if err != nil {
		return nil, err
	}
	finder, ok := reader.(provider.Finder)
	if !ok {
		return nil, errNoSearch
	}
	found, err := finder.Find(ctx, find)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return found, nil
}
