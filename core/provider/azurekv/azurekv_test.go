package azurekv_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/azurekv"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// keychain gives Secrets by "namespace/name/key", the annotations of service accounts by "namespace/name/annotation", and mints tokens.
type keychain struct {
	provider.Credentials
	values map[string]string
	mint   func(account string, audiences []string) (string, error)
}

func (k keychain) Secret(_ context.Context, namespace, name, key string) (secret.Value, error) {
	value, ok := k.values[namespace+"/"+name+"/"+key]
	if !ok {
		return secret.Value{}, fmt.Errorf("there is no Secret %q in namespace %q", name, namespace)
	}
	return secret.FromString(value), nil
}

func (k keychain) ServiceAccount(_ context.Context, namespace, name string) (map[string]string, error) {
	annotations := map[string]string{}
	for key, value := range k.values {
		if annotation, ok := strings.CutPrefix(key, namespace+"/"+name+"/"); ok {
			annotations[annotation] = value
		}
	}
	return annotations, nil
}

func (k keychain) Token(_ context.Context, namespace, name string, audiences []string) (secret.Value, time.Time, error) {
	token, err := k.mint(namespace+"/"+name, audiences)
	return secret.FromString(token), time.Now().Add(time.Hour), err
}

const (
	clientID = "22222222-2222-2222-2222-222222222222"
	objectID = "33333333-3333-3333-3333-333333333333"
	password = "s3cret-canary"
	// bySecret logs in with a client secret.
	bySecret = `"tenantId":"` + harness.AzureTenant + `","authSecretRef":{"clientId":{"name":"login","key":"id"},"clientSecret":{"name":"login","key":"secret"}}`
)

// ofLogin are the credentials for bySecret.
func ofLogin() keychain {
	return keychain{values: map[string]string{"shop/login/id": clientID + "\n", "shop/login/secret": password + "\n"}}
}

// user is what reads all secrets of the key vault.
func user() map[string][]string {
	return map[string][]string{harness.AzureVault: {"Key Vault Secrets User"}}
}

// started is a fake with an application that may read.
func started(t *testing.T) *harness.AzureServer {
	t.Helper()
	a := harness.Azure(t)
	a.App(t, harness.AzureApp{ClientID: clientID, ObjectID: objectID, Secret: password, Roles: user()})
	return a
}

// fast does not wait long between the attempts of a request, and has an environment.
func fast(t *testing.T, a *harness.AzureServer, environment ...string) azurekv.Provider {
	t.Helper()
	values := map[string]string{}
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		values[name] = value
	}
	return azurekv.Provider{Getenv: func(name string) string { return values[name] }, Transport: a.Transport(t), Backoff: time.Millisecond}
}

// storeOf is a SecretStore of the key vault, with the rest of spec.provider.azurekv as JSON without braces.
func storeOf(rest string) provider.Store {
	return provider.Store{
		Kind: api.KindSecretStore, Namespace: "shop", Name: "azure", Consumer: "shop",
		Spec: json.RawMessage(`{"vaultUrl":"` + harness.AzureVaultURL + `",` + rest + `}`),
	}
}

// opened opens a store.
func opened(t *testing.T, p azurekv.Provider, store provider.Store, credentials provider.Credentials) (provider.Location, provider.Reader) {
	t.Helper()
	location, err := p.Locate(store)
	require.NoError(t, err)
	reader, err := p.Open(t.Context(), store, credentials)
	require.NoError(t, err)
	return location, reader
}

// read reads one ref.
func read(t *testing.T, location provider.Location, reader provider.Reader, remote api.RemoteRef) provider.Answer {
	t.Helper()
	groups := reader.Plan([]provider.Ref{location.Ref(&remote)})
	require.Len(t, groups, 1)
	answers := reader.Read(t.Context(), groups[0])
	require.Len(t, answers, 1)
	return answers[0]
}

// sorted are the keys of a map.
func sorted[T any](of map[string]T) []string { return slices.Sorted(maps.Keys(of)) }
