// Package azurekv reads Azure Key Vault: secrets, and the public parts of keys and certificates. The key vault is asked by Azure's own
// client libraries; logging in to Microsoft Entra ID, which is one request, is written out here, so that it is one request and takes
// nothing from the process's environment but what a store means. What is here knows the azurekv part of a store's spec.
package azurekv

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// Provider serves spec.provider.azurekv.
type Provider struct {
	// Getenv is how it sees the process's environment (os.Getenv).
	Getenv func(string) string
	// Transport carries the requests; nil means the network.
	Transport http.RoundTripper
	// Timeout is how long one attempt of a request may take; zero means 30 s.
	Timeout time.Duration
	// Backoff is how long to wait before the second attempt of a request, where the store does not say; zero means 800 ms.
	Backoff time.Duration
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
		Spec        *api.AzureKVProvider
		Credentials []provider.CredentialRef
		Retry       *api.StoreRetrySettings
	}{spec.AzureKVProvider, credentials, store.Retry})
	if err != nil {
		return provider.Location{}, fmt.Errorf("encode the store's identity: %w", err)
	}
	return provider.Location{
		Identity: string(identity), Credentials: credentials, Finds: finds, Place: placeOf(spec), Login: loginOf(spec),
		Ref: func(remote *api.RemoteRef) provider.Ref {
			return provider.Ref{Key: nameOf(remote.Key), Version: remote.Version, Metadata: remote.MetadataPolicy == api.MetadataPolicyFetch}
		},
	}, nil
}

// Open implements provider.Provider. It logs in once; every read of the run uses the token that this brings.
func (p Provider) Open(ctx context.Context, store provider.Store, credentials provider.Credentials) (provider.Reader, error) {
	spec, err := decode(store)
	if err != nil {
		return nil, err
	}
	options, err := p.retriesOf(store)
	if err != nil {
		return nil, err
	}
	silence()
	meter := &provider.Meter{}
	carrier := p.newCarrier()
	login, err := p.loginFor(ctx, store, spec, credentials, clientOptions(options, carrier, counting{meter}), meter)
	if err == nil {
		_, err = login.token(ctx)
	}
	if err != nil {
		carrier.CloseIdleConnections()
		return nil, err
	}
	return newReader(spec, options, carrier, login, meter)
}

// placeOf tells where a store is.
func placeOf(spec *storeSpec) []trace.Fact {
	return []trace.Fact{{Name: "key vault", Value: spec.vault.String()}, {Name: "cloud", Value: string(spec.EnvironmentType)}}
}

// loginOf tells as whom a store is read.
func loginOf(spec *storeSpec) []trace.Fact {
	as := func(who string) []trace.Fact {
		facts := []trace.Fact{{Name: "as", Value: who}}
		if tenant := text(spec.TenantID); tenant != "" {
			facts = append(facts, trace.Fact{Name: "tenant", Value: tenant})
		}
		return facts
	}
	switch {
	case spec.AuthType == api.AzureManagedIdentity:
		return as("managed identity " + cmp.Or(text(spec.IdentityID), "of the machine"))
	case spec.AuthType == api.AzureWorkloadIdentity && spec.ServiceAccountRef == nil:
		return as("workload identity of the process")
	case spec.AuthType == api.AzureWorkloadIdentity:
		return as("workload identity of service account " + spec.ServiceAccountRef.Name)
	case spec.AuthSecretRef.ClientCertificate != nil:
		return as("application with the certificate in Secret " + spec.AuthSecretRef.ClientCertificate.Name)
	default:
		return as("application with the client secret in Secret " + spec.AuthSecretRef.ClientSecret.Name)
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func invalid(format string, args ...any) error {
	return &provider.Error{Kind: provider.Invalid, Message: fmt.Sprintf(format, args...)}
}
