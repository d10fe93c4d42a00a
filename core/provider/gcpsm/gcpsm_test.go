package gcpsm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/gcpsm"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const account = "reader@shop.iam.gserviceaccount.com"

// keychain are credentials: Secrets by "namespace/name/key", annotations of service accounts by "namespace/name", and what mints tokens.
type keychain struct {
	provider.Credentials
	secrets  map[string]string
	accounts map[string]map[string]string
	mint     func(namespace, name string, audiences []string) (string, error)
}

func (k keychain) Secret(_ context.Context, namespace, name, key string) (secret.Value, error) {
	value, ok := k.secrets[namespace+"/"+name+"/"+key]
	if !ok {
		return secret.Value{}, fmt.Errorf("there is no Secret %q in namespace %q", name, namespace)
	}
	return secret.FromString(value), nil
}

func (k keychain) ServiceAccount(_ context.Context, namespace, name string) (map[string]string, error) {
	annotations, ok := k.accounts[namespace+"/"+name]
	if !ok {
		return nil, fmt.Errorf("there is no service account %q in namespace %q", name, namespace)
	}
	return annotations, nil
}

func (k keychain) Token(_ context.Context, namespace, name string, audiences []string) (secret.Value, time.Time, error) {
	text, err := k.mint(namespace, name, audiences)
	return secret.FromString(text), time.Now().Add(time.Hour), err
}

// fast reaches the fake, does not wait long between attempts, and sees an environment of these variables: "NAME", "value", …
func fast(t *testing.T, g *harness.GCPServer, environment ...string) gcpsm.Provider {
	t.Helper()
	known := map[string]string{"GCE_METADATA_HOST": g.Metadata, "HOME": t.TempDir()}
	for i := 0; i < len(environment); i += 2 {
		known[environment[i]] = environment[i+1]
	}
	return gcpsm.Provider{Getenv: func(name string) string { return known[name] }, Transport: g.Transport(t), Backoff: time.Millisecond}
}

// storeOf is a SecretStore with this below spec.provider.gcpsm, as JSON without braces.
func storeOf(spec string) provider.Store {
	return provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Name: "google", Consumer: "shop", Spec: json.RawMessage("{" + spec + "}")}
}

const withKey = `"auth":{"secretRef":{"secretAccessKeySecretRef":{"name":"login","key":"key.json"}}}`

// keyed are credentials with a key of a service account that may administer the project shop.
func keyed(t *testing.T, g *harness.GCPServer) keychain {
	t.Helper()
	g.Bind(t, "projects/shop", "roles/secretmanager.admin", "serviceAccount:"+account)
	return keychain{secrets: map[string]string{"shop/login/key.json": g.Key(t, account)}}
}

// open opens a store of the project shop with a key.
func open(t *testing.T, g *harness.GCPServer, rest string) (provider.Location, provider.Reader) {
	t.Helper()
	return openAs(t, fast(t, g), storeOf(`"projectID":"shop",`+withKey+rest), keyed(t, g))
}

func openAs(t *testing.T, p provider.Provider, store provider.Store, credentials provider.Credentials) (provider.Location, provider.Reader) {
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

// put stores values of the project shop under their names.
func put(t *testing.T, g *harness.GCPServer, name string, values ...string) {
	t.Helper()
	for _, value := range values {
		g.Put(t, harness.GCPSecret{Name: "projects/shop/secrets/" + name, Value: []byte(value)})
	}
}

// writeFile is the path of a file with this content.
func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}
