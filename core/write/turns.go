package write

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// turns makes those who write one Secret do it one after the other: ExternalSecrets that merge into the same Secret would
// lose races against each other otherwise. The zero value is ready for use.
type turns struct {
	mu    sync.Mutex
	locks map[types.NamespacedName]*sync.Mutex
}

// wait waits for the caller's turn with a Secret, which ends with the function that it returns.
func (t *turns) wait(namespace, name string) (end func()) {
	id := types.NamespacedName{Namespace: namespace, Name: name}
	t.mu.Lock()
	if t.locks == nil {
		t.locks = map[types.NamespacedName]*sync.Mutex{}
	}
	lock := t.locks[id]
	if lock == nil {
		lock = &sync.Mutex{}
		t.locks[id] = lock
	}
	t.mu.Unlock()
	lock.Lock()
	return lock.Unlock
}
