package vault_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/vault"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// withLogins is a Vault with a secret db, that an AppRole and a user may read.
func withLogins(t *testing.T) (*harness.VaultServer, keychain) {
	t.Helper()
	v := harness.Vault(t)
	v.Put(t, "db", map[string]any{"a": "b"})
	v.Policy(t, "reader", `path "secret/data/db" { capabilities = ["read"] }`)
	v.Enable(t, "approle")
	role, secret := v.AppRole(t, "shop", "reader")
	v.Enable(t, "userpass")
	v.Do(t, http.MethodPost, "auth/userpass/users/me", map[string]any{"password": "pw", "token_policies": "reader"})
	return v, keychain{"shop/role/id": role, "shop/role/secret": secret, "shop/user/password": "pw", "shop/wrong/id": "wrong"}
}

func TestALoginIsGivenBack(t *testing.T) {
	v, keys := withLogins(t)
	for name, tc := range map[string]struct {
		provider vault.Provider
		auth     string
		login    string
	}{
		"of an AppRole": {fast, `{"appRole":{"roleId":"` + keys["shop/role/id"] + `","secretRef":{"name":"role","key":"secret"}}}`, "PUT auth/approle/login"},
		"of an AppRole whose id is in a Secret, too": {fast,
			`{"appRole":{"path":"/approle/","roleRef":{"name":"role","key":"id"},"secretRef":{"name":"role","key":"secret"}}}`, "PUT auth/approle/login"},
		"of a user": {fast, `{"userPass":{"username":"me","secretRef":{"name":"user","key":"password"}}}`, "PUT auth/userpass/login/me"},
		"of a user at OpenBao": {vault.Provider{OpenBao: true, Backoff: fast.Backoff},
			`{"userPass":{"username":"me","secretRef":{"name":"user","key":"password"}}}`, "PUT auth/userpass/login/me"},
	} {
		t.Run(name, func(t *testing.T) {
			before := v.Accessors(t)
			store := storeOf(v, version2+`,"auth":`+tc.auth)
			location, err := tc.provider.Locate(store)
			require.NoError(t, err)
			reader, err := tc.provider.Open(t.Context(), store, noMore{keychain: keys})
			require.NoError(t, err)
			assert.Equal(t, before+1, v.Accessors(t))
			for range 3 {
				require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
			}
			require.NoError(t, reader.(provider.Closer).Close(t.Context()))
			assert.Equal(t, before, v.Accessors(t), "the token of the login lives on")
			want := map[string]int{"Vault.Login": 1, "Vault.ReadSecret": 3, "Vault.RevokeSelf": 1}
			assert.Equal(t, want, reader.Stats().Requests)
			login := strings.Replace(tc.login, "PUT ", "POST ", 1)
			assert.Equal(t, []string{login, "GET secret/data/db", "GET secret/data/db", "GET secret/data/db", "POST auth/token/revoke-self"}, v.Requests())
		})
	}
}

func TestABatchTokenIsLeftToEnd(t *testing.T) {
	v, keys := withLogins(t)
	v.Do(t, http.MethodPost, "auth/userpass/users/me", map[string]any{"password": "pw", "token_policies": "reader", "token_type": "batch"})
	store := storeOf(v, version2+`,"auth":{"userPass":{"username":"me","secretRef":{"name":"user","key":"password"}}}`)
	reader, err := fast.Open(t.Context(), store, noMore{keychain: keys})
	require.NoError(t, err)
	require.NoError(t, reader.(provider.Closer).Close(t.Context()))
	assert.Equal(t, []string{"POST auth/userpass/login/me"}, v.Requests())
}

func TestALoginIsRefused(t *testing.T) {
	v, keys := withLogins(t)
	for name, tc := range map[string]struct{ auth, want string }{
		"a wrong secret id": {`{"appRole":{"roleId":"` + keys["shop/role/id"] + `","secretRef":{"name":"wrong","key":"id"}}}`, "status code: 400"},
		"a wrong password":  {`{"userPass":{"username":"me","secretRef":{"name":"wrong","key":"id"}}}`, "status code: 400"},
		"a mount that is not there": {`{"userPass":{"path":"elsewhere","username":"me","secretRef":{"name":"user","key":"password"}}}`,
			"auth/elsewhere/login/me, status code: 403"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fast.Open(t.Context(), storeOf(v, version2+`,"auth":`+tc.auth), noMore{keychain: keys})
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, "check the role and mount of spec.provider.vault.auth")
			assert.Equal(t, provider.Unauthenticated, provider.KindOf(err))
			assert.NotContains(t, err.Error(), keys["shop/role/secret"])
			assert.Len(t, v.Requests(), 1, "what can't succeed is not tried again")
		})
	}
}

