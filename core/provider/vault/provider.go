// Package vault reads the key-value engine, version 1 and 2, of HashiCorp Vault and of OpenBao, which speaks the same protocol. What is
// here knows their parts of a store's spec and five requests: login, read, list, and what a token says of itself and gives back. It reads
// nothing of the process's environment, as Vault's own client does with VAULT_TOKEN and its like: a store alone says where and as whom.
package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// Provider serves spec.provider.vault or, with OpenBao, spec.provider.openBao.
type Provider struct {
	OpenBao bool
	// Timeout is how long one attempt of a request may take; zero means 30 s.
	Timeout time.Duration
	// Backoff is how long to wait before the second attempt of a request, where the store does not say; zero means 500 ms.
	Backoff time.Duration
}

// Locate implements provider.Provider. The identity is the spec, what its references resolve to and the retries.
func (p Provider) Locate(store provider.Store) (provider.Location, error) {
	spec, err := p.decode(store)
	if err != nil {
		return provider.Location{}, err
	}
	if _, err := p.retriesOf(store); err != nil {
		return provider.Location{}, err
	}
	credentials := credentialsOf(store, spec)
	identity, err := json.Marshal(struct {
		Spec        *api.VaultProvider
		Credentials []provider.CredentialRef
		Retry       *api.StoreRetrySettings
	}{spec.VaultProvider, credentials, store.Retry})
	if err != nil {
		return provider.Location{}, fmt.Errorf("encode the store's identity: %w", err)
	}
	return provider.Location{
		Identity: string(identity), Credentials: credentials, Finds: finds, Place: placeOf(spec), Login: loginOf(spec),
		Ref: func(remote *api.RemoteRef) provider.Ref {
			ref := provider.Ref{Key: spec.mount().name(remote.Key), Version: remote.Version}
			switch {
			case remote.MetadataPolicy == api.MetadataPolicyFetch:
				ref.Metadata, ref.Version = true, "" // it is the secret's, not that of one of its versions
			case spec.Version == api.VaultKVStoreV1:
				ref.Version = "" // there are none
			case ref.Version == "0":
				ref.Version = "" // the same version in Vault's words
			}
			return ref
		},
	}, nil
}

// Open implements provider.Provider. It logs in once; every read of the run uses the token that this brings.
func (p Provider) Open(ctx context.Context, store provider.Store, credentials provider.Credentials) (provider.Reader, error) {
	spec, err := p.decode(store)
	if err != nil {
		return nil, err
	}
	retries, err := p.retriesOf(store)
	if err != nil {
		return nil, err
	}
	c, err := p.connect(ctx, store, spec, credentials)
	if err != nil {
		return nil, err
	}
	c.retries = retries
	r := &reader{
		client: c, mount: spec.mount(), pace: rate.NewLimiter(perSecond, perSecond), brought: map[provider.Ref]provider.Answer{},
	}
	if r.owned, err = logIn(ctx, c, store, spec, credentials); err != nil {
		return nil, err
	}
	return r, nil
}

// placeOf tells where a store is.
func placeOf(spec *storeSpec) []trace.Fact {
	facts := []trace.Fact{{Name: "server", Value: spec.Server}}
	if namespace := text(spec.Namespace); namespace != "" {
		facts = append(facts, trace.Fact{Name: "Vault namespace", Value: namespace})
	}
	mount := "the first part of each key"
	if spec.Path != nil {
		mount = *spec.Path
	}
	return append(facts, trace.Fact{Name: "mount", Value: mount}, trace.Fact{Name: "engine", Value: "key-value " + string(spec.Version)})
}

// isVersion tells whether a text can be the version of a secret.
func isVersion(version string) bool {
	_, err := strconv.ParseUint(version, 10, 63)
	return err == nil
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
