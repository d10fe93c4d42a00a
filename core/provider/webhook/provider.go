// Package webhook asks an HTTP API for each secret: the request is made by templates of the store's spec, and what of the answer
// is the secret a JSONPath says. What is here knows the webhook part of a store's spec and no particular API. Nothing of an
// answer, and nothing that a template has rendered, is quoted in an error.
package webhook

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// field is where a store's spec begins, for messages.
const field = "spec.provider.webhook"

// Provider serves spec.provider.webhook.
type Provider struct {
	// Timeout is how long one request may take where the store does not say; zero means 30 s.
	Timeout time.Duration
	// Pause is how long to wait before the first retry, about; zero means half a second. Each further one waits twice as long.
	Pause time.Duration
}

// Locate implements provider.Provider. The identity is the spec and what its references resolve to. What of a remoteRef no
// template names has no part in a request, so that it makes no two of one; a property that none names is looked up in the answer.
func (p Provider) Locate(store provider.Store) (provider.Location, error) {
	spec, err := decode(store)
	if err != nil {
		return provider.Location{}, err
	}
	credentials := credentialsOf(store, spec)
	var consumer string
	if names(spec, "namespace") {
		consumer = store.Consumer
	}
	identity, err := json.Marshal(struct {
		Spec        *api.WebhookProvider
		Credentials []provider.CredentialRef
		Consumer    string
	}{spec, credentials, consumer})
	if err != nil {
		return provider.Location{}, fmt.Errorf("encode the store's identity: %w", err)
	}
	version, property := names(spec, "version"), names(spec, "property")
	return provider.Location{
		Identity: string(identity), Credentials: credentials, Place: placeOf(spec), Login: loginOf(store, spec),
		Finds: func(*api.Find, string) bool { return false },
		Ref: func(remote *api.RemoteRef) provider.Ref {
			ref := provider.Ref{Key: remote.Key, Metadata: remote.MetadataPolicy == api.MetadataPolicyFetch}
			if version {
				ref.Version = remote.Version
			}
			if property {
				ref.Property = remote.Property
			}
			return ref
		},
	}, nil
}

// Open implements provider.Provider. It resolves the credentials once; the server sees them with the first read.
func (p Provider) Open(ctx context.Context, store provider.Store, credentials provider.Credentials) (provider.Reader, error) {
	spec, err := decode(store)
	if err != nil {
		return nil, err
	}
	if err := checkTemplates(spec); err != nil {
		return nil, err
	}
	groups, err := secretsOf(ctx, store, spec, credentials)
	if err != nil {
		return nil, err
	}
	authority, err := provider.CertificateAuthority(ctx, store, field, spec.CABundle, spec.CAProvider, credentials)
	if err != nil {
		return nil, err
	}
	retries, err := p.retriesOf(store)
	if err != nil {
		return nil, err
	}
	return newReader(spec, p.timeoutOf(spec), authority, groups, store.Consumer, retries), nil
}

// retriesOf is how often requests of a store are made.
func (p Provider) retriesOf(store provider.Store) (provider.Retries, error) {
	return provider.Retries{
		Attempts: 4, First: cmp.Or(p.Pause, 500*time.Millisecond), Longest: 20 * time.Second, Counts: provider.CountsAttempts,
	}.Of(store)
}

// action is what of a template is no plain text.
var action = regexp.MustCompile(`(?s)\{\{.*?\}\}`)

// names tells whether a template of the spec mentions a word.
func names(spec *api.WebhookProvider, word string) bool {
	mention := regexp.MustCompile(`\b` + word + `\b`)
	for _, t := range templatesOf(spec) {
		for _, code := range action.FindAllString(t.text, -1) {
			if mention.MatchString(code) {
				return true
			}
		}
	}
	return false
}

// origin is the beginning of a URL as far as the host; the user is not to be shown.
var origin = regexp.MustCompile(`^(?i)(https?)://(?:[^/?#]*@)?([^/?#@]+)`)

// placeOf tells which server is asked: its host as the spec has it, and nothing of the URL that could be a credential.
func placeOf(spec *api.WebhookProvider) []trace.Fact {
	server := "what the template of url renders"
	if match := origin.FindStringSubmatch(spec.URL); match != nil && !strings.Contains(match[0], "{{") {
		server = match[2]
		if strings.EqualFold(match[1], "http") {
			server += ", by plain http"
		}
	}
	return []trace.Fact{{Name: "server", Value: server}}
}

// loginOf tells which Secrets the templates can use.
func loginOf(store provider.Store, spec *api.WebhookProvider) []trace.Fact {
	var facts []trace.Fact
	for _, s := range spec.Secrets {
		facts = append(facts, trace.Fact{Name: "." + s.Name, Value: "Secret " + store.AuthNamespace(s.SecretRef.Namespace) + "/" + s.SecretRef.Name})
	}
	return facts
}

// credentialsOf are what Open reads for this store and consumer.
func credentialsOf(store provider.Store, spec *api.WebhookProvider) []provider.CredentialRef {
	var refs []provider.CredentialRef
	for _, s := range spec.Secrets {
		refs = append(refs, provider.CredentialRef{
			Kind: provider.CredentialSecret, Namespace: store.AuthNamespace(s.SecretRef.Namespace), Name: s.SecretRef.Name,
		})
	}
	if from := spec.CAProvider; from != nil && len(spec.CABundle) == 0 {
		kind := provider.CredentialSecret
		if from.Type == api.CAProviderConfigMap {
			kind = provider.CredentialConfigMap
		}
		refs = append(refs, provider.CredentialRef{Kind: kind, Namespace: store.AuthNamespace(from.Namespace), Name: from.Name})
	}
	return refs
}

// secretsOf are the values for the templates, by the names that these have for Secrets and by their keys.
func secretsOf(ctx context.Context, store provider.Store, spec *api.WebhookProvider, credentials provider.Credentials) (map[string]map[string]string, error) {
	groups := map[string]map[string]string{}
	for i, s := range spec.Secrets {
		whole, ok := credentials.(provider.WholeSecrets)
		if !ok {
			return nil, fmt.Errorf("read %s.secrets[%d]: Secrets can't be read as a whole here: this is a fault of the program", field, i)
		}
		values, err := whole.WholeSecret(ctx, store.AuthNamespace(s.SecretRef.Namespace), s.SecretRef.Name)
		if err != nil {
			return nil, fmt.Errorf("read %s.secrets[%d].secretRef: %w", field, i, err)
		}
		if groups[s.Name] == nil {
			groups[s.Name] = map[string]string{}
		}
		for key, value := range values {
			groups[s.Name][key] = string(value.Reveal())
		}
	}
	return groups, nil
}

func invalid(format string, args ...any) error {
	return &provider.Error{Kind: provider.Invalid, Message: fmt.Sprintf(format, args...)}
}
