package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// shelf is a store that holds every key under the value "IDENTITY/KEY", a few in one request.
type shelf struct {
	identity string
	size     int
	// during, if set, is called in each request.
	during func(ctx context.Context)
	// owes is how many answers of each request are held back.
	owes int

	mu          sync.Mutex
	requests    [][]provider.Ref
	atOnce, top int
}

func (s *shelf) Plan(refs []provider.Ref) [][]provider.Ref {
	var groups [][]provider.Ref
	for len(refs) > 0 {
		n := min(s.size, len(refs))
		groups = append(groups, refs[:n])
		refs = refs[n:]
	}
	return groups
}

func (s *shelf) Read(ctx context.Context, group []provider.Ref) []provider.Answer {
	s.mu.Lock()
	s.requests = append(s.requests, group)
	s.atOnce++
	s.top = max(s.top, s.atOnce)
	s.mu.Unlock()
	if s.during != nil {
		s.during(ctx)
	}
	s.mu.Lock()
	s.atOnce--
	s.mu.Unlock()
	var answers []provider.Answer
	for _, ref := range group[:len(group)-s.owes] {
		answers = append(answers, provider.Answer{Value: secret.FromString(s.identity + "/" + ref.Key)})
	}
	return answers
}

func (s *shelf) Stats() provider.Stats {
	return provider.Stats{Requests: map[string]int{"Read": len(s.requests)}}
}

// tally takes answers in.
type tally struct {
	mu      sync.Mutex
	answers map[fetch.Key][]provider.Answer
	order   []string
}

func (a *tally) deliver(key fetch.Key, answer provider.Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answers == nil {
		a.answers = map[fetch.Key][]provider.Answer{}
	}
	a.answers[key] = append(a.answers[key], answer)
	a.order = append(a.order, key.Ref.Key)
}

// assertOnce checks that each of keys was answered, and once.
func (a *tally) assertOnce(t *testing.T, keys []fetch.Key) {
	t.Helper()
	distinct := map[fetch.Key]bool{}
	for _, key := range keys {
		distinct[key] = true
		assert.Len(t, a.answers[key], 1, "%s %s", key.Identity, key.Ref.Key)
	}
	assert.Len(t, a.answers, len(distinct))
}

func keysOf(identity string, n int) []fetch.Key {
	var keys []fetch.Key
	for i := range n {
		keys = append(keys, fetch.Key{Identity: identity, Ref: provider.Ref{Key: fmt.Sprintf("%s-%03d", identity, i)}})
	}
	return keys
}

func opens(shelves ...*shelf) fetch.Opener {
	return func(_ context.Context, identity string) (provider.Reader, error) {
		for _, s := range shelves {
			if s.identity == identity {
				return s, nil
			}
		}
		return nil, errors.New("no such store")
	}
}

func TestRunReads(t *testing.T) {
	t.Run("each distinct secret once, however often it is asked for", func(t *testing.T) {
		a, b := &shelf{identity: "a", size: 20}, &shelf{identity: "b", size: 20}
		keys := append(keysOf("a", 30), keysOf("b", 5)...)
		asked := append(append([]fetch.Key{}, keys...), keys...)
		var got tally
		readers := fetch.NewReaders(opens(a, b))
		fetch.Run(t.Context(), t.Context(), asked, readers.Open, got.deliver)
		stats := readers.Stats()
		got.assertOnce(t, keys)
		assert.Equal(t, 2, stats["a"].Requests["Read"])
		assert.Equal(t, 1, stats["b"].Requests["Read"])
		assert.Equal(t, "a/a-007", string(got.answers[keys[7]][0].Value.Reveal()))
		assert.Equal(t, "b/b-004", string(got.answers[keys[34]][0].Value.Reveal()))
	})
	t.Run("versions of a secret as different secrets", func(t *testing.T) {
		a := &shelf{identity: "a", size: 20}
		keys := []fetch.Key{{Identity: "a", Ref: provider.Ref{Key: "k"}}, {Identity: "a", Ref: provider.Ref{Key: "k", Version: "old"}}}
		var got tally
		fetch.Run(t.Context(), t.Context(), keys, opens(a), got.deliver)
		got.assertOnce(t, keys)
	})
	t.Run("nothing without a request, and without opening a store", func(t *testing.T) {
		readers := fetch.NewReaders(opens())
		fetch.Run(t.Context(), t.Context(), nil, readers.Open, func(fetch.Key, provider.Answer) { t.Error("an answer to nothing") })
		assert.Empty(t, readers.Stats())
	})
	t.Run("in the order of the keys", func(t *testing.T) {
		a := &shelf{identity: "a", size: 2}
		keys := keysOf("a", 6)
		keys[0], keys[5] = keys[5], keys[0]
		var got tally
		fetch.Run(t.Context(), t.Context(), keys, opens(a), got.deliver)
		require.Len(t, a.requests, 3)
		var groups []provider.Ref
		for _, request := range a.Plan(refsOf(keys)) {
			groups = append(groups, request[0])
		}
		var first []provider.Ref
		for _, request := range a.requests {
			first = append(first, request[0])
		}
		assert.ElementsMatch(t, groups, first, "groups are cut in the order of the keys")
	})
}

