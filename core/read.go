package core

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// searchedAtOnce is how many stores are searched at the same time.
const searchedAtOnce = 32

// origin is a store identity, and the tasks that read it, most urgent first.
type origin struct {
	identity string
	tasks    []*task
	searches fetch.Searches
}

// read reads what the tasks need, and hands each on once its last answer has come. A store is searched before it is read, so that what
// a search comes upon is read together with what others name; other stores do not wait for that.
func (p *pass) read(ctx, work context.Context, tasks []*task, ready chan<- *task) {
	var named []*origin
	var searched errgroup.Group
	searched.SetLimit(searchedAtOnce)
	origins := originsOf(tasks)
	for _, t := range tasks {
		if t.unknown == 0 {
			ready <- t
		}
	}
	for _, s := range origins {
		if len(s.searches) == 0 {
			named = append(named, s)
		}
	}
	searched.Go(func() error {
		p.readFrom(ctx, work, named, ready)
		return nil
	})
	for _, s := range origins {
		if len(s.searches) == 0 {
			continue
		}
		searched.Go(func() error {
			s.search(ctx, work, p.readers.Open)
			p.readFrom(ctx, work, []*origin{s}, ready)
			return nil
		})
	}
	_ = searched.Wait() // failures are answers
}

// originsOf are what tasks read, in the order of first mention. Each task learns how many there are that it reads.
func originsOf(tasks []*task) []*origin {
	var origins []*origin
	of := map[string]*origin{}
	for _, t := range tasks {
		if t.invalid != nil {
			continue
		}
		mentioned := map[*origin]bool{}
		for _, read := range t.reads {
			if read.Generator != nil {
				continue
			}
			s := of[read.Identity]
			if s == nil {
				s = &origin{identity: read.Identity, searches: fetch.Searches{}}
				of[read.Identity] = s
				origins = append(origins, s)
			}
			if read.Find != nil {
				s.searches.Add(read.Identity, read.Find)
			}
			if !mentioned[s] {
				mentioned[s] = true
				s.tasks = append(s.tasks, t)
			}
		}
		t.unknown = len(mentioned)
		t.answers = map[fetch.Key]provider.Answer{}
	}
	return origins
}

// search makes the searches, and gives each task what its own have come upon.
func (s *origin) search(ctx, work context.Context, open fetch.Opener) {
	results := fetch.Search(ctx, work, s.searches, open)
	for _, t := range s.tasks {
		t.mu.Lock()
		for _, read := range t.reads {
			if read.Find != nil && read.Identity == s.identity {
				if t.found == nil {
					t.found = map[string]fetch.SearchResult{}
				}
				t.found[read.Path] = results[s.searches.Add(read.Identity, read.Find)]
			}
		}
		t.mu.Unlock()
	}
}

// readFrom reads what tasks need of origins whose searches have been made.
func (p *pass) readFrom(ctx, work context.Context, origins []*origin, ready chan<- *task) {
	waiting := map[fetch.Key][]*task{}
	var keys []fetch.Key
	for _, s := range origins {
		for _, t := range s.tasks {
			mine := t.keysOf(s.identity)
			for _, key := range mine {
				if waiting[key] == nil {
					keys = append(keys, key)
				}
				waiting[key] = append(waiting[key], t)
			}
			if t.await(len(mine)) {
				ready <- t
			}
		}
	}
	fetch.Run(ctx, work, keys, p.readers.Open, func(key fetch.Key, answer provider.Answer) {
		for _, t := range waiting[key] {
			if t.answer(key, answer) {
				ready <- t
			}
		}
	})
}
