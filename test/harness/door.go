package harness

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Door is a server that speaks TLS before another one, counts what passes, and may refuse or delay it. It belongs to one test.
type Door struct {
	// URL is where it is, and CA the certificate that it shows, PEM.
	URL string
	CA  []byte

	prefix string

	mu        sync.Mutex
	requests  []string
	faults    []*Fault
	delay     time.Duration
	now, most int
}

// Fault makes a Door refuse requests.
type Fault struct {
	// Path is what the path begins with, behind what all paths begin with.
	Path string
	// Status and Body are what is answered, with these headers.
	Status int
	Body   string
	Header map[string]string
	// Times is how often; then it is over.
	Times int
}

// NewDoor opens a door before inner. prefix is what all paths begin with, and faults and requests do not name.
func NewDoor(t testing.TB, prefix string, inner http.Handler) *Door {
	t.Helper()
	d := &Door{prefix: prefix}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault, delay := d.enter(r)
		defer d.leave()
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
			return
		}
		if fault == nil {
			inner.ServeHTTP(w, r)
			return
		}
		for name, value := range fault.Header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(fault.Status)
		_, _ = io.WriteString(w, fault.Body)
	}))
	t.Cleanup(server.Close)
	d.URL, d.CA = server.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return d
}

// enter notes a request and returns what is to be answered in the server's place, if anything.
func (d *Door) enter(r *http.Request) (*Fault, time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	path := strings.TrimPrefix(r.URL.RequestURI(), d.prefix)
	d.requests = append(d.requests, r.Method+" "+path)
	d.now++
	d.most = max(d.most, d.now)
	for _, fault := range d.faults {
		if fault.Times > 0 && strings.HasPrefix(path, fault.Path) {
			fault.Times--
			return fault, d.delay
		}
	}
	return nil, d.delay
}

func (d *Door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now--
}

// Requests are those that came through the door, such as "GET secret/data/db", and are forgotten with it.
func (d *Door) Requests() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	requests := d.requests
	d.requests = nil
	return requests
}

// Fault makes the door refuse the next requests.
func (d *Door) Fault(fault Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append(d.faults, &fault)
}

// ClearFaults ends all faults.
func (d *Door) ClearFaults() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = nil
}

// Delay holds each request up for so long.
func (d *Door) Delay(delay time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.delay = delay
}

// Most is how many requests there were at the same time since it was asked last.
func (d *Door) Most() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	most := d.most
	d.most = d.now
	return most
}