func refsOf(keys []fetch.Key) []provider.Ref {
	var refs []provider.Ref
	for _, key := range keys {
		refs = append(refs, key.Ref)
	}
	return refs
}

func TestRunBounds(t *testing.T) {
	t.Run("the requests of a store at once, and uses that bound", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := &shelf{identity: "a", size: 1, during: func(context.Context) { time.Sleep(time.Second) }}
			var got tally
			fetch.Run(t.Context(), t.Context(), keysOf("a", 40), opens(a), got.deliver)
			assert.Equal(t, 8, a.top)
			assert.Len(t, a.requests, 40)
		})
	})
	t.Run("the requests of a store per second", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := &shelf{identity: "a", size: 1}
			var got tally
			began := time.Now()
			fetch.Run(t.Context(), t.Context(), keysOf("a", 150), opens(a), got.deliver)
			assert.InDelta(t, 2, time.Since(began).Seconds(), 0.1, "50 at once, then 50 a second")
		})
	})
	t.Run("the stores that are open at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			atOnce, top := 0, 0
			open := func(_ context.Context, identity string) (provider.Reader, error) {
				mu.Lock()
				atOnce++
				top = max(top, atOnce)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				atOnce--
				mu.Unlock()
				return &shelf{identity: identity, size: 1}, nil
			}
			var keys []fetch.Key
			for i := range 100 {
				keys = append(keys, keysOf(fmt.Sprint("store", i), 1)...)
			}
			var got tally
			fetch.Run(t.Context(), t.Context(), keys, open, got.deliver)
			got.assertOnce(t, keys)
			assert.Equal(t, 32, top)
		})
	})
	t.Run("a slow store only for itself", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			slow := &shelf{identity: "slow", size: 1, during: func(context.Context) { time.Sleep(time.Hour) }}
			fast := &shelf{identity: "fast", size: 1}
			var got tally
			fetch.Run(t.Context(), t.Context(), append(keysOf("slow", 1), keysOf("fast", 3)...), opens(slow, fast), got.deliver)
			assert.Equal(t, "slow-000", got.order[3])
		})
	})
}

func TestRunFails(t *testing.T) {
	t.Run("all secrets of a store that can't be opened, and no other", func(t *testing.T) {
		a := &shelf{identity: "a", size: 20}
		keys := append(keysOf("broken", 3), keysOf("a", 3)...)
		var got tally
		readers := fetch.NewReaders(opens(a))
		fetch.Run(t.Context(), t.Context(), keys, readers.Open, got.deliver)
		stats := readers.Stats()
		got.assertOnce(t, keys)
		for _, key := range keys[:3] {
			require.EqualError(t, got.answers[key][0].Err, "no such store")
		}
		for _, key := range keys[3:] {
			require.NoError(t, got.answers[key][0].Err)
		}
		assert.NotContains(t, stats, "broken")
	})
	t.Run("the secrets that a provider forgets to answer", func(t *testing.T) {
		a := &shelf{identity: "a", size: 2, owes: 1}
		keys := keysOf("a", 4)
		var got tally
		fetch.Run(t.Context(), t.Context(), keys, opens(a), got.deliver)
		got.assertOnce(t, keys)
		require.NoError(t, got.answers[keys[0]][0].Err)
		require.ErrorContains(t, got.answers[keys[1]][0].Err, "no answer")
	})
}

func TestRunStops(t *testing.T) {
	stopped := func(got *tally) (n int) {
		for _, answers := range got.answers {
			if errors.Is(answers[0].Err, fetch.ErrStopped) {
				n++
			}
		}
		return n
	}
	t.Run("before it opens a store when intake is done already", func(t *testing.T) {
		intake, cancel := context.WithCancel(t.Context())
		cancel()
		keys := keysOf("a", 5)
		var got tally
		fetch.Run(intake, t.Context(), keys, func(context.Context, string) (provider.Reader, error) {
			t.Error("a store was opened")
			return nil, errors.New("opened")
		}, got.deliver)
		got.assertOnce(t, keys)
		assert.Equal(t, 5, stopped(&got))
	})
	t.Run("to take in more, and finishes what is in flight", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			intake, cancel := context.WithCancel(t.Context())
			a := &shelf{identity: "a", size: 1, during: func(work context.Context) {
				time.Sleep(time.Minute)
				assert.NoError(t, work.Err(), "work goes on")
			}}
			time.AfterFunc(time.Second, cancel)
			keys := keysOf("a", 30)
			var got tally
			fetch.Run(intake, t.Context(), keys, opens(a), got.deliver)
			got.assertOnce(t, keys)
			assert.Len(t, a.requests, 8)
			assert.Equal(t, 22, stopped(&got))
		})
	})
	t.Run("while it waits for its pace", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			intake, cancel := context.WithCancel(t.Context())
			a := &shelf{identity: "a", size: 1}
			time.AfterFunc(time.Second, cancel)
			keys := keysOf("a", 1000)
			var got tally
			began := time.Now()
			fetch.Run(intake, t.Context(), keys, opens(a), got.deliver)
			got.assertOnce(t, keys)
			assert.Equal(t, time.Second, time.Since(began))
			assert.InDelta(t, 900, stopped(&got), 2)
		})
	})
}
