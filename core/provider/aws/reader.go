package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// service is what AWS's services for secrets differ in.
type service interface {
	// nameInBatch is what tells a ref's answer from the others of a batch; ok is false for a ref that a batch can't ask for.
	nameInBatch(ref provider.Ref) (name string, ok bool)
	// readOne makes a request for one ref.
	readOne(ctx context.Context, ref provider.Ref) provider.Answer
	// readBatch makes a request for refs of different names, or more where the service pages its answer. What fails for one ref is
	// that ref's answer, an error the batch's own; a ref may stay without an answer.
	readBatch(ctx context.Context, refs []provider.Ref) (map[provider.Ref]provider.Answer, error)
	// Find is that of provider.Finder.
	Find(ctx context.Context, find *api.Find) ([]provider.Found, error)
}

// reader reads one region as one identity: it implements provider.Reader and, by its service, provider.Finder.
type reader struct {
	service
	meter *provider.Meter
	// caller is whom the service takes the reader for.
	caller *sts.Client
	// size is how many refs a batch takes.
	size int
	// allOrNone is set for a service that denies a batch over one ref that may not be read.
	allOrNone bool

	mu sync.Mutex
	// unbatched is set once the batch action turns out not to be permitted.
	unbatched bool
	notes     []string
}

// Plan implements provider.Reader: as many as a batch takes, each name once, and alone what a batch can't ask for.
func (r *reader) Plan(refs []provider.Ref) [][]provider.Ref {
	type batch struct {
		group int
		names []string
	}
	var groups [][]provider.Ref
	var open []batch // those that have room
	for _, ref := range refs {
		name, ok := r.nameInBatch(ref)
		if !ok {
			groups = append(groups, []provider.Ref{ref})
			continue
		}
		at := slices.IndexFunc(open, func(b batch) bool { return !slices.Contains(b.names, name) })
		if at < 0 {
			at = len(open)
			open = append(open, batch{group: len(groups)})
			groups = append(groups, nil)
		}
		b := &open[at]
		b.names = append(b.names, name)
		groups[b.group] = append(groups[b.group], ref)
		if len(b.names) == r.size {
			open = slices.Delete(open, at, at+1)
		}
	}
	return groups
}

// Read implements provider.Reader.
func (r *reader) Read(ctx context.Context, group []provider.Ref) []provider.Answer {
	if len(group) == 1 || r.isUnbatched() {
		return r.readEach(ctx, group)
	}
	batch, err := r.readBatch(ctx, group)
	switch kind := provider.KindOf(err); {
	case err == nil:
		return r.complete(ctx, group, batch)
	case kind == provider.Unsupported, isDenial(err) && !r.allOrNone:
		r.stopBatching(err)
		return r.readEach(ctx, group)
	case isDenial(err):
		answers := r.readEach(ctx, group)
		if !slices.ContainsFunc(answers, func(a provider.Answer) bool { return provider.KindOf(a.Err) == provider.Denied }) {
			r.stopBatching(err) // each of them may be read: it is the action that is not permitted
		}
		return answers
	case kind == provider.Invalid || kind == provider.NotFound || kind == provider.Denied:
		// One ref that the service won't parse, find or decrypt fails the whole batch: single reads tell which.
		return r.readEach(ctx, group)
	default:
		return same(len(group), err)
	}
}

// Stats implements provider.Reader.
func (r *reader) Stats() provider.Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	stats := r.meter.Stats()
	stats.Notes = slices.Clone(r.notes)
	return stats
}

func (r *reader) readEach(ctx context.Context, group []provider.Ref) []provider.Answer {
	answers := make([]provider.Answer, len(group))
	for i, ref := range group {
		answers[i] = r.readOne(ctx, ref)
	}
	return answers
}

// complete puts a batch's answers in order. Silence is not absence, and a passing fault of one ref in a batch was not retried:
// such refs are asked for alone.
func (r *reader) complete(ctx context.Context, group []provider.Ref, batch map[provider.Ref]provider.Answer) []provider.Answer {
	answers := make([]provider.Answer, len(group))
	for i, ref := range group {
		answer, ok := batch[ref]
		if !ok || isTransient(answer.Err) {
			answer = r.readOne(ctx, ref)
		}
		answers[i] = answer
	}
	return answers
}

func (r *reader) isUnbatched() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unbatched
}

// stopBatching makes the rest of the run read one by one, and says so once.
func (r *reader) stopBatching(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unbatched {
		return
	}
	r.unbatched = true
	r.notes = append(r.notes, fmt.Sprintf("secrets are read one by one, up to %d times the requests: %v", r.size, cause))
}

func same(n int, err error) []provider.Answer {
	return slices.Repeat([]provider.Answer{{Err: err}}, n)
}

// metadata is the answer to a Ref.Metadata: the tags as a JSON object, in the order of their keys.
func metadata(tags map[string]string) provider.Answer {
	text, err := json.Marshal(tags)
	if err != nil {
		return provider.Answer{Err: fmt.Errorf("encode the tags: %w", err)}
	}
	return provider.Answer{Value: secret.New(text)}
}
