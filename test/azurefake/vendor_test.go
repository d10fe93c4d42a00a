package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	shop   = "https://shop.vault.azure.net"
	tenant = "11111111-1111-1111-1111-111111111111"
)

// server is a running fake, seen through Azure's own client libraries with their default settings, but for the proxy and the CA.
type server struct {
	*azure
	client policy.ClientOptions
	door   string
}

func start(t *testing.T) *server {
	t.Helper()
	a, err := newAzure(tenant)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan map[string]string, 1), make(chan error, 1)
	go func() {
		ended <- a.serve(ctx, func(at any) error {
			ready <- at.(map[string]string)
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	at := <-ready
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM([]byte(at["ca"])))
	proxy, err := url.Parse(at["proxy"])
	require.NoError(t, err)
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	s := &server{azure: a, door: at["proxy"], client: policy.ClientOptions{
		Transport: &http.Client{Transport: transport}, Retry: policy.RetryOptions{RetryDelay: time.Millisecond, MaxRetries: 2},
	}}
	s.arrange(t, "app", app{ClientID: "admin", ObjectID: "o-admin", Secret: "s3cret", Roles: map[string][]string{"shop": {"Key Vault Administrator"}}})
	return s
}

func (s *server) arrange(t *testing.T, what string, body any) {
	t.Helper()
	content, err := json.Marshal(body)
	require.NoError(t, err)
	response, err := http.Post(s.door+"/control/"+what, "application/json", bytes.NewReader(content))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, response.Body.Close())
}

// as logs in with a client secret.
func (s *server) as(t *testing.T, id, secret string) azcore.TokenCredential {
	t.Helper()
	credential, err := azidentity.NewClientSecretCredential(tenant, id, secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: s.client})
	require.NoError(t, err)
	return credential
}

func (s *server) secrets(t *testing.T, credential azcore.TokenCredential) *azsecrets.Client {
	t.Helper()
	client, err := azsecrets.NewClient(shop, credential, &azsecrets.ClientOptions{ClientOptions: s.client})
	require.NoError(t, err)
	return client
}

// refusedWith checks what the vendor's client makes of a refusal.
func refusedWith(t *testing.T, err error, status int, code string) {
	t.Helper()
	var response *azcore.ResponseError
	require.ErrorAs(t, err, &response)
	assert.Equal(t, status, response.StatusCode, err)
	assert.Equal(t, code, response.ErrorCode, err)
}

func TestSecrets(t *testing.T) {
	s := start(t)
	client := s.secrets(t, s.as(t, "admin", "s3cret"))
	first, err := client.SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{Value: to.Ptr("old"), Tags: map[string]*string{"team": to.Ptr("shop")}}, nil)
	require.NoError(t, err)
	_, err = client.SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{
		Value: to.Ptr("new"), SecretAttributes: &azsecrets.SecretAttributes{Expires: to.Ptr(time.Unix(4102444800, 0))},
	}, nil)
	require.NoError(t, err)

	got, err := client.GetSecret(t.Context(), "db", "", nil)
	require.NoError(t, err)
	assert.Equal(t, "new", *got.Value)
	assert.Equal(t, "db", got.ID.Name())
	assert.Equal(t, int64(4102444800), got.Attributes.Expires.Unix())
	got, err = client.GetSecret(t.Context(), "db", first.ID.Version(), nil)
	require.NoError(t, err)
	assert.Equal(t, "old", *got.Value)
	assert.Equal(t, "shop", *got.Tags["team"])

	_, err = client.GetSecret(t.Context(), "none", "", nil)
	refusedWith(t, err, http.StatusNotFound, "SecretNotFound")
	_, err = client.GetSecret(t.Context(), "db", "0123456789abcdef0123456789abcdef", nil)
	refusedWith(t, err, http.StatusNotFound, "SecretNotFound")

	_, err = client.SetSecret(t.Context(), "off", azsecrets.SetSecretParameters{Value: to.Ptr("v"), SecretAttributes: &azsecrets.SecretAttributes{Enabled: to.Ptr(false)}}, nil)
	require.NoError(t, err)
	_, err = client.GetSecret(t.Context(), "off", "", nil)
	refusedWith(t, err, http.StatusForbidden, "Forbidden")
	assert.ErrorContains(t, err, "SecretDisabled")

	_, err = client.DeleteSecret(t.Context(), "db", nil)
	require.NoError(t, err)
	_, err = client.GetSecret(t.Context(), "db", "", nil)
	refusedWith(t, err, http.StatusNotFound, "SecretNotFound")
	_, err = client.SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{Value: to.Ptr("v")}, nil)
	refusedWith(t, err, http.StatusConflict, "Conflict")
	assert.ErrorContains(t, err, "ObjectIsDeletedButRecoverable")
}

