package vault_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// certificate makes a certificate of a client, which signs itself, and its key, both PEM.
func certificate(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	rawKey, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return string(pemBlock(raw)), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: rawKey}))
}

// loggedIn opens a store and reads db, and returns the first error.
func loggedIn(t *testing.T, store provider.Store, keys keychain) error {
	t.Helper()
	location, err := fast.Locate(store)
	require.NoError(t, err)
	reader, err := fast.Open(t.Context(), store, noMore{keychain: keys})
	if err != nil {
		return err
	}
	answer := read(t, location, reader, api.RemoteRef{Key: "db"})
	if answer.Err == nil {
		assert.JSONEq(t, `{"a":"b"}`, string(answer.Value.Reveal()))
	}
	require.NoError(t, reader.(provider.Closer).Close(t.Context()))
	return answer.Err
}

func TestACertificateLogsIn(t *testing.T) {
	v, keys := withLogins(t)
	known, knownKey := certificate(t, "shop")
	unknown, unknownKey := certificate(t, "stranger")
	for name, value := range map[string]string{"client/tls.crt": known, "client/tls.key": knownKey, "client/crt": known, "client/key": knownKey + "\n",
		"stranger/tls.crt": unknown, "stranger/tls.key": unknownKey} {
		keys["shop/"+name] = value
	}
	v.Enable(t, "cert")
	v.Do(t, http.MethodPost, "auth/cert/certs/shop", map[string]any{"certificate": known, "token_policies": "reader"})
	v.Do(t, http.MethodPost, "auth/cert/certs/other", map[string]any{"certificate": unknown, "allowed_common_names": "nobody"})
	before := v.Accessors(t)
	secure := &harness.VaultServer{Door: &harness.Door{URL: v.SecureURL, CA: v.SecureCA}}
	store := func(auth string) provider.Store { return storeOf(secure, version2+`,`+auth) }
	const own, strangers = `"clientCert":{"name":"client"},"secretRef":{"name":"client"}`, `"clientCert":{"name":"stranger"},"secretRef":{"name":"stranger"}`
	for name, tc := range map[string]struct{ auth, refused string }{
		"which a role trusts":           {`"auth":{"cert":{` + own + `}}`, ""},
		"under keys of other names":     {`"auth":{"cert":{"path":"/cert/","clientCert":{"name":"client","key":"crt"},"secretRef":{"name":"client","key":"key"}}}`, ""},
		"which the role trusts":         {`"auth":{"cert":{"vaultRole":"shop",` + own + `}}`, ""},
		"which is that of tls as well":  {`"tls":{"certSecretRef":{"name":"client"},"keySecretRef":{"name":"client"}},"auth":{"cert":{` + own + `}}`, ""},
		"but not as another role":       {`"auth":{"cert":{"vaultRole":"other",` + own + `}}`, "auth/cert/login, status code: 4"},
		"unless no role trusts it":      {`"auth":{"cert":{` + strangers + `}}`, "auth/cert/login, status code: 4"},
		"unless the key is another one": {`"auth":{"cert":{"clientCert":{"name":"client"},"secretRef":{"name":"stranger"}}}`, "spec.provider.vault.auth.cert can't be shown to a server: there is no certificate with its key"},
		"unless it is not there":        {`"auth":{"cert":{"clientCert":{"name":"none"},"secretRef":{"name":"client"}}}`, "read spec.provider.vault.auth.cert.clientCert"},
	} {
		t.Run(name, func(t *testing.T) {
			err := loggedIn(t, store(tc.auth), keys)
			assert.Equal(t, before, v.Accessors(t), "no token is left")
			if tc.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.refused)
			assert.NotContains(t, err.Error(), "PRIVATE KEY")
		})
	}
}

func TestAUserOfADirectoryLogsIn(t *testing.T) {
	v, keys := withLogins(t)
	v.Enable(t, "ldap")
	v.Do(t, http.MethodPost, "auth/ldap/config", map[string]any{"url": v.LDAPURL, "userdn": "ou=people,dc=example", "userattr": "cn"})
	v.Do(t, http.MethodPost, "auth/ldap/users/me", map[string]any{"policies": "reader"})
	store := func(user, secret string) provider.Store {
		return storeOf(v, fmt.Sprintf(`%s,"auth":{"ldap":{"username":%q,"secretRef":%s}}`, version2, user, secret))
	}
	before := v.Accessors(t)
	require.NoError(t, loggedIn(t, store("me", `{"name":"user","key":"password"}`), keys))
	assert.Equal(t, before, v.Accessors(t), "no token is left")
	for user, secret := range map[string]string{"me": `{"name":"wrong","key":"id"}`, "you": `{"name":"user","key":"password"}`} {
		err := loggedIn(t, store(user, secret), keys)
		require.ErrorContains(t, err, "auth/ldap/login/"+user+", status code: 400")
		assert.Equal(t, provider.Unauthenticated, provider.KindOf(err))
	}
}

// TestACertificateOpensTheConnection has a server before Vault that lets nobody in without one.
func TestACertificateOpensTheConnection(t *testing.T) {
	v, keys := withLogins(t)
	keys["shop/client/tls.crt"], keys["shop/client/tls.key"] = certificate(t, "shop")
	keys["shop/stranger/tls.crt"], keys["shop/stranger/tls.key"] = certificate(t, "stranger")
	inner, err := url.Parse(v.URL)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(inner)
	trusted := x509.NewCertPool()
	require.True(t, trusted.AppendCertsFromPEM(v.CA))
	proxy.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}}
	clients := x509.NewCertPool()
	require.True(t, clients.AppendCertsFromPEM([]byte(keys["shop/client/tls.crt"])))
	gate := httptest.NewUnstartedServer(proxy)
	gate.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MinVersion: tls.VersionTLS12}
	gate.StartTLS()
	t.Cleanup(gate.Close)
	store := func(tls string) provider.Store {
		server, _ := json.Marshal(pemOf(gate.Certificate())) // bytes always marshal
		return provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Name: "vault", Consumer: "shop", Spec: json.RawMessage(fmt.Sprintf(
			`{"server":%q,"caBundle":%s,%s,"auth":{"userPass":{"username":"me","secretRef":{"name":"user","key":"password"}}}%s}`, gate.URL, server, version2, tls))}
	}
	require.NoError(t, loggedIn(t, store(`,"tls":{"certSecretRef":{"name":"client"},"keySecretRef":{"name":"client"}}`), keys))
	v.Requests()
	for name, tc := range map[string]struct{ tls, want string }{
		"none":              {``, "certificate required"},
		"one of a stranger": {`,"tls":{"certSecretRef":{"name":"stranger"},"keySecretRef":{"name":"stranger"}}`, "tls:"},
		"half of one":       {`,"tls":{"certSecretRef":{"name":"client"}}`, "spec.provider.vault.tls needs both certSecretRef and keySecretRef"},
	} {
		t.Run(name+" does not", func(t *testing.T) {
			require.ErrorContains(t, loggedIn(t, store(tc.tls), keys), tc.want)
			assert.Empty(t, v.Requests())
		})
	}
}
