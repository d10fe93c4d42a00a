package linger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

// source is an API server that lists what it has, and hands out the events that a test sends.
type source struct {
	mu     sync.Mutex
	list   []string
	events chan func(func(watch.EventType, json.RawMessage)) error
}

func (s *source) ListVersion(_ context.Context, _, _ string, _ kube.Selector, page func([]json.RawMessage) error) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var items []json.RawMessage
	for _, item := range s.list {
		items = append(items, json.RawMessage(item))
	}
	return "1", page(items)
}

func (s *source) Watch(ctx context.Context, _, _ string, _ kube.Selector, _ string, each func(watch.EventType, json.RawMessage)) (string, error) {
	for {
		select {
		case <-ctx.Done():
			return "1", nil
		case do := <-s.events:
			if err := do(each); err != nil {
				return "1", err
			}
		}
	}
}

// object is an ExternalSecret of shop. synced is that of its status; "" means never.
func object(name string, generation int, synced, more string) string {
	status := ""
	if synced != "" {
		status = fmt.Sprintf(`,"status":{"syncedResourceVersion":%q,"refreshTime":%q}`, synced, time.Now().UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf(`{"metadata":{"namespace":"shop","name":%q,"uid":"u-%s","generation":%d},"spec":{%s}%s}`, name, name, generation, more, status)
}

// lingering runs over a source, and tells the names of each small pass. outcome makes what came of them.
func lingering(t *testing.T, s *source, before []core.Result, shard resolve.Shard, outcome func(name string) core.Result) (passes <-chan []string, result <-chan error) {
	t.Helper()
	seen, ended := make(chan []string, 100), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() {
		ended <- Run(ctx, Config{
			Source: s, Before: before, Scope: resolve.Scope{Shard: shard}, Log: slog.New(slog.DiscardHandler),
			Sync: func(_ context.Context, names []types.NamespacedName) []core.Result {
				var texts []string
				var results []core.Result
				for _, name := range names {
					texts = append(texts, name.Name)
					r := outcome(name.Name)
					r.Namespace, r.Name = name.Namespace, name.Name
					results = append(results, r)
				}
				seen <- texts
				return results
			},
		})
	}()
	return seen, ended
}

func well(string) core.Result { return core.Result{Outcome: core.Updated} }

func next(t *testing.T, passes <-chan []string, within time.Duration) []string {
	t.Helper()
	select {
	case names := <-passes:
		return names
	case <-time.After(within):
		t.Fatal("nothing is synced")
		return nil
	}
}

func none(t *testing.T, passes <-chan []string, during time.Duration) {
	t.Helper()
	select {
	case names := <-passes:
		t.Fatalf("%v are synced", names)
	case <-time.After(during):
	}
}

func TestWhatHasHappenedSinceThePassIsSynced(t *testing.T) {
	t.Parallel()
	current := api.SyncedResourceVersion(1, nil, nil)
	s := &source{events: make(chan func(func(watch.EventType, json.RawMessage)) error), list: []string{
		object("resting", 1, current, ""), object("changed", 2, current, ""), object("new", 1, "", ""), object("failed", 1, "", ""), object("foreign", 1, "", ""),
	}}
	result := func(name string, outcome core.Outcome, reason core.Reason) core.Result {
		return core.Result{Namespace: "shop", Name: name, Outcome: outcome, Reason: reason}
	}
	passes, _ := lingering(t, s, []core.Result{
		result("resting", core.Unchanged, ""), result("changed", core.Created, ""), result("failed", core.Failed, core.ProviderError), result("foreign", core.Skipped, core.OtherClass),
	}, resolve.Shard{}, well)
	assert.Equal(t, []string{"changed", "new"}, next(t, passes, 2*time.Second))
	none(t, passes, 2*time.Second)
	assert.Equal(t, []string{"failed"}, next(t, passes, 8*time.Second), "again, after a while")
	none(t, passes, 3*time.Second)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	current := api.SyncedResourceVersion(1, nil, nil)
	s := &source{events: make(chan func(func(watch.EventType, json.RawMessage)) error), list: []string{object("a", 1, current, "")}}
	var mu sync.Mutex
	outcome := core.Result{Outcome: core.Updated}
	passes, ended := lingering(t, s, []core.Result{{Namespace: "shop", Name: "a", Outcome: core.Unchanged}}, resolve.Shard{}, func(string) core.Result {
		mu.Lock()
		defer mu.Unlock()
		return outcome
	})
	send := func(kind watch.EventType, objects ...string) {
		s.events <- func(each func(watch.EventType, json.RawMessage)) error {
			for _, o := range objects {
				each(kind, json.RawMessage(o))
			}
			return nil
		}
	}
	none(t, passes, 500*time.Millisecond)
	send(watch.Added, object("b", 1, "", ""), object("c", 1, "", ""))
	assert.Equal(t, []string{"b", "c"}, next(t, passes, time.Second), "in one pass")
	send(watch.Modified, object("b", 1, current, ""), object("c", 1, current, ""))
	none(t, passes, 500*time.Millisecond)

	send(watch.Modified, object("a", 2, current, ""))
	assert.Equal(t, []string{"a"}, next(t, passes, time.Second), "its spec has changed")
	send(watch.Modified, object("a", 2, current, ""), object("a", 2, api.SyncedResourceVersion(2, nil, nil), ""))
	none(t, passes, 500*time.Millisecond)

	send(watch.Added, object("gone", 1, "", ""))
	send(watch.Deleted, object("gone", 1, "", ""))
	none(t, passes, 500*time.Millisecond)

	mu.Lock()
	outcome = core.Result{Outcome: core.Failed, Reason: core.GuardRail}
	mu.Unlock()
	send(watch.Added, object("guarded", 1, "", ""))
	assert.Equal(t, []string{"guarded"}, next(t, passes, time.Second))
	send(watch.Modified, object("guarded", 1, "", "")) // its failure is in its status
	none(t, passes, 7*time.Second)

	s.mu.Lock()
	s.list = []string{object("a", 3, current, ""), object("late", 1, "", "")}
	s.mu.Unlock()
	s.events <- func(func(watch.EventType, json.RawMessage)) error { return fmt.Errorf("watch: %w", kube.ErrExpired) }
	assert.Equal(t, []string{"a", "late"}, next(t, passes, 3*time.Second), "what a watch has missed is listed")

	s.events <- func(func(watch.EventType, json.RawMessage)) error { return errors.New("connection refused") }
	send(watch.Added, object("later", 1, "", ""))
	assert.Equal(t, []string{"later"}, next(t, passes, 3*time.Second), "an interruption is no end")

	s.events <- func(func(watch.EventType, json.RawMessage)) error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "externalsecrets"}, "", errors.New("no"))
	}
	require.ErrorContains(t, <-ended, "linger: externalsecrets is forbidden")
}