func TestListsHavePages(t *testing.T) {
	s := start(t)
	for i := range 60 {
		s.arrange(t, "secret", arrangedSecret{Vault: "shop", Name: "s-" + string(rune('a'+i%26)) + string(rune('a'+i/26)), Value: "v", Disabled: i == 3})
	}
	var names []string
	pages, disabled := 0, 0
	for pager := s.secrets(t, s.as(t, "admin", "s3cret")).NewListSecretPropertiesPager(nil); pager.More(); pages++ {
		page, err := pager.NextPage(t.Context())
		require.NoError(t, err)
		for _, item := range page.Value {
			names = append(names, item.ID.Name())
			if !*item.Attributes.Enabled {
				disabled++
			}
		}
	}
	assert.Equal(t, 3, pages)
	assert.Len(t, names, 60)
	assert.IsIncreasing(t, names)
	assert.Equal(t, 1, disabled)
}

func TestKeysAndCertificates(t *testing.T) {
	s := start(t)
	credential := s.as(t, "admin", "s3cret")
	keys, err := azkeys.NewClient(shop, credential, &azkeys.ClientOptions{ClientOptions: s.client})
	require.NoError(t, err)
	for name, kind := range map[string]azkeys.KeyType{"ec": azkeys.KeyTypeEC, "rsa": azkeys.KeyTypeRSA} {
		_, err := keys.CreateKey(t.Context(), name, azkeys.CreateKeyParameters{Kty: to.Ptr(kind)}, nil)
		require.NoError(t, err)
		got, err := keys.GetKey(t.Context(), name, "", nil)
		require.NoError(t, err)
		assert.Equal(t, kind, *got.Key.Kty)
		assert.Equal(t, name, got.Key.KID.Name())
		assert.Empty(t, got.Key.D)
	}
	_, err = keys.GetKey(t.Context(), "none", "", nil)
	refusedWith(t, err, http.StatusNotFound, "KeyNotFound")

	certificates, err := azcertificates.NewClient(shop, credential, &azcertificates.ClientOptions{ClientOptions: s.client})
	require.NoError(t, err)
	_, text := selfSigned(t)
	_, err = certificates.ImportCertificate(t.Context(), "tls", azcertificates.ImportCertificateParameters{Base64EncodedCertificate: to.Ptr(string(text))}, nil)
	require.NoError(t, err)
	got, err := certificates.GetCertificate(t.Context(), "tls", "", nil)
	require.NoError(t, err)
	block, _ := pem.Decode(text)
	assert.Equal(t, block.Bytes, got.CER)
	_, err = certificates.GetCertificate(t.Context(), "none", "", nil)
	refusedWith(t, err, http.StatusNotFound, "CertificateNotFound")
}

func selfSigned(t *testing.T) (*rsa.PrivateKey, []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "app"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return key, append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
}

func TestRightsAndRefusals(t *testing.T) {
	s := start(t)
	s.arrange(t, "secret", arrangedSecret{Vault: "shop", Name: "db", Value: "v"})
	s.arrange(t, "secret", arrangedSecret{Vault: "shop", Name: "other", Value: "v"})
	s.arrange(t, "app", app{ClientID: "one", ObjectID: "o-one", Secret: "s", Roles: map[string][]string{"shop/secrets/db": {"Key Vault Secrets User"}}})
	client := s.secrets(t, s.as(t, "one", "s"))
	_, err := client.GetSecret(t.Context(), "db", "", nil)
	require.NoError(t, err)
	_, err = client.GetSecret(t.Context(), "other", "", nil)
	refusedWith(t, err, http.StatusForbidden, "Forbidden")
	assert.ErrorContains(t, err, "ForbiddenByRbac")
	_, err = client.NewListSecretPropertiesPager(nil).NextPage(t.Context())
	refusedWith(t, err, http.StatusForbidden, "Forbidden")

	s.arrange(t, "vault", arrangedVault{Name: "shop", Policies: map[string][]string{"one": {"secrets list"}}})
	_, err = client.GetSecret(t.Context(), "db", "", nil)
	assert.ErrorContains(t, err, "does not have secrets get permission")
	_, err = client.NewListSecretPropertiesPager(nil).NextPage(t.Context())
	require.NoError(t, err)
	s.arrange(t, "vault", arrangedVault{Name: "shop", Firewall: true})
	_, err = client.GetSecret(t.Context(), "db", "", nil)
	assert.ErrorContains(t, err, "ForbiddenByFirewall")

	s.arrange(t, "vault", arrangedVault{Name: "shop"})
	s.arrange(t, "fault", fault{Path: "shop.vault.azure.net/secrets/", Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "1"}, Times: 1,
		Body: `{"error":{"code":"Throttled","message":"too many"}}`})
	began := time.Now()
	_, err = client.GetSecret(t.Context(), "db", "", nil)
	require.NoError(t, err, "it is tried again")
	assert.GreaterOrEqual(t, time.Since(began), time.Second, "when the server says")
}

