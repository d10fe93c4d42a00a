package lease

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/object"
)

// server keeps one lease as an API server does: it counts versions, and refuses a write on an older one.
type server struct {
	mu      sync.Mutex
	lease   *coordinationv1.Lease
	version int
	down    bool
	silent  bool // to who reads
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.silent && r.Method == http.MethodGet {
		s.mu.Unlock()
		<-r.Context().Done()
		s.mu.Lock()
		return
	}
	fail := func(code int, reason metav1.StatusReason) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Reason: reason, Code: int32(code)})
	}
	var sent coordinationv1.Lease
	if r.Method != http.MethodGet {
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			fail(http.StatusBadRequest, metav1.StatusReasonBadRequest)
			return
		}
	}
	switch {
	case s.down:
		fail(http.StatusInternalServerError, metav1.StatusReasonInternalError)
		return
	case r.Method == http.MethodPost && s.lease != nil:
		fail(http.StatusConflict, metav1.StatusReasonAlreadyExists)
		return
	case r.Method != http.MethodPost && s.lease == nil:
		fail(http.StatusNotFound, metav1.StatusReasonNotFound)
		return
	case r.Method == http.MethodPut && sent.ResourceVersion != s.lease.ResourceVersion:
		fail(http.StatusConflict, metav1.StatusReasonConflict)
		return
	case r.Method != http.MethodGet:
		s.put(&sent)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.lease)
}

func (s *server) put(lease *coordinationv1.Lease) {
	s.version++
	s.lease = lease.DeepCopy()
	s.lease.ResourceVersion = strconv.Itoa(s.version)
}

// set writes the lease as someone else does, whatever its version.
func (s *server) set(lease *coordinationv1.Lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if lease == nil {
		s.lease = nil
		return
	}
	s.put(lease)
}

func (s *server) holder() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return holderOf(s.lease)
}

func heldBy(holder string, renewed time.Time) *coordinationv1.Lease {
	at, seconds := metav1.NewMicroTime(renewed), int32(1)
	return &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: &at, LeaseDurationSeconds: &seconds}}
}

func lockOn(t *testing.T, s *server, pod string) *Lock {
	t.Helper()
	http := httptest.NewServer(s)
	t.Cleanup(http.Close)
	objects, err := object.New(&rest.Config{Host: http.URL, QPS: -1})
	require.NoError(t, err)
	return &Lock{Objects: objects, Namespace: "system", Name: "runner", Pod: pod, Run: "run-1", Duration: time.Second}
}

func TestAcquire(t *testing.T) {
	const fresh, stale = 0, -time.Hour
	table := time.Now()
	for name, test := range map[string]struct {
		before      *coordinationv1.Lease
		alive       bool // somebody renews it all the while
		held        bool // by another, in the end
		atOnce      bool
		transitions int32
	}{
		"where there is none it is made":                                     {before: nil, atOnce: true, transitions: 1},
		"one that was given back is taken at once":                           {before: heldBy("", table), atOnce: true, transitions: 1},
		"one that another renews is not":                                     {before: heldBy("other-x7k2p_run-0", table.Add(fresh)), held: true, atOnce: true},
		"one that looks stale is taken once nobody has renewed it":           {before: heldBy("other-x7k2p_run-0", table.Add(stale)), transitions: 1},
		"one that looks stale by a clock that is late is not":                {before: heldBy("other-x7k2p_run-0", table.Add(stale)), alive: true, held: true},
		"one of a clock that is early is watched, too":                       {before: heldBy("other-x7k2p_run-0", table.Add(time.Hour)), transitions: 1},
		"one of a dead Pod of the same Job is taken by the Pod after it":     {before: heldBy("runner-29-0-x7k2p_run-0", table.Add(fresh)), transitions: 1},
		"one of a Pod of the same Job that lives on is not":                  {before: heldBy("runner-29-0-x7k2p_run-0", table.Add(fresh)), alive: true, held: true},
		"one of another shard of the same Job is another's":                  {before: heldBy("runner-29-1-x7k2p_run-0", table.Add(fresh)), held: true, atOnce: true},
		"one whose holder says nothing about time is watched for as usual":   {before: &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{HolderIdentity: new("odd"), LeaseDurationSeconds: new(int32(1))}}, transitions: 1},
		"one of a process that is not in a Pod, on the same machine, is not": {before: heldBy("laptop_run-0", table.Add(fresh)), held: true, atOnce: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{}
			if test.before != nil && test.before.Spec.RenewTime != nil { // the table is older than the test
				renewed := metav1.NewMicroTime(test.before.Spec.RenewTime.Add(time.Since(table)))
				test.before.Spec.RenewTime = &renewed
			}
			s.set(test.before)
			lock := lockOn(t, s, "runner-29-0-7vq8b")
			if test.alive {
				stop := make(chan struct{})
				defer close(stop)
				go func() {
					for {
						select {
						case <-stop:
							return
						case <-time.After(300 * time.Millisecond):
							s.set(test.before)
						}
					}
				}()
			}
			began := time.Now()
			err := lock.Acquire(t.Context())
			took := time.Since(began)
			if test.held {
				var held *HeldError
				require.ErrorAs(t, err, &held)
				assert.Equal(t, "system/runner", held.Lease)
				assert.Equal(t, holderOf(test.before), held.Holder)
				assert.Equal(t, holderOf(test.before), s.holder(), "and nothing was written")
			} else {
				require.NoError(t, err)
				assert.Equal(t, "runner-29-0-7vq8b_run-1", s.holder())
				assert.Equal(t, test.transitions, *s.lease.Spec.LeaseTransitions)
			}
			if test.atOnce {
				assert.Less(t, took, 500*time.Millisecond)
			} else if !test.held {
				assert.GreaterOrEqual(t, took, time.Second, "it was watched for as long as it lasts")
			}
		})
	}
	t.Run("of two that come at the same time one gets it", func(t *testing.T) {
		t.Parallel()
		s := &server{}
		results := make(chan error, 2)
		for _, pod := range []string{"a", "b"} {
			lock := lockOn(t, s, pod)
			go func() { results <- lock.Acquire(t.Context()) }()
		}
		failures := 0
		for range 2 {
			if err := <-results; err != nil {
				var held *HeldError
				require.ErrorAs(t, err, &held)
				failures++
			}
		}
		assert.Equal(t, 1, failures)
	})
}

