package traffic

import (
	"cmp"
	"net/http"
	"slices"
	"sync"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// Fault makes requests fail.
type Fault struct {
	Operation string `json:"op,omitempty"` // such as "secretsmanager.GetSecretValue"; empty for all
	Code      string `json:"code"`
	Message   string `json:"message,omitempty"`
	Status    int    `json:"status,omitempty"` // HTTP status, default 400
	Times     int    `json:"n,omitempty"`      // requests that fail, default 1
	// Secret limits the fault to reading the secret or parameter of this name: one read fails, or one item of a batch. A batch of
	// parameters, which has no errors of items, fails as a whole.
	Secret string `json:"secret,omitempty"`
}

// Faults are the faults still to happen, first come first served. They are safe for concurrent use.
type Faults struct {
	mu      sync.Mutex
	pending []Fault
}

// Add plans a fault.
func (f *Faults) Add(fault Fault) {
	fault.Status = cmp.Or(fault.Status, http.StatusBadRequest)
	fault.Times = cmp.Or(fault.Times, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = append(f.pending, fault)
}

// Reset forgets the faults that have not happened.
func (f *Faults) Reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = nil
}

// OnRequest returns the fault of a whole request, or nil.
func (f *Faults) OnRequest(operation string) error { return f.take(operation, "") }

// OnSecret returns the fault of reading one secret, or nil.
func (f *Faults) OnSecret(operation, name string) error { return f.take(operation, name) }

func (f *Faults) take(operation, secret string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.pending, func(p Fault) bool {
		return p.Secret == secret && (p.Operation == "" || p.Operation == operation)
	})
	if at < 0 {
		return nil
	}
	fault := f.pending[at]
	if f.pending[at].Times--; f.pending[at].Times == 0 {
		f.pending = slices.Delete(f.pending, at, at+1)
	}
	return &wire.Error{Code: fault.Code, Message: fault.Message, Status: fault.Status}
}
