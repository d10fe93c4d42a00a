// Package gcpsm reads Google Secret Manager over its REST interface. What is here knows the gcpsm part of a store's spec, the four
// requests that reading takes, and how to get a token of Google's for each way of logging in. Where Google is can't be set, so that a
// token goes nowhere else: the hosts' names are Google's own.
package gcpsm

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// Provider serves spec.provider.gcpsm.
type Provider struct {
	// Getenv is how it sees the process's environment (os.Getenv).
	Getenv func(string) string
	// Transport carries the requests to Google; nil means one that honours the proxies of the environment and trusts the system's CAs.
	Transport http.RoundTripper
	// Timeout is how long one attempt of a request may take; zero means 30 s.
	Timeout time.Duration
	// Backoff is about how long to wait before the second attempt of a request, where the store does not say; zero means 1 s.
	Backoff time.Duration
}

// retriesOf is how often requests of a store are made: about as often as by Google's own client.
func (p Provider) retriesOf(store provider.Store) (provider.Retries, error) {
	return provider.Retries{Attempts: 5, First: cmp.Or(p.Backoff, time.Second), Longest: 20 * time.Second}.Of(store)
}

// Locate implements provider.Provider. The identity is the spec, what its references resolve to and the retries.
func (p Provider) Locate(store provider.Store) (provider.Location, error) {
	spec, err := decode(store)
	if err != nil {
		return provider.Location{}, err
	}
	if _, err := p.retriesOf(store); err != nil {
		return provider.Location{}, err
	}
	credentials := credentialsOf(store, spec)
	identity, err := json.Marshal(struct {
		Spec        *api.GCPSMProvider
		Credentials []provider.CredentialRef
		Retry       *api.StoreRetrySettings
	}{spec.GCPSMProvider, credentials, store.Retry})
	if err != nil {
		return provider.Location{}, fmt.Errorf("encode the store's identity: %w", err)
	}
	return provider.Location{
		Identity: string(identity), Ref: spec.ref, Finds: finds, Credentials: credentials, Place: placeOf(spec), Login: loginOf(spec),
	}, nil
}

// Open implements provider.Provider. It logs in once; the token that this brings is good for an hour, and is then renewed.
func (p Provider) Open(ctx context.Context, store provider.Store, credentials provider.Credentials) (provider.Reader, error) {
	spec, err := decode(store)
	if err != nil {
		return nil, err
	}
	retries, err := p.retriesOf(store)
	if err != nil {
		return nil, err
	}
	c := p.connect(retries)
	l, err := p.loginFor(ctx, c, store, spec, credentials)
	if err != nil {
		return nil, err
	}
	if spec.project == "" {
		if spec.project, err = c.machine.project(ctx); err != nil {
			return nil, err
		}
		spec.asked = true
	}
	r := &reader{client: c, spec: spec, session: &session{login: l}, pace: rate.NewLimiter(perSecond, perSecond)}
	if _, err := r.session.token(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

func invalid(format string, args ...any) error {
	return &provider.Error{Kind: provider.Invalid, Message: fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) error {
	return &provider.Error{Kind: provider.Unsupported, Message: fmt.Sprintf(format, args...)}
}