func TestAShardLingersOverItsOwn(t *testing.T) {
	t.Parallel()
	s := &source{events: make(chan func(func(watch.EventType, json.RawMessage)) error)}
	for i := range 20 {
		s.list = append(s.list, object(fmt.Sprintf("es-%02d", i), 1, "", ""))
	}
	shard := resolve.Shard{Index: 1, Of: 2}
	passes, _ := lingering(t, s, nil, shard, well)
	names := next(t, passes, time.Second)
	assert.NotEmpty(t, names)
	assert.Less(t, len(names), 20)
	for _, name := range names {
		assert.True(t, shard.Holds(types.NamespacedName{Namespace: "shop", Name: name}))
	}
}

func TestState(t *testing.T) {
	now := time.Now()
	last := now.Add(-10 * time.Minute)
	item := func(spec string) resolve.Item {
		text := fmt.Sprintf(`{"metadata":{"name":"a","generation":1},"spec":{%s},"status":{"syncedResourceVersion":%q,"refreshTime":%q}}`,
			spec, api.SyncedResourceVersion(1, nil, nil), last.UTC().Format(time.RFC3339))
		return resolve.Decode(json.RawMessage(text))
	}
	for name, test := range map[string]struct {
		spec string
		next time.Duration // from now; 0 means never
	}{
		"one that rests comes due after its interval":   {`"refreshInterval":"1h"`, 50 * time.Minute},
		"one of an hour says nothing":                   {``, 50 * time.Minute},
		"one that is synced once does not":              {`"refreshInterval":"0"`, 0},
		"nor one that follows its spec":                 {`"refreshPolicy":"OnChange"`, 0},
		"one whose window is closed is looked at again": {`"refreshInterval":"1m","syncWindows":{"kind":"deny","windows":[{"schedule":"* * * * *","duration":"24h"}]}`, closed},
	} {
		t.Run(name, func(t *testing.T) {
			s := &state{}
			assert.False(t, s.see(item(test.spec), now))
			if test.next == 0 {
				assert.Zero(t, s.next)
			} else {
				assert.WithinDuration(t, now.Add(test.next), s.next, 2*time.Second)
			}
		})
	}
	t.Run("failures are tried again, ever more seldom", func(t *testing.T) {
		s := &state{}
		var waits []time.Duration
		for range 9 {
			s.settle(core.Result{Outcome: core.Failed, Reason: core.ProviderError}, now)
			waits = append(waits, s.next.Sub(now))
		}
		assert.Equal(t, 5*time.Second, waits[0])
		assert.Equal(t, 10*time.Second, waits[1])
		assert.Equal(t, 5*time.Minute, waits[8])
		s.settle(core.Result{Outcome: core.Updated}, now)
		s.settle(core.Result{Outcome: core.Failed, Reason: core.ProviderError}, now)
		assert.Equal(t, 5*time.Second, s.next.Sub(now))
		s.settle(core.Result{Outcome: core.Failed, Reason: core.Unsupported}, now)
		assert.Zero(t, s.next, "but not what can't be done")
	})
}
