// Package oidc validates web identity tokens: JSON web tokens of the issuers registered here. Whether a valid token may assume some
// role is not decided here.
package oidc

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Errors of tokens. None holds any part of the token.
var (
	ErrMalformed = errors.New("malformed token")
	ErrIssuer    = errors.New("unknown issuer")
	ErrSignature = errors.New("signature not valid")
	ErrAudience  = errors.New("audience not registered")
)

// ExpiredError is a token past its time.
type ExpiredError struct {
	Now, Expired time.Time
}

// Error implements error.
func (e *ExpiredError) Error() string {
	return fmt.Sprintf("token expired at %s", e.Expired.UTC().Format(time.RFC3339))
}

// Provider is an issuer as an account registers it.
type Provider struct {
	Issuer string `json:"issuer"` // the token's iss claim, a URL
	JWKS   JWKS   `json:"jwks"`   // keys tokens are signed with
	// Audiences registered with the provider, called client ids by IAM; empty accepts every audience.
	Audiences []string `json:"audiences,omitempty"`
}

// Registry holds the registered issuers. It is safe for concurrent use.
type Registry struct {
	mu        sync.RWMutex
	providers map[string]Provider
}

// NewRegistry returns a registry without any issuer.
func NewRegistry() *Registry { return &Registry{providers: map[string]Provider{}} }

// Put registers an issuer, or replaces it.
func (r *Registry) Put(p Provider) error {
	if _, err := p.JWKS.keys(); err != nil {
		return fmt.Errorf("read the keys of %s: %w", p.Issuer, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.providers[p.Issuer] = p
	return nil
}

// Reset forgets all issuers.
func (r *Registry) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.providers = map[string]Provider{}
}

// Validate reads a token and checks all that is known of its issuer: signature and audience when the issuer is registered, its
// time always. The token is returned as far as it could be read, with an error too. trusted says whether an issuer without keys is accepted all the same; its tokens' signatures are then not checked.
func (r *Registry) Validate(raw string, now time.Time, trusted func(issuer string) bool) (Token, error) {
	token, err := parse(raw)
	if err != nil {
		return token, err
	}
	r.mu.RLock()
	provider, registered := r.providers[token.Issuer]
	r.mu.RUnlock()
	if !registered && !trusted(token.Issuer) {
		return token, ErrIssuer
	}
	if registered {
		if err := token.verify(provider.JWKS); err != nil {
			return token, err
		}
	}
	if expires := time.Unix(token.Expires, 0); !now.Before(expires) {
		return token, &ExpiredError{Now: now, Expired: expires}
	}
	if len(provider.Audiences) > 0 && !slices.ContainsFunc(token.Audience, func(a string) bool { return slices.Contains(provider.Audiences, a) }) {
		return token, ErrAudience
	}
	return token, nil
}
