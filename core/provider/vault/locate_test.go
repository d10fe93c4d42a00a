package vault_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/vault"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

const byToken = `"auth":{"tokenSecretRef":{"name":"login","key":"token"}}`

func TestLocateFails(t *testing.T) {
	for name, tc := range map[string]struct {
		spec, want string
		kind       provider.Kind
	}{
		"a spec that is no object":        {`[]`, "can't be read", provider.Invalid},
		"no server":                       {`{}`, "server must be a URL", provider.Invalid},
		"a server that is no URL":         {`{"server":"vault.example"}`, "server must be a URL", provider.Invalid},
		"a server with a password":        {`{"server":"https://me:canary@v"}`, "server must be a URL", provider.Invalid},
		"a version that there is none of": {`{"server":"https://v","version":"v3"}`, `version "v3" is neither v1 nor v2`, provider.Invalid},
		"a mount that goes up":            {`{"server":"https://v","path":"a/../sys"}`, "is no mount", provider.Invalid},
		"a mount of no name":              {`{"server":"https://v","path":"/"}`, "is no mount", provider.Invalid},
		"no way of logging in":            {`{"server":"https://v","auth":{"namespace":"n"}}`, "exactly one way", provider.Invalid},
		"two ways":                        {`{"server":"https://v","auth":{"tokenSecretRef":{},"appRole":{"secretRef":{}}}}`, "and has 2", provider.Invalid},
		"a way that is not known here":    {`{"server":"https://v","auth":{"iam":{"vaultRole":"r"}}}`, "auth.iam is not supported", provider.Unsupported},
		"an AppRole without a role id":    {`{"server":"https://v","auth":{"appRole":{"secretRef":{}}}}`, "one of roleId and roleRef", provider.Invalid},
		"a kubernetes login without role": {`{"server":"https://v","auth":{"kubernetes":{"secretRef":{}}}}`, "role is missing", provider.Invalid},
		"the pass's own kubernetes login": {`{"server":"https://v","auth":{"kubernetes":{"role":"r"}}}`, "does not lend its own identity", provider.Invalid},
		"a jwt login without a token":     {`{"server":"https://v","auth":{"jwt":{"role":"r"}}}`, "one of secretRef and kubernetesServiceAccountToken", provider.Invalid},
		"a certificate without TLS":       {`{"server":"http://v","auth":{"cert":{"clientCert":{"name":"c"},"secretRef":{"name":"c"}}}}`, "auth.cert needs a server with https", provider.Invalid},
		"two certificates":                {`{"server":"https://v","tls":{"certSecretRef":{"name":"other"}},"auth":{"cert":{"clientCert":{"name":"c"},"secretRef":{"name":"c"}}}}`, "and another one in auth.cert", provider.Invalid},
		"a user of no name":               {`{"server":"https://v","auth":{"userPass":{"secretRef":{}}}}`, "userPass.username is missing", provider.Invalid},
		"a user who is somewhere else":    {`{"server":"https://v","auth":{"ldap":{"username":"../x"}}}`, "has a slash", provider.Invalid},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			store := provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Consumer: "shop", Spec: json.RawMessage(tc.spec)}
			_, err := vault.Provider{}.Locate(store)
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, "spec.provider.vault")
			assert.Equal(t, tc.kind, provider.KindOf(err))
			assert.NotContains(t, err.Error(), "canary")
			_, err = vault.Provider{}.Open(t.Context(), store, noMore{})
			require.ErrorContains(t, err, tc.want)
			_, err = vault.Provider{OpenBao: true}.Locate(store)
			if err != nil {
				require.ErrorContains(t, err, "spec.provider.openBao")
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	identity := func(t *testing.T, kind, namespace, consumer, spec string) string {
		t.Helper()
		location, err := vault.Provider{}.Locate(provider.Store{Kind: kind, Namespace: namespace, Consumer: consumer, Spec: json.RawMessage(spec)})
		require.NoError(t, err)
		return location.Identity
	}
	base := `{"server":"https://v","path":"secret",` + byToken + `}`
	for name, tc := range map[string]struct {
		kind, namespace, consumer, spec string
		same                            bool
	}{
		"another store of the namespace":             {api.KindSecretStore, "shop", "shop", base, true},
		"one of another namespace":                   {api.KindSecretStore, "other", "other", base, false},
		"one that says the defaults":                 {api.KindSecretStore, "shop", "shop", `{"server":"https://v/","path":"/secret/","version":"v2",` + byToken + `}`, true},
		"one of version 1":                           {api.KindSecretStore, "shop", "shop", `{"server":"https://v","path":"secret","version":"v1",` + byToken + `}`, false},
		"one of another mount":                       {api.KindSecretStore, "shop", "shop", `{"server":"https://v","path":"kv",` + byToken + `}`, false},
		"one of another namespace of Vault":          {api.KindSecretStore, "shop", "shop", `{"namespace":"n",` + base[1:], false},
		"a ClusterSecretStore for the same consumer": {api.KindClusterSecretStore, "", "shop", base, true},
		"a ClusterSecretStore for another consumer":  {api.KindClusterSecretStore, "", "other", base, false},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.same, identity(t, api.KindSecretStore, "shop", "shop", base) == identity(t, tc.kind, tc.namespace, tc.consumer, tc.spec))
		})
	}
}

