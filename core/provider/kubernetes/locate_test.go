package kubernetes

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

func TestLocateFails(t *testing.T) {
	for name, tc := range map[string]struct{ spec, want string }{
		"a spec that is no object":       {`[]`, "can't be read"},
		"a bundle that is not base64":    {`{"server":{"caBundle":"-----BEGIN"},"auth":{"token":{}}}`, "can't be read"},
		"no identity":                    {`{}`, "does not say as whom to read"},
		"an identity that is empty":      {`{"auth":{}}`, "exactly one of serviceAccount, token and cert, and has 0"},
		"two identities":                 {`{"auth":{"token":{},"serviceAccount":{"name":"a"}}}`, "and has 2"},
		"auth and a kubeconfig":          {`{"auth":{"token":{}},"authRef":{"name":"a","key":"b"}}`, "both auth and authRef"},
		"a server without TLS":           {`{"server":{"url":"http://a"},"auth":{"token":{}}}`, "server.url must be an https URL"},
		"a server that is no URL":        {`{"server":{"url":"https://a b"},"auth":{"token":{}}}`, "server.url must be an https URL"},
		"a server without a host":        {`{"server":{"url":"https://:6443"},"auth":{"token":{}}}`, "server.url must be an https URL"},
		"a server with a password":       {`{"server":{"url":"https://me:canary@a"},"auth":{"token":{}}}`, "server.url must be an https URL"},
		"a namespace that is elsewhere":  {`{"remoteNamespace":"a/b","auth":{"token":{}}}`, "remoteNamespace"},
		"a namespace that goes up a bit": {`{"remoteNamespace":"..","auth":{"token":{}}}`, "remoteNamespace"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			store := provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Spec: json.RawMessage(tc.spec)}
			_, err := Provider{}.Locate(store)
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, provider.Invalid, provider.KindOf(err))
			assert.NotContains(t, err.Error(), "canary")
			_, err = Provider{}.Open(t.Context(), store, keychain{})
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestLocate(t *testing.T) {
	base := `{"server":{"url":"https://a"},"auth":{"serviceAccount":{"name":"sa"}}}`
	identity := func(t *testing.T, kind, namespace, consumer, spec string) string {
		t.Helper()
		location, err := Provider{}.Locate(provider.Store{Kind: kind, Namespace: namespace, Consumer: consumer, Spec: json.RawMessage(spec)})
		require.NoError(t, err)
		return location.Identity
	}
	for name, tc := range map[string]struct {
		kind, namespace, consumer, spec string
		same                            bool
	}{
		"another store of the namespace":             {api.KindSecretStore, "shop", "shop", base, true},
		"one of another namespace":                   {api.KindSecretStore, "other", "other", base, false},
		"one that says the default namespace":        {api.KindSecretStore, "shop", "shop", `{"remoteNamespace":"default",` + base[1:], true},
		"one of another remote namespace":            {api.KindSecretStore, "shop", "shop", `{"remoteNamespace":"vault",` + base[1:], false},
		"one that leaves https out":                  {api.KindSecretStore, "shop", "shop", `{"server":{"url":"a"},"auth":{"serviceAccount":{"name":"sa"}}}`, true},
		"one of another server":                      {api.KindSecretStore, "shop", "shop", `{"auth":{"serviceAccount":{"name":"sa"}}}`, false},
		"one with another identity":                  {api.KindSecretStore, "shop", "shop", `{"server":{"url":"https://a"},"auth":{"serviceAccount":{"name":"other"}}}`, false},
		"a ClusterSecretStore for the same consumer": {api.KindClusterSecretStore, "", "shop", base, true},
		"a ClusterSecretStore for another consumer":  {api.KindClusterSecretStore, "", "other", base, false},
	} {
		t.Run(name, func(t *testing.T) {
			first, second := identity(t, api.KindSecretStore, "shop", "shop", base), identity(t, tc.kind, tc.namespace, tc.consumer, tc.spec)
			assert.Equal(t, tc.same, first == second)
		})
	}
	t.Run("all names of the own server are one identity, whatever their CA", func(t *testing.T) {
		assert.Equal(t,
			identity(t, api.KindSecretStore, "shop", "shop", `{"auth":{"serviceAccount":{"name":"sa"}}}`),
			identity(t, api.KindSecretStore, "shop", "shop",
				`{"server":{"url":"https://kubernetes.default","caProvider":{"type":"ConfigMap","name":"kube-root-ca.crt","key":"ca.crt"}},"auth":{"serviceAccount":{"name":"sa"}}}`))
	})
	t.Run("a ref is the Secret's name, whatever version is asked for", func(t *testing.T) {
		location, err := Provider{}.Locate(provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Spec: json.RawMessage(base)})
		require.NoError(t, err)
		assert.Equal(t, provider.Ref{Key: "db"}, location.Ref(&api.RemoteRef{Key: "db", Version: "3", Property: "p", MetadataPolicy: api.MetadataPolicyNone}))
		assert.Equal(t, provider.Ref{Key: "db", Metadata: true}, location.Ref(&api.RemoteRef{Key: "db", MetadataPolicy: api.MetadataPolicyFetch}))
	})
}

func TestLocateTellsAsWhomAStoreReads(t *testing.T) {
	for spec, want := range map[string]string{
		`{"auth":{"serviceAccount":{"name":"sa"}}}`: "service account shop/sa",
		`{"auth":{"token":{"bearerToken":{"name":"login","key":"t"}}},"server":{"caProvider":{"type":"ConfigMap","name":"ca","key":"c"}}}`: "the token in Secret shop/login",
		`{"auth":{"cert":{"clientCert":{"name":"crt","key":"c"},"clientKey":{"name":"key","key":"k"}}}}`:                                   "the certificate in Secret shop/crt",
		`{"authRef":{"name":"config","key":"k"}}`: "the user of the kubeconfig in Secret shop/config",
	} {
		location, err := Provider{}.Locate(provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Consumer: "shop", Spec: json.RawMessage(spec)})
		require.NoError(t, err)
		assert.Equal(t, []trace.Fact{{Name: "as", Value: want}}, location.Login)
	}
}
