package core

import (
	"context"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
)

// search makes the distinct searches of the tasks before anything is read, so that what they come upon is read together
// with what others name.
func (p *pass) search(ctx, work context.Context, tasks []*task) {
	searches := fetch.Searches{}
	asked := map[*task]map[string]fetch.SearchKey{}
	for _, t := range tasks {
		for _, read := range t.reads {
			if read.Find == nil {
				continue
			}
			if asked[t] == nil {
				asked[t] = map[string]fetch.SearchKey{}
			}
			asked[t][read.Path] = searches.Add(read.Identity, read.Find)
		}
	}
	results := fetch.Search(ctx, work, searches, p.readers.Open)
	for t, keys := range asked {
		t.found = make(map[string]fetch.SearchResult, len(keys))
		for path, key := range keys {
			t.found[path] = results[key]
		}
	}
}