// noting is a keychain that notes what it is asked for.
type noting struct {
	noMore
	asked *[]provider.CredentialRef
}

func (n noting) note(kind provider.CredentialKind, namespace, name string) {
	*n.asked = append(*n.asked, provider.CredentialRef{Kind: kind, Namespace: namespace, Name: name})
}

func (n noting) Secret(_ context.Context, namespace, name, _ string) (secret.Value, error) {
	n.note(provider.CredentialSecret, namespace, name)
	return secret.FromString("x"), nil
}

func (n noting) Token(_ context.Context, namespace, name string, _ []string) (secret.Value, time.Time, error) {
	n.note(provider.CredentialToken, namespace, name)
	return secret.FromString("x"), time.Time{}, nil
}

func TestOpenAsksForTheCredentialsThatLocateNames(t *testing.T) {
	for name, tc := range map[string]struct {
		auth string
		want int
	}{
		"a token":                     {`{"tokenSecretRef":{"name":"a"}}`, 1},
		"an AppRole":                  {`{"appRole":{"roleId":"r","secretRef":{"name":"a","key":"k"}}}`, 1},
		"an AppRole with a role id":   {`{"appRole":{"roleRef":{"name":"b","key":"k"},"secretRef":{"name":"a","key":"k"}}}`, 2},
		"a service account":           {`{"kubernetes":{"role":"r","serviceAccountRef":{"name":"a"}}}`, 1},
		"a service account's token":   {`{"kubernetes":{"role":"r","secretRef":{"name":"a"}}}`, 1},
		"a service account, by jwt":   {`{"jwt":{"kubernetesServiceAccountToken":{"serviceAccountRef":{"name":"a"}}}}`, 1},
		"a jwt":                       {`{"jwt":{"secretRef":{"name":"a"}}}`, 1},
		"a user":                      {`{"userPass":{"username":"u","secretRef":{"name":"a","key":"k"}}}`, 1},
		"a user of a directory":       {`{"ldap":{"username":"u","secretRef":{"name":"a","key":"k"}}}`, 1},
		"nothing, and a proxy for it": {`null`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			none := int32(0)
			store := provider.Store{Kind: api.KindClusterSecretStore, Consumer: "shop", Retry: &api.StoreRetrySettings{MaxRetries: &none},
				Spec: json.RawMessage(`{"server":"http://127.0.0.1:1","path":"secret","auth":` + tc.auth + `}`)}
			location, err := vault.Provider{}.Locate(store)
			require.NoError(t, err)
			var asked []provider.CredentialRef
			_, _ = vault.Provider{}.Open(t.Context(), store, noting{asked: &asked}) // nobody is there to log in to
			assert.Len(t, asked, tc.want)
			assert.ElementsMatch(t, asked, location.Credentials)
			assert.NotEmpty(t, location.Place)
			assert.NotEmpty(t, location.Login)
		})
	}
}
