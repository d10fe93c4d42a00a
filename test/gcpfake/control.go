package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// put is a value to store, as a new version where the secret exists.
type put struct {
	// Name is projects/ID[/locations/LOCATION]/secrets/NAME.
	Name        string            `json:"name"`
	Value       []byte            `json:"value"` // null makes a secret without a version
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Aliases     map[string]int64  `json:"aliases"`
}

// state is that of a version from now on: DISABLED, DESTROYED or ENABLED.
type state struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	State   string `json:"state"`
}

// control prepares and disturbs, past all that is checked and counted: each path takes JSON and answers with it.
func (f *fake) control(w http.ResponseWriter, r *http.Request) {
	switch strings.TrimPrefix(r.URL.Path, "/_fake/") {
	case "put":
		take(w, r, func(all []put) (any, error) { return nil, f.putAll(all) })
	case "state":
		take(w, r, func(in state) (any, error) { return nil, f.secrets.setState(in) })
	case "deny":
		take(w, r, func(name string) (any, error) {
			n, err := parseAny(name)
			if err != nil {
				return nil, err
			}
			f.iam.mu.Lock()
			defer f.iam.mu.Unlock()
			f.iam.denied[n.full()] = true
			return nil, nil
		})
	case "refuse":
		take(w, r, func(in struct{ Refusals, Garbled int }) (any, error) {
			f.secrets.mu.Lock()
			defer f.secrets.mu.Unlock()
			f.secrets.refusals, f.secrets.garbled = in.Refusals, in.Garbled
			return nil, nil
		})
	case "bind":
		take(w, r, func(b binding) (any, error) {
			if strings.HasPrefix(b.Resource, "projects/") {
				n, err := parseAny(b.Resource)
				if err != nil {
					return nil, err
				}
				b.Resource = n.parent()
				if n.secret != "" {
					b.Resource = n.full()
				}
			}
			f.iam.bind(b)
			return nil, nil
		})
	case "unbind":
		take(w, r, func(any) (any, error) { f.iam.unbindAll(); return nil, nil })
	case "key":
		take(w, r, func(email string) (any, error) { return f.iam.newKey(email) })
	case "user":
		take(w, r, func(in struct{ Email, Token string }) (any, error) {
			f.iam.mu.Lock()
			defer f.iam.mu.Unlock()
			f.iam.users[in.Token] = in.Email
			return nil, nil
		})
	case "issuer":
		take(w, r, func(in issuer) (any, error) {
			f.iam.mu.Lock()
			defer f.iam.mu.Unlock()
			f.iam.issuers[in.Audience] = in
			return nil, nil
		})
	case "machine":
		take(w, r, func(m machine) (any, error) { f.about.set(m); return nil, nil })
	case "fault":
		take(w, r, func(in *fault) (any, error) { f.traffic.disturb(in); return nil, nil })
	case "slow":
		take(w, r, func(seconds float64) (any, error) {
			f.traffic.slow(time.Duration(seconds * float64(time.Second)))
			return nil, nil
		})
	case "most":
		take(w, r, func(any) (any, error) { return f.traffic.atOnce(), nil })
	case "revoke":
		take(w, r, func(any) (any, error) { f.iam.revokeAll(); return nil, nil })
	case "requests":
		take(w, r, func(any) (any, error) { return f.traffic.taken(), nil })
	default:
		http.NotFound(w, r)
	}
}

// take reads what a control request brings and answers with what comes of it.
func take[T any](w http.ResponseWriter, r *http.Request, do func(T) (any, error)) {
	var in T
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := do(in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer(w, http.StatusOK, out)
}

// parseAny reads a name whatever host serves it.
func parseAny(text string) (name, error) {
	location := ""
	if parts := resource.FindStringSubmatch(text); parts != nil {
		location = parts[2]
	}
	return parse(context.WithValue(context.Background(), locationKey{}, location), text)
}

func (f *fake) putAll(all []put) error {
	s := f.secrets
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range all {
		n, err := parseAny(p.Name)
		if err != nil {
			return err
		}
		if s.all[n.full()] == nil {
			s.all[n.full()] = &stored{secret: &pb.Secret{Name: n.full(), CreateTime: timestamppb.Now(), Etag: `"1"`}}
		}
		into := s.all[n.full()]
		into.secret.Labels, into.secret.Annotations, into.secret.VersionAliases = p.Labels, p.Annotations, p.Aliases
		if p.Value != nil {
			into.add(p.Value)
		}
	}
	return nil
}

func (s *secrets) setState(in state) error {
	n, err := parseAny(in.Name)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all[n.full()]
	if all == nil || in.Version < 1 || in.Version > len(all.versions) {
		return errUnknown
	}
	all.versions[in.Version-1].about.State = pb.SecretVersion_State(pb.SecretVersion_State_value[in.State])
	return nil
}
