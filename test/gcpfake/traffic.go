package main

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// traffic notes what is asked for, and disturbs it.
type traffic struct {
	mu       sync.Mutex
	requests []string
	faults   []*fault
	delay    time.Duration
	// now is how many are under way, and most how many there were since it was asked last.
	now, most int
}

// fault answers requests in the place of whom they are for.
type fault struct {
	// Request is what the note of a request begins with, such as "secretmanager.googleapis.com GET /v1/projects/shop/secrets/db".
	Request string            `json:"request"`
	Status  int               `json:"status"`
	Header  map[string]string `json:"header"`
	Body    string            `json:"body"`
	// Times is how often; then it is over.
	Times int `json:"times"`
}

// pass notes a request, holds it up and returns what is to be answered in the place of whom it is for, if anything.
func (t *traffic) pass(host string, r *http.Request) *fault {
	t.mu.Lock()
	t.now++
	t.most = max(t.most, t.now)
	delay := t.delay
	t.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now--
	note := host + " " + r.Method + " " + r.URL.RequestURI()
	t.requests = append(t.requests, note)
	for _, f := range t.faults {
		if f.Times > 0 && strings.HasPrefix(note, f.Request) {
			f.Times--
			return f
		}
	}
	return nil
}

// taken are the notes, which are forgotten with it.
func (t *traffic) taken() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.requests
	t.requests = nil
	return taken
}

// slow makes each request take so long.
func (t *traffic) slow(delay time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.delay = delay
}

// atOnce is how many requests there were at the same time since it was asked last.
func (t *traffic) atOnce() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	most := t.most
	t.most = t.now
	return most
}

func (t *traffic) disturb(f *fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f == nil {
		t.faults = nil
		return
	}
	t.faults = append(t.faults, f)
}

func (f *fault) answer(w http.ResponseWriter) {
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body)
}
