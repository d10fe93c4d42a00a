package vault_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/vault"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// keychain gives Secrets by "namespace/name/key", and mints tokens that say for whom they are.
type keychain map[string]string

func (k keychain) Secret(_ context.Context, namespace, name, key string) (secret.Value, error) {
	value, ok := k[namespace+"/"+name+"/"+key]
	if !ok {
		return secret.Value{}, fmt.Errorf("there is no Secret %q in namespace %q", name, namespace)
	}
	return secret.FromString(value), nil
}

func (k keychain) Token(_ context.Context, namespace, name string, audiences []string) (secret.Value, time.Time, error) {
	return secret.FromString(fmt.Sprintf("%s/%s for %s", namespace, name, strings.Join(audiences, "+"))), time.Now().Add(time.Hour), nil
}

// noMore are the credentials that Vault never asks for.
type noMore struct {
	provider.Credentials
	keychain
}

func (n noMore) Secret(ctx context.Context, namespace, name, key string) (secret.Value, error) {
	return n.keychain.Secret(ctx, namespace, name, key)
}

func (n noMore) Token(ctx context.Context, namespace, name string, audiences []string) (secret.Value, time.Time, error) {
	return n.keychain.Token(ctx, namespace, name, audiences)
}

// fast does not wait long between the attempts of a request.
var fast = vault.Provider{Backoff: time.Millisecond}

// storeOf is a SecretStore of a server, with the rest of spec.provider.vault as JSON without braces.
func storeOf(v *harness.VaultServer, rest string) provider.Store {
	bundle, _ := json.Marshal(v.CA) // bytes always marshal
	return provider.Store{
		Kind: api.KindSecretStore, Namespace: "shop", Name: "vault", Consumer: "shop",
		Spec: json.RawMessage(fmt.Sprintf(`{"server":%q,"caBundle":%s,%s}`, v.URL, bundle, rest)),
	}
}