// What methods send: that servers let them in is tested elsewhere.
func TestWhatALoginSends(t *testing.T) {
	for name, tc := range map[string]struct {
		openBao    bool
		auth, path string
		body       map[string]string
	}{
		"kubernetes with a minted token": {auth: `{"kubernetes":{"role":"r","serviceAccountRef":{"name":"sa","audiences":["x"]}}}`,
			path: "auth/kubernetes/login", body: map[string]string{"role": "r", "jwt": "shop/sa for x"}},
		"kubernetes with a token of a Secret": {auth: `{"kubernetes":{"mountPath":"k8s","role":"r","secretRef":{"name":"jwt"}}}`,
			path: "auth/k8s/login", body: map[string]string{"role": "r", "jwt": "stored"}},
		"kubernetes at OpenBao": {openBao: true, auth: `{"kubernetes":{"path":"k8s","role":"r","secretRef":{"name":"jwt"}}}`,
			path: "auth/k8s/login", body: map[string]string{"role": "r", "jwt": "stored"}},
		"jwt with a minted token": {auth: `{"jwt":{"role":"r","kubernetesServiceAccountToken":{"serviceAccountRef":{"name":"sa","audiences":["x"]}}}}`,
			path: "auth/jwt/login", body: map[string]string{"role": "r", "jwt": "shop/sa for vault+x"}},
		"jwt with a token for others": {auth: `{"jwt":{"kubernetesServiceAccountToken":{"serviceAccountRef":{"name":"sa"},"audiences":["y"]}}}`,
			path: "auth/jwt/login", body: map[string]string{"jwt": "shop/sa for y"}},
		"jwt with a token of a Secret": {auth: `{"jwt":{"path":"oidc","role":"r","secretRef":{"name":"jwt"}}}`,
			path: "auth/oidc/login", body: map[string]string{"role": "r", "jwt": "stored"}},
		"ldap": {auth: `{"ldap":{"username":"me","secretRef":{"name":"user","key":"password"}}}`, path: "auth/ldap/login/me", body: map[string]string{"password": "pw"}},
	} {
		t.Run(name, func(t *testing.T) {
			var path string
			var body map[string]string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				path = strings.TrimPrefix(r.URL.Path, "/v1/")
				assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
				_, _ = w.Write([]byte(`{"auth":{"client_token":"t","token_type":"service"}}`)) // the client reads it all
			}))
			t.Cleanup(server.Close)
			store := provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Consumer: "shop",
				Spec: json.RawMessage(`{"server":"` + server.URL + `","auth":` + tc.auth + `}`)}
			_, err := vault.Provider{OpenBao: tc.openBao}.Open(t.Context(), store, noMore{keychain: keychain{"shop/jwt/token": "stored\n", "shop/user/password": "pw"}})
			require.NoError(t, err)
			assert.Equal(t, tc.path, path)
			assert.Equal(t, tc.body, body)
		})
	}
}

// Vault's own client reads these.
func TestTheEnvironmentHasNoPart(t *testing.T) {
	v := harness.Vault(t)
	v.Put(t, "db", map[string]any{"a": "b"})
	for name, value := range map[string]string{
		"VAULT_TOKEN": v.Root(), "VAULT_ADDR": "http://127.0.0.1:1", "VAULT_NAMESPACE": "elsewhere", "VAULT_SKIP_VERIFY": "true", "VAULT_HEADERS": "a=b",
	} {
		t.Setenv(name, value)
	}
	home := t.TempDir()
	require.NoError(t, os.WriteFile(home+"/.vault-token", []byte(v.Root()), 0o600))
	t.Setenv("HOME", home)
	store := storeOf(v, version2)
	location, err := fast.Locate(store)
	require.NoError(t, err)
	reader, err := fast.Open(t.Context(), store, noMore{})
	require.NoError(t, err)
	err = read(t, location, reader, api.RemoteRef{Key: "db"}).Err
	assert.NotEqual(t, provider.Unavailable, provider.KindOf(err), "it asks the store's server: %v", err)
	require.ErrorContains(t, err, "status code: 403", "it sends no token")
}

func TestTheRequestsCarryWhatTheStoreSays(t *testing.T) {
	var got []http.Header
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header)
		w.Header().Set("X-Vault-Index", "state")
		_, _ = w.Write([]byte(`{"auth":{"client_token":"t"},"data":{"data":{"a":"b"},"metadata":{"version":1}}}`)) // the client reads it all
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	v := &harness.VaultServer{Door: &harness.Door{URL: server.URL, CA: pemOf(server.Certificate())}}
	store := storeOf(v, `"path":"secret","namespace":"team","headers":{"X-Extra":"yes","X-Vault-Token":"none"},"readYourWrites":true,"forwardInconsistent":true,
		"auth":{"namespace":"login","userPass":{"username":"me","secretRef":{"name":"user","key":"password"}}}`)
	location, err := fast.Locate(store)
	require.NoError(t, err)
	reader, err := fast.Open(t.Context(), store, noMore{keychain: keychain{"shop/user/password": "pw"}})
	require.NoError(t, err)
	require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
	require.Len(t, got, 2)
	assert.Equal(t, "login", got[0].Get("X-Vault-Namespace"))
	assert.Equal(t, "team", got[1].Get("X-Vault-Namespace"))
	assert.Equal(t, "t", got[1].Get("X-Vault-Token"))
	assert.Equal(t, "state", got[1].Get("X-Vault-Index"))
	for _, header := range got {
		assert.Equal(t, "yes", header.Get("X-Extra"))
		assert.Equal(t, "true", header.Get("X-Vault-Request"))
		assert.Equal(t, "forward-active-node", header.Get("X-Vault-Inconsistent"))
	}
}

func TestAServerIsVerified(t *testing.T) {
	v := harness.Vault(t)
	store := provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Consumer: "shop", Spec: json.RawMessage(
		`{"server":"` + v.URL + `","auth":{"userPass":{"username":"me","secretRef":{"name":"user","key":"password"}}}}`)}
	_, err := fast.Open(t.Context(), store, noMore{keychain: keychain{"shop/user/password": "pw"}})
	require.ErrorContains(t, err, "give spec.provider.vault.caBundle or caProvider the CA of the server")
	assert.Equal(t, provider.Unavailable, provider.KindOf(err))
	assert.Empty(t, v.Requests(), "nothing is sent to a server that is not verified")
}

func pemOf(certificate *x509.Certificate) []byte { return pemBlock(certificate.Raw) }
