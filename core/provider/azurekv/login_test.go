package azurekv_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/azurekv"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// login opens a store and closes nothing: it fails, or it reads.
func login(t *testing.T, p azurekv.Provider, store provider.Store, credentials provider.Credentials) error {
	t.Helper()
	location, err := p.Locate(store)
	require.NoError(t, err)
	reader, err := p.Open(t.Context(), store, credentials)
	if err != nil {
		return err
	}
	return read(t, location, reader, api.RemoteRef{Key: "db"}).Err
}

func TestAClientSecretLogsIn(t *testing.T) {
	a := started(t)
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	a.App(t, harness.AzureApp{ClientID: "late", Secret: password, Expired: true})
	a.App(t, harness.AzureApp{ClientID: "foreign", Secret: password, Tenant: "elsewhere.example", Roles: user()})
	p := fast(t, a)
	other := strings.Replace(bySecret, harness.AzureTenant, "elsewhere.example", 1)
	for name, tc := range map[string]struct {
		rest   string
		change map[string]string
		want   string // empty means that it logs in
		kind   provider.Kind
	}{
		"as who it is":                        {rest: bySecret},
		"not with another secret":             {bySecret, map[string]string{"secret": "wrong-canary"}, "AADSTS7000215", provider.Unauthenticated},
		"not with one that has expired":       {bySecret, map[string]string{"id": "late"}, "AADSTS7000222", provider.Unauthenticated},
		"not as an application of no tenant":  {bySecret, map[string]string{"id": "nobody"}, "AADSTS700016", provider.Unauthenticated},
		"not to a tenant that is none":        {strings.Replace(bySecret, harness.AzureTenant, "none.example", 1), nil, "AADSTS90002", provider.Unauthenticated},
		"not to the tenant of no key vault":   {other, map[string]string{"id": "foreign"}, "AKV10032", provider.Unauthenticated},
		"not with a secret that is empty":     {bySecret, map[string]string{"secret": " \n"}, "authSecretRef.clientSecret is empty", provider.Invalid},
		"not with a Secret that is not there": {strings.ReplaceAll(bySecret, `"login"`, `"gone"`), nil, `read spec.provider.azurekv.authSecretRef.clientId: there is no Secret "gone"`, provider.Unknown},
		"not with a key that has no name":     {strings.Replace(bySecret, `"key":"secret"`, `"key":""`, 1), nil, "must name a Secret and a key", provider.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			credentials := ofLogin()
			for key, value := range tc.change {
				credentials.values["shop/login/"+key] = value
			}
			err := login(t, p, storeOf(tc.rest), credentials)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, tc.kind, provider.KindOf(err))
			assert.NotContains(t, err.Error(), "canary")
			again := login(t, p, storeOf(tc.rest), credentials)
			require.Error(t, again)
			assert.Equal(t, err.Error(), again.Error(), "the same failure reads the same twice")
		})
	}
}

// issuer is a cluster that mints tokens of service accounts.
type issuer struct {
	url string
	key *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return issuer{"https://cluster.example", key}
}

func (i issuer) jwks(t *testing.T) json.RawMessage {
	t.Helper()
	content, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &i.key.PublicKey, KeyID: "k"}}})
	require.NoError(t, err)
	return content
}

func (i issuer) mint(account string, audiences []string) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: i.key, KeyID: "k"}}, nil)
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: i.url, Subject: "system:serviceaccount:" + strings.Replace(account, "/", ":", 1), Audience: audiences, Expiry: jwt.NewNumericDate(time.Now().Add(time.Hour)),
	}).Serialize()
}

const (
	clientOf = "azure.workload.identity/client-id"
	tenantOf = "azure.workload.identity/tenant-id"
)

