package azurekv_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/azurekv"
)

// custom is a cloud of one's own, with the rest of its settings as JSON.
func custom(rest string) string {
	return `"environmentType":"AzureStackCloud","customCloudConfig":{` + rest + `}`
}

func TestLocateFails(t *testing.T) {
	const vault = `"vaultUrl":"https://shop.vault.azure.net"`
	const stack = `"activeDirectoryEndpoint":"https://login.corp.example","keyVaultDNSSuffix":"vault.corp.example"`
	for name, tc := range map[string]struct{ spec, want string }{
		"a spec that is no object":                      {`[]`, "can't be read"},
		"no key vault":                                  {`{` + bySecret + `}`, "vaultUrl must be an https URL"},
		"a key vault without TLS":                       {`{"vaultUrl":"http://shop.vault.azure.net",` + bySecret + `}`, "vaultUrl must be an https URL"},
		"a password in the URL":                         {`{"vaultUrl":"https://me:canary@shop.vault.azure.net",` + bySecret + `}`, "vaultUrl must be an https URL"},
		"another host":                                  {`{"vaultUrl":"https://shop.vault.azure.net.example",` + bySecret + `}`, "a token is sent to no other"},
		"a host that ends alike":                        {`{"vaultUrl":"https://evilvault.azure.net",` + bySecret + `}`, "a token is sent to no other"},
		"the cloud's own host":                          {`{"vaultUrl":"https://vault.azure.net",` + bySecret + `}`, "a token is sent to no other"},
		"a host below a key vault":                      {`{"vaultUrl":"https://x.shop.vault.azure.net",` + bySecret + `}`, "a token is sent to no other"},
		"a managed HSM":                                 {`{"vaultUrl":"https://shop.managedhsm.azure.net",` + bySecret + `}`, "a token is sent to no other"},
		"a key vault of another cloud":                  {`{"vaultUrl":"https://shop.vault.azure.cn",` + bySecret + `}`, "a token is sent to no other"},
		"a path":                                        {`{"vaultUrl":"https://shop.vault.azure.net/secrets",` + bySecret + `}`, "has a path"},
		"a cloud that was closed":                       {`{"environmentType":"GermanCloud",` + vault + `,` + bySecret + `}`, "Microsoft has closed it"},
		"a cloud that there is none of":                 {`{"environmentType":"Moon",` + vault + `,` + bySecret + `}`, "is none of PublicCloud"},
		"a cloud of one's own that is nowhere":          {`{"environmentType":"AzureStackCloud",` + vault + `,` + bySecret + `}`, "customCloudConfig is missing"},
		"a login without TLS":                           {`{` + custom(`"activeDirectoryEndpoint":"http://login.corp.example"`) + `,` + vault + `,` + bySecret + `}`, "credentials are sent to it"},
		"a cloud that does not say what key vaults are": {`{` + custom(`"activeDirectoryEndpoint":"https://login.corp.example"`) + `,` + vault + `,` + bySecret + `}`, "keyVaultEndpoint or keyVaultDNSSuffix"},
		"a resource that is no URL":                     {`{` + custom(`"activeDirectoryEndpoint":"https://login.corp.example","keyVaultEndpoint":"vault"`) + `,` + vault + `,` + bySecret + `}`, "keyVaultEndpoint must be"},
		"the machine's identity for a cloud of one's own": {`{` + custom(stack) + `,"vaultUrl":"https://shop.vault.corp.example","authType":"ManagedIdentity"}`,
			"would be shown to whom the store names"},
		"the process's identity for a cloud of one's own": {`{` + custom(stack) + `,"vaultUrl":"https://shop.vault.corp.example","authType":"WorkloadIdentity"}`,
			"would be shown to whom the store names"},
		"a tenant that is a path":              {`{` + vault + `,"tenantId":"a/../b"}`, "is no tenant"},
		"a way of logging in that is none":     {`{` + vault + `,"authType":"Password"}`, "is none of ServicePrincipal"},
		"no application":                       {`{` + vault + `,"tenantId":"t"}`, "authSecretRef.clientId is missing"},
		"nothing that proves it":               {`{` + vault + `,"tenantId":"t","authSecretRef":{"clientId":{}}}`, "one of clientSecret and clientCertificate"},
		"two things that prove it":             {`{` + vault + `,"tenantId":"t","authSecretRef":{"clientId":{},"clientSecret":{},"clientCertificate":{}}}`, "one of clientSecret and clientCertificate"},
		"no tenant":                            {`{` + vault + `,"authSecretRef":{"clientId":{},"clientSecret":{}}}`, "tenantId is missing"},
		"a resource id as a client id":         {`{` + vault + `,"authType":"ManagedIdentity","identityId":"/subscriptions/x"}`, "not its resource id"},
		"an id for the process's identity":     {`{` + vault + `,"authType":"WorkloadIdentity","authSecretRef":{"clientId":{}}}`, "does not choose among the identities of the process"},
		"a service account of no name":         {`{` + vault + `,"authType":"WorkloadIdentity","serviceAccountRef":{}}`, "serviceAccountRef.name is missing"},
		"a vault with a port and another host": {`{"vaultUrl":"https://127.0.0.1:8443",` + bySecret + `}`, "a token is sent to no other"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			store := provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Consumer: "shop", Spec: json.RawMessage(tc.spec)}
			_, err := azurekv.Provider{}.Locate(store)
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, "spec.provider.azurekv")
			assert.Equal(t, provider.Invalid, provider.KindOf(err))
			assert.NotContains(t, err.Error(), "canary")
			_, err = azurekv.Provider{}.Open(t.Context(), store, keychain{})
			require.ErrorContains(t, err, tc.want)
		})
	}
	t.Run("but a ClusterSecretStore may show the process's identity to a cloud of one's own", func(t *testing.T) {
		_, err := azurekv.Provider{}.Locate(provider.Store{Kind: api.KindClusterSecretStore, Consumer: "shop", Spec: json.RawMessage(
			`{` + custom(stack) + `,"vaultUrl":"https://shop.vault.corp.example","authType":"ManagedIdentity"}`)})
		require.NoError(t, err)
	})
}

