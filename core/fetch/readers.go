package fetch

import (
	"context"
	"sync"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// Readers opens the reader of each store identity of a run once, for searches and reads alike.
type Readers struct {
	open Opener

	mu    sync.Mutex
	known map[string]*opened
}

type opened struct {
	once   sync.Once
	reader provider.Reader
	err    error
}

// NewReaders opens readers with open.
func NewReaders(open Opener) *Readers { return &Readers{open: open, known: map[string]*opened{}} }

// Open is an Opener.
func (r *Readers) Open(ctx context.Context, identity string) (provider.Reader, error) {
	r.mu.Lock()
	o, ok := r.known[identity]
	if !ok {
		o = &opened{}
		r.known[identity] = o
	}
	r.mu.Unlock()
	o.once.Do(func() { o.reader, o.err = r.open(ctx, identity) })
	return o.reader, o.err
}

// Stats tells what each reader has done so far, by identity. It is for when nothing is being opened any more.
func (r *Readers) Stats() map[string]provider.Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	stats := make(map[string]provider.Stats, len(r.known))
	for identity, o := range r.known {
		if o.reader != nil {
			stats[identity] = o.reader.Stats()
		}
	}
	return stats
}