func TestAServiceAccountLogsIn(t *testing.T) {
	a := harness.Azure(t)
	cluster := newIssuer(t)
	trust := func(audience string) harness.AzureFederated {
		return harness.AzureFederated{Issuer: cluster.url, Subject: "system:serviceaccount:shop:app", Audience: audience, JWKS: cluster.jwks(t)}
	}
	a.App(t, harness.AzureApp{ClientID: clientID, Federated: []harness.AzureFederated{trust("api://AzureADTokenExchange")}, Roles: user()})
	a.App(t, harness.AzureApp{ClientID: "extra", Federated: []harness.AzureFederated{trust("extra")}, Roles: user()})
	a.App(t, harness.AzureApp{ClientID: "forged", Federated: []harness.AzureFederated{{Issuer: cluster.url, Subject: "system:serviceaccount:shop:app",
		Audience: "api://AzureADTokenExchange", JWKS: newIssuer(t).jwks(t)}}})
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	const byAccount = `"authType":"WorkloadIdentity","serviceAccountRef":{"name":"app"}`
	const ids = `,"authSecretRef":{"clientId":{"name":"login","key":"id"},"tenantId":{"name":"login","key":"tenant"}}`
	annotated := map[string]string{"shop/app/" + clientOf: clientID, "shop/app/" + tenantOf: harness.AzureTenant}
	for name, tc := range map[string]struct {
		rest        string
		values      map[string]string
		environment string
		want        string
	}{
		"by its annotations":                           {byAccount, annotated, "", ""},
		"with the tenant of the store":                 {byAccount + `,"tenantId":"` + harness.AzureTenant + `"`, map[string]string{"shop/app/" + clientOf: clientID}, "", ""},
		"with the same tenant twice":                   {byAccount + `,"tenantId":"` + harness.AzureTenant + `"`, annotated, "", ""},
		"with the tenant of the process":               {byAccount, map[string]string{"shop/app/" + clientOf: clientID}, "AZURE_TENANT_ID=" + harness.AzureTenant, ""},
		"by the ids of a Secret":                       {byAccount + ids, map[string]string{"shop/login/id": clientID, "shop/login/tenant": harness.AzureTenant}, "", ""},
		"with audiences besides":                       {strings.Replace(byAccount, `"app"`, `"app","audiences":["extra"]`, 1), with(annotated, "shop/app/"+clientOf, "extra"), "", ""},
		"not for another audience":                     {byAccount, with(annotated, "shop/app/"+clientOf, "extra"), "", "AADSTS700212"},
		"not as another account":                       {strings.Replace(byAccount, `"app"`, `"other"`, 1), map[string]string{"shop/other/" + clientOf: clientID, "shop/other/" + tenantOf: harness.AzureTenant}, "", "AADSTS700213"},
		"not where its issuer is another's":            {byAccount, with(annotated, "shop/app/"+clientOf, "forged"), "", "AADSTS50013"},
		"not with an id here and another one there":    {byAccount + ids, with(annotated, "shop/login/id", "x", "shop/login/tenant", harness.AzureTenant), "", "contradict each other"},
		"not with a tenant here and another one there": {byAccount + `,"tenantId":"x"`, annotated, "", "contradict each other"},
		"not without a client id":                      {byAccount, nil, "AZURE_CLIENT_ID=" + clientID, "the client id of the identity is missing: neither spec.provider.azurekv.authSecretRef.clientId has it nor the annotations of service account shop/app"},
		"not without a tenant":                         {byAccount, map[string]string{"shop/app/" + clientOf: clientID}, "", "the tenant id of the identity is missing"},
		"not with an annotation that is no tenant":     {byAccount, with(annotated, "shop/app/"+tenantOf, "../x"), "", "is no tenant"},
	} {
		t.Run(name, func(t *testing.T) {
			err := login(t, fast(t, a, tc.environment), storeOf(tc.rest), keychain{values: tc.values, mint: cluster.mint})
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
		})
	}
	t.Run("for the audience of a cloud of one's own", func(t *testing.T) {
		var asked []string
		store := storeOf("")
		store.Spec = json.RawMessage(`{"vaultUrl":"https://shop.vault.corp.example",` + byAccount + `,` +
			custom(`"activeDirectoryEndpoint":"https://login.corp.example","keyVaultDNSSuffix":"vault.corp.example","audience":"mine"`) + `}`)
		err := login(t, fast(t, a), store, keychain{values: annotated, mint: func(account string, audiences []string) (string, error) {
			asked = audiences
			return cluster.mint(account, audiences)
		}})
		require.ErrorContains(t, err, "AADSTS700212")
		assert.Equal(t, []string{"mine"}, asked)
	})
	t.Run("not again if no other token can be minted", func(t *testing.T) {
		a.Lifetime(t, 60)
		defer a.Lifetime(t, 3600)
		var refused error
		location, reader := opened(t, fast(t, a), storeOf(byAccount), keychain{values: annotated, mint: func(account string, audiences []string) (string, error) {
			token, err := cluster.mint(account, audiences)
			return token, errors.Join(err, refused)
		}})
		require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
		refused = errors.New("forbidden")
		require.ErrorContains(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err, "mint a token for spec.provider.azurekv.serviceAccountRef: forbidden")
	})
	t.Run("not if no token can be minted", func(t *testing.T) {
		err := login(t, fast(t, a), storeOf(byAccount), keychain{values: annotated, mint: func(string, []string) (string, error) { return "", errors.New("forbidden") }})
		require.ErrorContains(t, err, "mint a token for spec.provider.azurekv.serviceAccountRef: forbidden")
	})
}

// with is a map with further entries.
func with(base map[string]string, entries ...string) map[string]string {
	all := map[string]string{}
	for key, value := range base {
		all[key] = value
	}
	for i := 0; i < len(entries); i += 2 {
		all[entries[i]] = entries[i+1]
	}
	return all
}

