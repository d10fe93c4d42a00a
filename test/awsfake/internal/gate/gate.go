// Package gate puts the door in front of a foreign AWS server, which gets signatures, expiry, counters, latency, throttling and faults
// that way. It changes nothing of what the server answers but how long temporary credentials live.
package gate

import (
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/control"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/front"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/traffic"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// New returns a gate in front of the server at backend. It knows no keys at first; the server's own are not asked for.
func New(backend *url.URL) http.Handler {
	door := control.Door{
		Identities: identity.NewRegistry(), Counters: traffic.NewCounters(), Faults: &traffic.Faults{}, Pace: traffic.NewPace(),
		Clock: &traffic.Clock{},
	}
	mux := door.NewMux()
	control.Post(mux, "reset", func(in control.Reset) error {
		door.Reset(in.All)
		return nil
	})
	return control.Split(mux, &front.Door{
		Identities: door.Identities, Counters: door.Counters, Faults: door.Faults, Pace: door.Pace, Clock: door.Clock,
		Backend: proxy{backend, door.Identities},
	})
}

// proxy is the front.Backend that asks another server.
type proxy struct {
	backend    *url.URL
	identities *identity.Registry
}

// Answer implements front.Backend.
func (p proxy) Answer(w http.ResponseWriter, r front.Request) error {
	reverse := httputil.ReverseProxy{
		Rewrite: func(out *httputil.ProxyRequest) {
			out.SetURL(p.backend)
			out.Out.Host = out.In.Host
		},
	}
	if r.Call.Service == wire.STS {
		reverse.ModifyResponse = func(response *http.Response) error { return p.learn(r, response) }
	}
	reverse.ServeHTTP(w, r.HTTP)
	return nil
}
