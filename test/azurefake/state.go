package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// azure is all that there is.
type azure struct {
	tenant string
	key    *rsa.PrivateKey // signs tokens

	mu       sync.Mutex
	apps     map[string]*app // by client id
	vaults   map[string]*vault
	requests []string
	faults   []*fault
	lifetime time.Duration
	gone     string // where the next list goes on, in place of where it does
	delay    time.Duration
	underway int // requests
	most     int // of them at the same time since somebody asked
}

// app is an application or a managed identity.
type app struct {
	ClientID string `json:"clientId"`
	ObjectID string `json:"objectId"`
	// Secret is its client secret, and Certificates those that may sign for it, PEM.
	Secret       string   `json:"secret"`
	Expired      bool     `json:"expired"` // the secret
	Certificates []string `json:"certificates"`
	// Federated are those whose tokens stand for it.
	Federated []federated `json:"federated"`
	// Machine tells that it is an identity of the machine, and Default that it is the one where nobody says which.
	Machine bool `json:"machine"`
	Default bool `json:"default"`
	// Tenant is where it is; empty means that of the key vaults.
	Tenant string `json:"tenant"`
	// Roles are its roles by scope: a key vault, or what is below one, such as shop or shop/secrets/db.
	Roles map[string][]string `json:"roles"`
}

// federated trusts the tokens of an issuer, for a subject and an audience.
type federated struct {
	Issuer   string          `json:"issuer"`
	Subject  string          `json:"subject"`
	Audience string          `json:"audience"`
	JWKS     json.RawMessage `json:"jwks"` // what the issuer publishes
}

// fault is answered in place of what Azure would say.
type fault struct {
	// Path is what host and path begin with, behind the method.
	Path   string            `json:"path"`
	Status int               `json:"status"`
	Body   string            `json:"body"`
	Header map[string]string `json:"header"`
	// Times is how often; then it is over.
	Times int `json:"times"`
}

func (f *fault) answer(w http.ResponseWriter) {
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(f.Body))
}

func newAzure(tenant string) (*azure, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make the key for tokens: %w", err)
	}
	return &azure{tenant: tenant, key: key, apps: map[string]*app{}, vaults: map[string]*vault{}, lifetime: time.Hour}, nil
}

// pass notes a request and returns what is to be answered in place of the truth, if anything.
func (a *azure) pass(method, path string) *fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, method+" "+path)
	for _, f := range a.faults {
		if f.Times > 0 && strings.HasPrefix(path, f.Path) {
			f.Times--
			return f
		}
	}
	return nil
}

// linger holds a request up, as long as tests want, and tells how many there are at the same time. What it returns ends that.
func (a *azure) linger(r *http.Request) func() {
	a.mu.Lock()
	a.underway++
	a.most = max(a.most, a.underway)
	delay := a.delay
	a.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
	}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.underway--
	}
}

// tenantOf is the tenant of an application.
func (a *azure) tenantOf(who *app) string {
	if who.Tenant != "" {
		return who.Tenant
	}
	return a.tenant
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who has gone needs no answer
}