func TestThePodsOwnWorkloadIdentityLogsIn(t *testing.T) {
	a := harness.Azure(t)
	cluster := newIssuer(t)
	a.App(t, harness.AzureApp{ClientID: clientID, Roles: user(), Federated: []harness.AzureFederated{{
		Issuer: cluster.url, Subject: "system:serviceaccount:ops:runner", Audience: "api://AzureADTokenExchange", JWKS: cluster.jwks(t)}}})
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	token, err := cluster.mint("ops/runner", []string{"api://AzureADTokenExchange"})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	environment := []string{"AZURE_CLIENT_ID=" + clientID, "AZURE_TENANT_ID=" + harness.AzureTenant, "AZURE_FEDERATED_TOKEN_FILE=" + file}
	store := storeOf(`"authType":"WorkloadIdentity"`)
	require.NoError(t, login(t, fast(t, a, environment...), store, keychain{}))
	for missing, want := range map[int]string{0: "AZURE_CLIENT_ID and AZURE_TENANT_ID", 1: "the tenant id of the identity is missing", 2: "AZURE_FEDERATED_TOKEN_FILE is not in the environment"} {
		less := append(append([]string(nil), environment[:missing]...), environment[missing+1:]...)
		require.ErrorContains(t, login(t, fast(t, a, less...), store, keychain{}), want)
	}
	require.NoError(t, os.Remove(file))
	err = login(t, fast(t, a, environment...), store, keychain{})
	require.ErrorContains(t, err, "read AZURE_FEDERATED_TOKEN_FILE")
	assert.Equal(t, provider.Unauthenticated, provider.KindOf(err))
}

func TestAManagedIdentityLogsIn(t *testing.T) {
	a := harness.Azure(t)
	a.App(t, harness.AzureApp{ClientID: clientID, ObjectID: objectID, Machine: true, Default: true, Roles: user()})
	a.App(t, harness.AzureApp{ClientID: "second", Machine: true})
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	const byMachine = `"authType":"ManagedIdentity"`
	for name, tc := range map[string]struct {
		rest        string
		environment []string
		want        string
		kind        provider.Kind
		asked       string
	}{
		"of the machine":                   {byMachine, nil, "", "", "GET machine/metadata/identity/oauth2/token"},
		"of the host of the app":           {byMachine, a.IdentityEnv(), "", "", "GET machine/msi/token"},
		"by its client id":                 {byMachine + `,"identityId":"second"`, nil, "ForbiddenByRbac", provider.Denied, "GET machine/metadata/identity/oauth2/token"},
		"not one that the machine has not": {byMachine + `,"identityId":"none"`, nil, "Identity not found", provider.Unauthenticated, "GET machine/metadata/identity/oauth2/token"},
	} {
		t.Run(name, func(t *testing.T) {
			a.Requests(t)
			err := login(t, fast(t, a, tc.environment...), storeOf(tc.rest), keychain{})
			assert.Equal(t, tc.asked, a.Requests(t)[0])
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, tc.kind, provider.KindOf(err))
		})
	}
	t.Run("not where there is no such thing", func(t *testing.T) {
		a.Fault(t, harness.AzureFault{Path: "machine/", Status: 404, Body: "nothing here", Times: 9})
		err := login(t, fast(t, a), storeOf(byMachine), keychain{})
		require.ErrorContains(t, err, "no managed identity is to be had here")
		assert.Equal(t, provider.Unauthenticated, provider.KindOf(err))
	})
}

func TestATokenThatEndsSoonIsRenewed(t *testing.T) {
	a := started(t)
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	location, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	for range 3 {
		require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
	}
	assert.Equal(t, 1, reader.Stats().Requests["Entra.GetToken"])
	a.Lifetime(t, 60)
	location, reader = opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	for range 3 {
		require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
	}
	assert.Equal(t, 4, reader.Stats().Requests["Entra.GetToken"])
	assert.Zero(t, reader.Stats().Retries)
}

func TestWhoTheCallerIs(t *testing.T) {
	a := started(t)
	_, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	a.Requests(t)
	facts, err := reader.(provider.Identifier).Identity(t.Context())
	require.NoError(t, err)
	got := map[string]string{}
	for _, fact := range facts {
		got[fact.Name] = fact.Value
	}
	assert.Equal(t, map[string]string{"application": clientID, "object": objectID, "tenant of the token": harness.AzureTenant}, got)
	assert.Empty(t, a.Requests(t), "it is in the token")

	t.Run("is not told by a token that others can't read", func(t *testing.T) {
		a.Fault(t, harness.AzureFault{Path: "login.microsoftonline.com/", Status: 200, Body: `{"access_token":"opaque-canary","expires_in":"3600"}`, Times: 1})
		_, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
		facts, err := reader.(provider.Identifier).Identity(context.Background())
		require.NoError(t, err)
		require.Len(t, facts, 1)
		assert.NotContains(t, facts[0].Value, "canary")
	})
}
