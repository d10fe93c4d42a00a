package core

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// witness is provider.Credentials that remembers what a login has used, without the values.
type witness struct {
	provider.Credentials

	mu    sync.Mutex
	facts map[trace.Step][]trace.Fact
	// doubt is why the provider did not say for whom it takes the caller.
	doubt error
}

func (w *witness) note(step trace.Step, name, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.facts == nil {
		w.facts = map[trace.Step][]trace.Fact{}
	}
	w.facts[step] = append(w.facts[step], trace.Fact{Name: name, Value: value})
}

// Secret implements provider.Credentials.
func (w *witness) Secret(ctx context.Context, namespace, name, key string) (secret.Value, error) {
	value, err := w.Credentials.Secret(ctx, namespace, name, key)
	if err == nil {
		w.note(trace.Credentials, fmt.Sprintf("Secret %s/%s", namespace, name), fmt.Sprintf("key %s, %d bytes", key, value.Len()))
	}
	return value, err
}

// WholeSecret implements provider.WholeSecrets.
func (w *witness) WholeSecret(ctx context.Context, namespace, name string) (map[string]secret.Value, error) {
	whole, ok := w.Credentials.(provider.WholeSecrets)
	if !ok {
		return nil, fmt.Errorf("Secret %q in namespace %q can't be read as a whole here", name, namespace)
	}
	values, err := whole.WholeSecret(ctx, namespace, name)
	if err == nil {
		keys := strings.Join(slices.Sorted(maps.Keys(values)), ", ")
		w.note(trace.Credentials, fmt.Sprintf("Secret %s/%s", namespace, name), "keys "+keys)
	}
	return values, err
}

// ServiceAccount implements provider.Credentials.
func (w *witness) ServiceAccount(ctx context.Context, namespace, name string) (map[string]string, error) {
	annotations, err := w.Credentials.ServiceAccount(ctx, namespace, name)
	if err == nil {
		w.note(trace.Credentials, fmt.Sprintf("ServiceAccount %s/%s", namespace, name), "it is there")
	}
	return annotations, err
}

// ConfigMap implements provider.Credentials.
func (w *witness) ConfigMap(ctx context.Context, namespace, name, key string) (string, error) {
	text, err := w.Credentials.ConfigMap(ctx, namespace, name, key)
	if err == nil {
		w.note(trace.Credentials, fmt.Sprintf("ConfigMap %s/%s", namespace, name), fmt.Sprintf("key %s, %d bytes", key, len(text)))
	}
	return text, err
}

// Token implements provider.Credentials. What a trust policy looks at is said of the token.
func (w *witness) Token(ctx context.Context, namespace, name string, audiences []string) (secret.Value, time.Time, error) {
	token, expires, err := w.Credentials.Token(ctx, namespace, name, audiences)
	if err != nil {
		return token, expires, err
	}
	for _, fact := range claimsOf(token) {
		w.note(trace.Token, fact.Name, fact.Value)
	}
	w.note(trace.Token, "expires", expires.UTC().Format(time.RFC3339))
	return token, expires, nil
}

// claimsOf reads what a token says of itself, unverified: whom it is shown to decides what it is worth.
func claimsOf(token secret.Value) []trace.Fact {
	parts := strings.Split(string(token.Reveal()), ".")
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var claims struct {
		Issuer   string          `json:"iss"`
		Subject  string          `json:"sub"`
		Audience json.RawMessage `json:"aud"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return nil
	}
	var audiences []string
	if json.Unmarshal(claims.Audience, &audiences) != nil {
		audiences = []string{strings.Trim(string(claims.Audience), `"`)}
	}
	return []trace.Fact{
		{Name: "issuer", Value: claims.Issuer}, {Name: "subject", Value: claims.Subject},
		{Name: "audience", Value: strings.Join(audiences, ", ")},
	}
}

// open opens a store for an explanation. A caller that the provider does not know is found out here rather than with the first read.
func (x *explainer) open(ctx context.Context, identity string) (provider.Reader, error) {
	w := &witness{Credentials: x.credentials}
	x.mu.Lock()
	if x.witnesses == nil {
		x.witnesses = map[string]*witness{}
	}
	x.witnesses[identity] = w
	x.mu.Unlock()
	reader, err := x.planner.OpenWith(ctx, identity, w)
	if err != nil || !x.Evidence {
		return reader, err
	}
	who, ok := reader.(provider.Identifier)
	if !ok {
		return reader, nil
	}
	facts, err := who.Identity(ctx)
	if err != nil && (x.login || provider.KindOf(err) == provider.Unauthenticated) {
		return nil, trace.At(trace.Identity, err)
	}
	w.doubt = err
	for _, fact := range facts {
		w.note(trace.Identity, fact.Name, fact.Value)
	}
	return reader, nil
}
