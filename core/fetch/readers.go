package fetch

import (
	"context"
	"sync"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// closeWithin is how long readers may take to close: what they give back ends by itself some day.
const closeWithin = 5 * time.Second

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

// Close closes each reader that was opened and is a provider.Closer, all at the same time, and tells by identity what failed. It goes
// on where ctx is done, and is for when nothing is read any more.
func (r *Readers) Close(ctx context.Context) map[string]error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	var (
		mu      sync.Mutex
		closing sync.WaitGroup
	)
	failed := map[string]error{}
	for identity, o := range r.known {
		closer, ok := o.reader.(provider.Closer)
		if !ok {
			continue
		}
		closing.Go(func() {
			if err := closer.Close(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[identity] = err
			}
		})
	}
	closing.Wait()
	return failed
}