func TestLogins(t *testing.T) {
	s := start(t)
	s.arrange(t, "secret", arrangedSecret{Vault: "shop", Name: "db", Value: "v"})
	reader := map[string][]string{"shop": {"Key Vault Secrets User"}}
	read := func(credential azcore.TokenCredential) error {
		_, err := s.secrets(t, credential).GetSecret(t.Context(), "db", "", nil)
		return err
	}
	t.Run("a client secret", func(t *testing.T) {
		require.NoError(t, read(s.as(t, "admin", "s3cret")))
		require.ErrorContains(t, read(s.as(t, "admin", "wrong")), "AADSTS7000215")
		require.ErrorContains(t, read(s.as(t, "nobody", "s3cret")), "AADSTS700016")
		s.arrange(t, "app", app{ClientID: "late", Secret: "s", Expired: true})
		require.ErrorContains(t, read(s.as(t, "late", "s")), "AADSTS7000222")
	})
	t.Run("a tenant that is none", func(t *testing.T) {
		credential, err := azidentity.NewClientSecretCredential("none.example", "admin", "s3cret", &azidentity.ClientSecretCredentialOptions{
			ClientOptions: s.client, AdditionallyAllowedTenants: []string{"*"},
		})
		require.NoError(t, err)
		_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}})
		require.ErrorContains(t, err, "AADSTS90002")
	})
	t.Run("a certificate", func(t *testing.T) {
		_, text := selfSigned(t)
		_, foreign := selfSigned(t)
		s.arrange(t, "app", app{ClientID: "cert", Certificates: []string{string(text)}, Roles: reader})
		for name, content := range map[string][]byte{"its own": text, "another": foreign} {
			certificates, key, err := azidentity.ParseCertificates(content, nil)
			require.NoError(t, err)
			credential, err := azidentity.NewClientCertificateCredential(tenant, "cert", certificates, key, &azidentity.ClientCertificateCredentialOptions{ClientOptions: s.client})
			require.NoError(t, err)
			if name == "its own" {
				require.NoError(t, read(credential))
			} else {
				require.ErrorContains(t, read(credential), "AADSTS700027")
			}
		}
	})
	t.Run("a token of another issuer", func(t *testing.T) {
		issuer, key := "https://cluster.example", newIssuer(t)
		jwks, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "k"}}})
		require.NoError(t, err)
		s.arrange(t, "app", app{ClientID: "workload", Roles: reader, Federated: []federated{{Issuer: issuer, Subject: "system:serviceaccount:shop:app", Audience: "api://AzureADTokenExchange", JWKS: jwks}}})
		good := jwt.Claims{Issuer: issuer, Subject: "system:serviceaccount:shop:app", Audience: jwt.Audience{"api://AzureADTokenExchange"}, Expiry: jwt.NewNumericDate(time.Now().Add(time.Hour))}
		for code, change := range map[string]func(*jwt.Claims) *ecdsa.PrivateKey{
			"":             func(*jwt.Claims) *ecdsa.PrivateKey { return key },
			"AADSTS700211": func(c *jwt.Claims) *ecdsa.PrivateKey { c.Issuer += "/"; return key },
			"AADSTS700213": func(c *jwt.Claims) *ecdsa.PrivateKey { c.Subject += "2"; return key },
			"AADSTS700212": func(c *jwt.Claims) *ecdsa.PrivateKey { c.Audience = jwt.Audience{"sts"}; return key },
			"AADSTS700024": func(c *jwt.Claims) *ecdsa.PrivateKey {
				c.Expiry = jwt.NewNumericDate(time.Now().Add(-time.Hour))
				return key
			},
			"AADSTS50013": func(*jwt.Claims) *ecdsa.PrivateKey { return newIssuer(t) },
		} {
			claims := good
			by := change(&claims)
			credential, err := azidentity.NewClientAssertionCredential(tenant, "workload", func(context.Context) (string, error) {
				signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: by, KeyID: "k"}}, nil)
				if err != nil {
					return "", err
				}
				return jwt.Signed(signer).Claims(claims).Serialize()
			}, &azidentity.ClientAssertionCredentialOptions{ClientOptions: s.client})
			require.NoError(t, err)
			if code == "" {
				require.NoError(t, read(credential))
			} else {
				require.ErrorContains(t, read(credential), code)
			}
		}
	})
	t.Run("the identity of a machine", func(t *testing.T) {
		s.arrange(t, "app", app{ClientID: "vm", Machine: true, Default: true, Roles: reader})
		s.arrange(t, "app", app{ClientID: "second", Machine: true})
		options := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: policy.ClientOptions{Transport: s.onMachine(t), Retry: s.client.Retry}}
		credential, err := azidentity.NewManagedIdentityCredential(options)
		require.NoError(t, err)
		require.NoError(t, read(credential))
		options.ID = azidentity.ClientID("second")
		credential, err = azidentity.NewManagedIdentityCredential(options)
		require.NoError(t, err)
		require.ErrorContains(t, read(credential), "ForbiddenByRbac")
		options.ID = azidentity.ClientID("none")
		credential, err = azidentity.NewManagedIdentityCredential(options)
		require.NoError(t, err)
		require.ErrorContains(t, read(credential), "Identity not found")
	})
	t.Run("the identity of a host of apps", func(t *testing.T) {
		t.Setenv("IDENTITY_ENDPOINT", s.door+"/msi/token")
		t.Setenv("IDENTITY_HEADER", "header-of-the-host")
		credential, err := azidentity.NewManagedIdentityCredential(nil)
		require.NoError(t, err)
		require.NoError(t, read(credential))
	})
}

