// Package provider is the seam between the pipeline and the external secret stores: what a provider is, what it may ask
// for, and the kinds of error it answers with. Each provider has a folder of its own below this one and a line in a Registry.
// No Kubernetes object is known here but a store's own spec and the credentials it points at.
package provider

import (
	"context"
	"encoding/json"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// Registry maps the name of a provider, as in spec.provider of a store ("aws"), to what serves it.
type Registry map[string]Provider

// Provider opens readers for the stores of one kind.
type Provider interface {
	// Locate tells where a store is and how it names secrets. It makes no request. An error means that the spec is invalid.
	Locate(store Store) (Location, error)
	// Open makes a Reader; it may log in. An error is an *Error wherever the provider answered.
	Open(ctx context.Context, store Store, credentials Credentials) (Reader, error)
}

// Reader reads the secrets of one store identity. It is used from several goroutines.
type Reader interface {
	// Plan cuts refs, which are distinct, into groups of which each is one request, in the order given.
	Plan(refs []Ref) [][]Ref
	// Read makes the request for a group that Plan made and answers each of its refs, in the same order.
	Read(ctx context.Context, group []Ref) []Answer
	// Stats tells what the reader has done so far.
	Stats() Stats
}

// Finder is a Reader that can search. A provider whose readers are none does not serve dataFrom.find.
type Finder interface {
	// Find returns the secrets that match, in the order of their keys, without their values: those are read by their Refs,
	// together with what others want. No match is no error.
	Find(ctx context.Context, find *api.Find) ([]Found, error)
}

// Closer is a Reader that has something to give back when nothing is read any more: a token that its login brought, for example.
// Requests that it makes for this are counted by Stats.
type Closer interface {
	Close(ctx context.Context) error
}

// Identifier is a Reader that can ask its provider for whom it takes the caller. That is a request of its own, and none that reading
// needs: it is made for a person who wants to know.
type Identifier interface {
	Identity(ctx context.Context) ([]trace.Fact, error)
}

// Found is a remote secret that a search has come upon.
type Found struct {
	// Key is what the secret is called in the result: its full name.
	Key string
	Ref Ref
}

// Location is a store as its provider sees it.
type Location struct {
	// Identity is equal for stores that are the same place seen by the same caller: they share one Reader, and so one login
	// and one read of each secret.
	Identity string
	// Ref names the remote secret that a remoteRef means, with what the store puts before its key.
	Ref func(remote *api.RemoteRef) Ref
	// Finds tells whether a search could come upon the secret of a full name, as far as can be told without asking: tags are not
	// looked at. Nil where the provider can't tell.
	Finds func(find *api.Find, key string) bool
	// Credentials are all that Open may ask its Credentials for, besides APIServer.
	Credentials []CredentialRef
	// Place tells a person where it is, such as its region, and Login as whom it is read, such as the chain of roles.
	Place, Login []trace.Fact
}

// CredentialKind is what a store asks its Credentials for: the method of that name.
type CredentialKind string

// The kinds of credentials.
const (
	CredentialSecret         CredentialKind = "Secret"
	CredentialConfigMap      CredentialKind = "ConfigMap"
	CredentialServiceAccount CredentialKind = "ServiceAccount"
	CredentialToken          CredentialKind = "Token"
)

// CredentialRef names an object that a store logs in with, in the namespace in which the reference resolves.
type CredentialRef struct {
	Kind            CredentialKind
	Namespace, Name string
}

// Ref names one remote secret within an identity. It is comparable: equal refs are one read.
type Ref struct {
	// Key is the full name of the secret as the provider knows it.
	Key string
	// Version is the provider's version or stage; empty means the current one.
	Version string
	// Metadata asks for the secret's tags or labels, as a JSON object, instead of its value.
	Metadata bool
	// Property is what of the secret the provider itself is to give; empty where the property of a remoteRef is looked up in what it
	// gives.
	Property string
}

// Answer is what a store holds under a Ref, or the reason why that could not be learnt.
type Answer struct {
	Value secret.Value
	// Parts are those of a secret that is a map by nature, byte for byte; nil for any other. Value is then the same as a JSON object,
	// in which bytes that are no text are lost.
	Parts map[string]secret.Value
	// Version is the provider's name of the version that this is, and Changed when that was written; empty where it does not tell.
	Version string
	Changed time.Time
	Err     error
}

// Store is the part of a SecretStore or ClusterSecretStore that a provider may see.
type Store struct {
	// Kind, Namespace and Name identify the store; Namespace is empty for a ClusterSecretStore.
	Kind, Namespace, Name string
	// Consumer is the namespace of the ExternalSecret for which the store is read.
	Consumer string
	// Spec is the provider's part of the store's spec, as JSON.
	Spec json.RawMessage
	// Retry is the store's wish for retries; nil means the provider's default.
	Retry *api.StoreRetrySettings
	// MaxAttempts bounds how often a request is made, however often the store would have it made; zero means no bound.
	MaxAttempts int
}

// AuthNamespace is the namespace in which a reference of the store's auth section resolves: a SecretStore can't leave its
// own; a ClusterSecretStore names one, or means the consumer's.
func (s Store) AuthNamespace(named *string) string {
	switch {
	case s.Kind != api.KindClusterSecretStore:
		return s.Namespace
	case named != nil && *named != "":
		return *named
	default:
		return s.Consumer
	}
}

// Credentials resolves what a store's auth section points at. Namespaces are already decided (Store.AuthNamespace).
type Credentials interface {
	// Secret returns the bytes under key of a Secret.
	Secret(ctx context.Context, namespace, name, key string) (secret.Value, error)
	// ServiceAccount returns the annotations of a service account.
	ServiceAccount(ctx context.Context, namespace, name string) (annotations map[string]string, err error)
	// Token mints a token of a service account for the audiences, and tells when it expires.
	Token(ctx context.Context, namespace, name string, audiences []string) (secret.Value, time.Time, error)
	// ConfigMap returns the text under key of a ConfigMap.
	ConfigMap(ctx context.Context, namespace, name, key string) (string, error)
	// APIServer returns a connection to the API server that the pass itself talks to, without any credential: where it is and how it
	// is verified. It is the caller's to change.
	APIServer() *rest.Config
}

// WholeSecrets are Credentials that give Secrets as a whole, for stores that do not say which keys they need.
type WholeSecrets interface {
	// WholeSecret returns the bytes under every key of a Secret.
	WholeSecret(ctx context.Context, namespace, name string) (map[string]secret.Value, error)
}