func TestIdentity(t *testing.T) {
	identity := func(t *testing.T, kind, namespace, consumer, rest string) string {
		t.Helper()
		store := storeOf(rest)
		store.Kind, store.Namespace, store.Consumer = kind, namespace, consumer
		location, err := azurekv.Provider{}.Locate(store)
		require.NoError(t, err)
		return location.Identity
	}
	for name, tc := range map[string]struct {
		kind, namespace, consumer, rest string
		same                            bool
	}{
		"another store of the namespace":             {api.KindSecretStore, "shop", "shop", bySecret, true},
		"one that says the defaults":                 {api.KindSecretStore, "shop", "shop", `"authType":"ServicePrincipal","environmentType":"PublicCloud",` + bySecret, true},
		"one that writes the URL otherwise":          {api.KindSecretStore, "shop", "shop", `"vaultUrl":"https://Shop.vault.azure.net/",` + bySecret, true},
		"one that writes the port, too":              {api.KindSecretStore, "shop", "shop", `"vaultUrl":"https://shop.vault.azure.net:443",` + bySecret, true},
		"one of another namespace":                   {api.KindSecretStore, "other", "other", bySecret, false},
		"one of another form of metadata":            {api.KindSecretStore, "shop", "shop", `"useAzureSDK":true,` + bySecret, false},
		"a ClusterSecretStore for the same consumer": {api.KindClusterSecretStore, "", "shop", bySecret, true},
		"a ClusterSecretStore for another consumer":  {api.KindClusterSecretStore, "", "other", bySecret, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := identity(t, tc.kind, tc.namespace, tc.consumer, tc.rest)
			assert.Equal(t, tc.same, got == identity(t, api.KindSecretStore, "shop", "shop", bySecret))
		})
	}
}

func TestWhatALoginReads(t *testing.T) {
	for name, tc := range map[string]struct {
		rest string
		want []provider.CredentialRef
		as   string
	}{
		"a client secret": {bySecret, []provider.CredentialRef{
			{Kind: provider.CredentialSecret, Namespace: "shop", Name: "login"}, {Kind: provider.CredentialSecret, Namespace: "shop", Name: "login"},
		}, "application with the client secret in Secret login"},
		"a certificate": {`"authSecretRef":{"clientId":{"name":"i","key":"k"},"tenantId":{"name":"t","key":"k"},"clientCertificate":{"name":"c","key":"k"}}`,
			[]provider.CredentialRef{
				{Kind: provider.CredentialSecret, Namespace: "shop", Name: "i"}, {Kind: provider.CredentialSecret, Namespace: "shop", Name: "t"},
				{Kind: provider.CredentialSecret, Namespace: "shop", Name: "c"},
			}, "application with the certificate in Secret c"},
		"a service account": {`"authType":"WorkloadIdentity","serviceAccountRef":{"name":"app","namespace":"elsewhere"}`, []provider.CredentialRef{
			{Kind: provider.CredentialServiceAccount, Namespace: "shop", Name: "app"}, {Kind: provider.CredentialToken, Namespace: "shop", Name: "app"},
		}, "workload identity of service account app"},
		"the process":   {`"authType":"WorkloadIdentity"`, nil, "workload identity of the process"},
		"the machine":   {`"authType":"ManagedIdentity"`, nil, "managed identity of the machine"},
		"one of theirs": {`"authType":"ManagedIdentity","identityId":"id"`, nil, "managed identity id"},
	} {
		t.Run(name, func(t *testing.T) {
			location, err := azurekv.Provider{}.Locate(storeOf(tc.rest))
			require.NoError(t, err)
			assert.Equal(t, tc.want, location.Credentials)
			assert.Equal(t, tc.as, location.Login[0].Value)
			assert.Equal(t, "https://shop.vault.azure.net", location.Place[0].Value)
		})
	}
}

func TestRefs(t *testing.T) {
	location, err := azurekv.Provider{}.Locate(storeOf(bySecret))
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		remote api.RemoteRef
		want   provider.Ref
	}{
		"a name":                {api.RemoteRef{Key: "db"}, provider.Ref{Key: "db"}},
		"a secret by its kind":  {api.RemoteRef{Key: "secret/db"}, provider.Ref{Key: "db"}},
		"a key":                 {api.RemoteRef{Key: "key/db", Version: "v"}, provider.Ref{Key: "key/db", Version: "v"}},
		"a certificate":         {api.RemoteRef{Key: "cert/db"}, provider.Ref{Key: "cert/db"}},
		"a version's metadata":  {api.RemoteRef{Key: "db", Version: "v", MetadataPolicy: api.MetadataPolicyFetch}, provider.Ref{Key: "db", Version: "v", Metadata: true}},
		"a kind that is no one": {api.RemoteRef{Key: "a/b"}, provider.Ref{Key: "a/b"}},
		"two kinds":             {api.RemoteRef{Key: "secret/key/db"}, provider.Ref{Key: "secret/key/db"}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, location.Ref(&tc.remote)) })
	}
	assert.False(t, location.Finds(&api.Find{}, "key/db"), "a search comes upon secrets alone")
}