// onMachine carries what is meant for the address of a machine's identity to the fake.
func (s *server) onMachine(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, strings.TrimPrefix(s.door, "http://"))
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func newIssuer(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func TestTokensAreForOneResourceTenantAndTime(t *testing.T) {
	s := start(t)
	s.arrange(t, "secret", arrangedSecret{Vault: "shop", Name: "db", Value: "v"})
	ask := func(token, url string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/secrets/db?api-version=2026-04-01", nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := s.client.Transport.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		var body bytes.Buffer
		_, err = body.ReadFrom(response.Body)
		require.NoError(t, err)
		return response.StatusCode, body.String()
	}
	admin := s.apps["admin"]
	good, err := s.sign(admin, "https://vault.azure.net", time.Hour)
	require.NoError(t, err)
	status, _ := ask(good, shop)
	assert.Equal(t, http.StatusOK, status)
	status, body := ask(good, "https://shop.vault.azure.cn")
	assert.Equal(t, http.StatusUnauthorized, status)
	assert.Contains(t, body, "AKV10022")
	late, err := s.sign(admin, "https://vault.azure.net", -time.Second)
	require.NoError(t, err)
	status, body = ask(late, shop)
	assert.Equal(t, http.StatusUnauthorized, status)
	assert.Contains(t, body, "expired")
	s.arrange(t, "app", app{ClientID: "foreign", Tenant: "22222222-2222-2222-2222-222222222222", Roles: map[string][]string{"shop": {"Key Vault Administrator"}}})
	foreign, err := s.sign(s.apps["foreign"], "https://vault.azure.net", time.Hour)
	require.NoError(t, err)
	_, body = ask(foreign, shop)
	assert.Contains(t, body, "AKV10032")
	_, body = ask(good[:len(good)-8]+"AAAAAAAA", shop)
	assert.Contains(t, body, "AKV10046")
}

func TestSovereignClouds(t *testing.T) {
	s := start(t)
	s.arrange(t, "secret", arrangedSecret{Vault: "shop", Name: "db", Value: "v"})
	for vault, c := range map[string]cloud.Configuration{"https://shop.vault.azure.cn": cloud.AzureChina, "https://shop.vault.usgovcloudapi.net": cloud.AzureGovernment} {
		options := s.client
		options.Cloud = c
		credential, err := azidentity.NewClientSecretCredential(tenant, "admin", "s3cret", &azidentity.ClientSecretCredentialOptions{ClientOptions: options})
		require.NoError(t, err)
		client, err := azsecrets.NewClient(vault, credential, &azsecrets.ClientOptions{ClientOptions: options})
		require.NoError(t, err)
		_, err = client.GetSecret(t.Context(), "db", "", nil)
		require.NoError(t, err, vault)
	}
}
