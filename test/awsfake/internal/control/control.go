// Package control is the other side of the endpoint, for tests and demos: HTTP under /_fake/ with JSON bodies by which keys, roles,
// secrets and disturbances are set up and counters are read. It has no authentication and answers this machine only. What the
// settings do is decided in the packages they belong to.
package control

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/traffic"
)

// Prefix of every path here.
const Prefix = "/_fake/"

// Door is what can be controlled of any endpoint, also of one in front of a foreign server.
type Door struct {
	Identities *identity.Registry
	Counters   *traffic.Counters
	Faults     *traffic.Faults
	Pace       *traffic.Pace
	Clock      *traffic.Clock
}

// NewMux returns a mux that answers what every door has, but for reset, which depends on what is behind it:
//
//	POST keys      identity.Key          adds an access key
//	POST expire    {"seconds"}           shortens temporary credentials: open ones at once, later ones unless 0
//	POST clock     {"ahead"}             puts the clock of the endpoint ahead by seconds, or behind
//	POST latency   {"op","ms"}           makes an operation, or all others, take that long
//	POST throttle  {"op","rps"}          limits an operation to requests a second, 0 lifts the limit
//	POST fault     traffic.Fault         makes the next requests fail
//	GET  counters  traffic.Counts
//	GET  sessions  [identity.Session]
func (d Door) NewMux() *http.ServeMux {
	mux := http.NewServeMux()
	Post(mux, "keys", func(k identity.Key) error {
		if k.ID == "" || k.Secret == "" {
			return fmt.Errorf("a key needs accessKeyId and secretAccessKey")
		}
		d.Identities.PutKey(k)
		return nil
	})
	Post(mux, "expire", func(in struct {
		Seconds float64 `json:"seconds"`
	}) error {
		d.Identities.Expire(time.Duration(in.Seconds * float64(time.Second)))
		return nil
	})
	d.disturbances(mux)
	Get(mux, "counters", d.Counters.Read)
	Get(mux, "sessions", d.Identities.Sessions)
	return mux
}

func (d Door) disturbances(mux *http.ServeMux) {
	Post(mux, "clock", func(in struct {
		Ahead float64 `json:"ahead"`
	}) error {
		d.Clock.Set(time.Duration(in.Ahead * float64(time.Second)))
		return nil
	})
	Post(mux, "latency", func(in struct {
		Operation string  `json:"op"`
		Millis    float64 `json:"ms"`
	}) error {
		d.Pace.Delay(in.Operation, time.Duration(in.Millis*float64(time.Millisecond)))
		return nil
	})
	Post(mux, "throttle", func(in struct {
		Operation string  `json:"op"`
		PerSecond float64 `json:"rps"`
	}) error {
		if in.Operation == "" {
			return fmt.Errorf("a throttle needs an op")
		}
		d.Pace.Limit(in.Operation, in.PerSecond)
		return nil
	})
	Post(mux, "fault", func(f traffic.Fault) error {
		if f.Code == "" {
			return fmt.Errorf("a fault needs a code")
		}
		d.Faults.Add(f)
		return nil
	})
	Post(mux, "fault/clear", func(struct{}) error {
		d.Faults.Reset()
		return nil
	})
}

// Reset sets the counters to zero and, when all is true, forgets keys, roles, sessions, denials and disturbances.
func (d Door) Reset(all bool) {
	d.Counters.Reset()
	if all {
		d.Identities.Reset()
		d.Faults.Reset()
		d.Pace.Reset()
		d.Clock.Set(0)
	}
}

// Post adds a path that takes a JSON body, strictly: an unknown member is an error of the test that sends it.
func Post[T any](mux *http.ServeMux, path string, set func(T) error) {
	mux.HandleFunc("POST "+Prefix+path, func(w http.ResponseWriter, r *http.Request) {
		var in T
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&in); err != nil {
			http.Error(w, "decode the body: "+err.Error(), http.StatusBadRequest)
			return
		}
		if err := set(in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// Get adds a path that answers with JSON.
func Get[T any](mux *http.ServeMux, path string, get func() T) {
	mux.HandleFunc("GET "+Prefix+path, func(w http.ResponseWriter, _ *http.Request) {
		body, err := json.Marshal(get())
		if err != nil {
			http.Error(w, "encode the answer: "+err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // a client that has gone away is not our error
	})
}

// Split sends what is under Prefix to the control mux, for clients on this machine only, and everything else to the AWS side.
func Split(mux, aws http.Handler) http.Handler {
	outer := http.NewServeMux()
	outer.Handle("/", aws)
	outer.HandleFunc(Prefix, func(w http.ResponseWriter, r *http.Request) {
		if !fromHere(r) {
			http.Error(w, "the control side answers clients on its own machine only", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
	return outer
}

// fromHere tells whether a request is from this machine: from a loopback address, or from the very address it was sent to, which
// is what a client has that reaches an address of its own machine.
func fromHere(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	from := net.ParseIP(host)
	to, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return from.IsLoopback() || ok && to.IP.Equal(from)
}