// open opens a store with a token.
func open(t *testing.T, v *harness.VaultServer, token, rest string) (provider.Location, provider.Reader) {
	t.Helper()
	store := storeOf(v, rest+`,"auth":{"tokenSecretRef":{"name":"login","key":"token"}}`)
	location, err := fast.Locate(store)
	require.NoError(t, err)
	reader, err := fast.Open(t.Context(), store, noMore{keychain: keychain{"shop/login/token": token + "\n"}})
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

const version2, version1 = `"path":"secret"`, `"path":"kv","version":"v1"`

func TestReadVersion2(t *testing.T) {
	v := harness.Vault(t)
	v.Put(t, "app/db", map[string]any{"password": "old"})
	v.Put(t, "app/db", map[string]any{"user": "a<b", "password": "new", "port": 5432, "tls": map[string]any{"on": true}})
	v.Note(t, "app/db", map[string]string{"team": "shop"})
	v.Put(t, "gone", map[string]any{"a": "b"})
	v.Do(t, http.MethodDelete, "secret/data/gone", nil)
	v.Put(t, "destroyed", map[string]any{"a": "b"})
	v.Do(t, http.MethodPut, "secret/destroy/destroyed", map[string]any{"versions": []int{1}})
	location, reader := open(t, v, v.Root(), version2)
	const whole = `{"password":"new","port":5432,"tls":{"on":true},"user":"a\u003cb"}`

	for name, tc := range map[string]struct {
		remote        api.RemoteRef
		want, version string
		kind          provider.Kind
		message       string
	}{
		"the latest version, as JSON in order":         {remote: api.RemoteRef{Key: "app/db"}, want: whole, version: "2"},
		"a key that names the mount":                   {remote: api.RemoteRef{Key: "secret/app/db"}, want: whole, version: "2"},
		"a key that names the path of the API":         {remote: api.RemoteRef{Key: "secret/data/app/db"}, want: whole, version: "2"},
		"an older version":                             {remote: api.RemoteRef{Key: "app/db", Version: "1"}, want: `{"password":"old"}`, version: "1"},
		"version 0, which is the latest":               {remote: api.RemoteRef{Key: "app/db", Version: "0"}, want: whole, version: "2"},
		"a version that is not there":                  {remote: api.RemoteRef{Key: "app/db", Version: "7"}, kind: provider.NotFound, message: "secret/data/app/db"},
		"a version that is no number":                  {remote: api.RemoteRef{Key: "app/db", Version: "AWSCURRENT"}, kind: provider.Invalid, message: "whole numbers"},
		"a secret that is not there":                   {remote: api.RemoteRef{Key: "none"}, kind: provider.NotFound, message: "check remoteRef.key"},
		"a secret whose latest version was deleted":    {remote: api.RemoteRef{Key: "gone"}, kind: provider.NotFound, message: "version 1 of it was deleted at 2"},
		"a secret whose latest version was destroyed":  {remote: api.RemoteRef{Key: "destroyed"}, kind: provider.NotFound, message: "version 1 of it was destroyed"},
		"a key that leaves the mount":                  {remote: api.RemoteRef{Key: "../../sys/health"}, kind: provider.Invalid, message: "no path"},
		"a key without anything in it":                 {remote: api.RemoteRef{Key: "/"}, kind: provider.Invalid, message: "no path"},
		"metadata of a secret that is not there":       {remote: api.RemoteRef{Key: "none", MetadataPolicy: api.MetadataPolicyFetch}, kind: provider.NotFound, message: "secret/metadata/none"},
		"a folder, which is no secret":                 {remote: api.RemoteRef{Key: "app"}, kind: provider.NotFound, message: "secret/data/app"},
		"signs that mean something else within a path": {remote: api.RemoteRef{Key: "a?b%2Fc#d e"}, kind: provider.NotFound, message: "secret/data/a?b%2Fc#d e"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := read(t, location, reader, tc.remote)
			if tc.kind != "" {
				require.ErrorContains(t, answer.Err, tc.message)
				assert.Equal(t, tc.kind, provider.KindOf(answer.Err), answer.Err)
				return
			}
			require.NoError(t, answer.Err)
			assert.Equal(t, tc.want, string(answer.Value.Reveal()))
			assert.Equal(t, tc.version, answer.Version)
			assert.WithinDuration(t, time.Now(), answer.Changed, time.Hour)
		})
	}
	t.Run("metadata is the custom one and three of Vault's own", func(t *testing.T) {
		answer := read(t, location, reader, api.RemoteRef{Key: "app/db", MetadataPolicy: api.MetadataPolicyFetch, Version: "1"})
		require.NoError(t, answer.Err)
		var metadata map[string]string
		require.NoError(t, json.Unmarshal(answer.Value.Reveal(), &metadata))
		assert.Equal(t, "shop", metadata["team"])
		assert.Equal(t, "2", metadata["current_version"])
		assert.Equal(t, "0s", metadata["delete_version_after"])
		assert.NotEmpty(t, metadata["created_time"])
		assert.Len(t, metadata, 4)
	})
	t.Run("without a path a key begins with the mount", func(t *testing.T) {
		location, reader := open(t, v, v.Root(), `"version":"v2"`)
		for _, key := range []string{"secret/app/db", "secret/data/app/db", "/secret/app/db"} {
			answer := read(t, location, reader, api.RemoteRef{Key: key})
			require.NoError(t, answer.Err, key)
			assert.JSONEq(t, whole, string(answer.Value.Reveal()), key)
		}
		answer := read(t, location, reader, api.RemoteRef{Key: "secret/app/db", MetadataPolicy: api.MetadataPolicyFetch})
		require.NoError(t, answer.Err)
		assert.Contains(t, string(answer.Value.Reveal()), `"team":"shop"`)
		require.ErrorContains(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err, "must begin with the mount")
	})
}