func TestKeep(t *testing.T) {
	keep := func(t *testing.T, s *server) (context.Context, *Kept) {
		t.Helper()
		lock := lockOn(t, s, "pod")
		require.NoError(t, lock.Acquire(t.Context()))
		return lock.Keep(t.Context())
	}
	t.Run("it is renewed, and given back", func(t *testing.T) {
		t.Parallel()
		s := &server{}
		ctx, k := keep(t, s)
		time.Sleep(1500 * time.Millisecond)
		require.NoError(t, ctx.Err())
		require.NoError(t, k.Release(t.Context()))
		require.Error(t, ctx.Err())
		assert.Empty(t, s.holder())
		assert.GreaterOrEqual(t, s.version, 5, "made, renewed three times a second, given back")
	})
	for name, happen := range map[string]func(*server){
		"another holds it":    func(s *server) { s.set(heldBy("thief_run-0", time.Now())) },
		"somebody deletes it": func(s *server) { s.set(nil) },
		"it can't be renewed": func(s *server) { s.mu.Lock(); s.down = true; s.mu.Unlock() },
		"it is touched, and can't be read then": func(s *server) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.silent = true
			s.put(s.lease)
		},
	} {
		t.Run("work ends where "+name, func(t *testing.T) {
			t.Parallel()
			s := &server{}
			ctx, k := keep(t, s)
			happen(s)
			began := time.Now()
			select {
			case <-k.Lost:
			case <-time.After(5 * time.Second):
				t.Fatal("it goes on")
			}
			assert.Less(t, time.Since(began), time.Second, "before another may take it over")
			<-ctx.Done()
			version := s.version
			require.NoError(t, k.Release(t.Context()))
			assert.Equal(t, version, s.version, "what is lost is not written to")
		})
	}
	t.Run("why it is lost is known of a run that was stopped before", func(t *testing.T) {
		t.Parallel()
		s := &server{}
		lock := lockOn(t, s, "pod")
		require.NoError(t, lock.Acquire(t.Context()))
		ctx, stop := context.WithCancel(t.Context())
		_, k := lock.Keep(ctx)
		stop()
		s.set(heldBy("thief_run-0", time.Now()))
		<-k.Lost
		require.ErrorContains(t, k.Err(), "thief_run-0")
	})
	t.Run("it is given back right after somebody has touched it", func(t *testing.T) {
		t.Parallel()
		s := &server{}
		_, k := keep(t, s)
		touched := s.lease.DeepCopy()
		touched.Labels = map[string]string{"seen": "yes"}
		s.set(touched)
		require.NoError(t, k.Release(t.Context()))
		assert.Empty(t, s.holder())
		assert.Equal(t, "yes", s.lease.Labels["seen"])
	})
	t.Run("there is nothing to give back where it is gone", func(t *testing.T) {
		t.Parallel()
		s := &server{}
		_, k := keep(t, s)
		s.set(nil)
		require.NoError(t, k.Release(t.Context()))
	})
	t.Run("there is nothing to give back where another has it", func(t *testing.T) {
		t.Parallel()
		s := &server{}
		_, k := keep(t, s)
		s.set(heldBy("thief_run-0", time.Now()))
		require.NoError(t, k.Release(t.Context()))
		assert.Equal(t, "thief_run-0", s.holder())
	})
	t.Run("that it can't be given back is told", func(t *testing.T) {
		t.Parallel()
		s := &server{}
		_, k := keep(t, s)
		s.mu.Lock()
		s.down = true
		s.mu.Unlock()
		require.Error(t, k.Release(t.Context()))
	})
	t.Run("somebody may touch it", func(t *testing.T) {
		t.Parallel()
		s := &server{}
		ctx, k := keep(t, s)
		s.mu.Lock()
		touched := s.lease.DeepCopy()
		touched.Labels = map[string]string{"seen": "yes"}
		s.put(touched)
		s.mu.Unlock()
		time.Sleep(1200 * time.Millisecond)
		require.NoError(t, ctx.Err())
		require.NoError(t, k.Release(t.Context()))
	})
}