func TestReadVersion1(t *testing.T) {
	v := harness.Vault(t)
	v.Do(t, http.MethodPut, "kv/app/db", map[string]any{"password": "p", "data": json.Number("9007199254740993")})
	location, reader := open(t, v, v.Root(), version1)
	for name, tc := range map[string]struct {
		remote  api.RemoteRef
		want    string
		kind    provider.Kind
		message string
	}{
		"a secret":                          {remote: api.RemoteRef{Key: "app/db"}, want: `{"data":9007199254740993,"password":"p"}`},
		"a key that names the mount":        {remote: api.RemoteRef{Key: "kv/app/db"}, want: `{"data":9007199254740993,"password":"p"}`},
		"a version, which there is none of": {remote: api.RemoteRef{Key: "app/db", Version: "7"}, want: `{"data":9007199254740993,"password":"p"}`},
		"a secret that is not there":        {remote: api.RemoteRef{Key: "none"}, kind: provider.NotFound, message: "kv/none"},
		"metadata, which there is none of":  {remote: api.RemoteRef{Key: "app/db", MetadataPolicy: api.MetadataPolicyFetch}, kind: provider.Unsupported, message: "version 2"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := read(t, location, reader, tc.remote)
			if tc.kind != "" {
				require.ErrorContains(t, answer.Err, tc.message)
				assert.Equal(t, tc.kind, provider.KindOf(answer.Err))
				return
			}
			require.NoError(t, answer.Err)
			assert.Equal(t, tc.want, string(answer.Value.Reveal()))
		})
	}
}

// What must not be taken for a secret that has gone: a deletionPolicy would act on it.
func TestAWrongMountIsNoAbsence(t *testing.T) {
	v := harness.Vault(t)
	v.Put(t, "db", map[string]any{"a": "b"})
	for name, rest := range map[string]string{
		"a mount that is not there":          `"path":"elsewhere"`,
		"version 1 where the engine is of 2": `"path":"secret","version":"v1"`,
	} {
		t.Run(name, func(t *testing.T) {
			location, reader := open(t, v, v.Root(), rest)
			answer := read(t, location, reader, api.RemoteRef{Key: "db"})
			require.ErrorContains(t, answer.Err, "check the path and version of spec.provider.vault")
			assert.Equal(t, provider.Invalid, provider.KindOf(answer.Err))
		})
	}
}

func TestRefusals(t *testing.T) {
	v := harness.Vault(t)
	v.Put(t, "db", map[string]any{"a": "canary"})
	v.Policy(t, "reader", `path "secret/data/db" { capabilities = ["read"] }`)
	token := v.Token(t, "reader")
	location, reader := open(t, v, token, version2)
	t.Run("what the policy permits is read", func(t *testing.T) {
		require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
	})
	t.Run("what it does not is denied, whether it is there or not", func(t *testing.T) {
		err := read(t, location, reader, api.RemoteRef{Key: "other"}).Err
		assert.Equal(t, provider.Denied, provider.KindOf(err), err)
		require.ErrorContains(t, err, `Vault refuses GET /v1/secret/data/other, status code: 403, errors: * 1 error occurred: * permission denied`)
		require.ErrorContains(t, err, `one needs path "secret/data/other" { capabilities = ["read"] }`)
	})
	t.Run("a search is denied with what it needs", func(t *testing.T) {
		_, err := reader.(provider.Finder).Find(t.Context(), &api.Find{Name: &api.FindName{RegExp: "."}})
		assert.Equal(t, provider.Denied, provider.KindOf(err), err)
		require.ErrorContains(t, err, `path "secret/metadata*" { capabilities = ["list", "read"] }`)
	})
	t.Run("a token that is none is not known, and is not in the text", func(t *testing.T) {
		location, reader := open(t, v, "hvs.canary", version2)
		err := read(t, location, reader, api.RemoteRef{Key: "db"}).Err
		assert.Equal(t, provider.Unauthenticated, provider.KindOf(err), err)
		assert.NotContains(t, err.Error(), "canary")
		_, err = reader.(provider.Identifier).Identity(t.Context())
		assert.Equal(t, provider.Unauthenticated, provider.KindOf(err), err)
	})
	t.Run("a token that a store was given is not revoked", func(t *testing.T) {
		require.NoError(t, reader.(provider.Closer).Close(t.Context()))
		code, _ := v.Ask(t, token, http.MethodGet, "auth/token/lookup-self", nil)
		assert.Equal(t, http.StatusOK, code)
	})
	t.Run("the caller is told by its name and policies", func(t *testing.T) {
		facts, err := reader.(provider.Identifier).Identity(t.Context())
		require.NoError(t, err)
		require.Len(t, facts, 3)
		assert.Equal(t, "token-test", facts[0].Value)
		assert.Equal(t, "default, reader", facts[1].Value)
		assert.Contains(t, facts[2].Value, "in ")
	})
}
