package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
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
	require.ErrorContains(t, err, "SecretDisabled")

	_, err = client.DeleteSecret(t.Context(), "db", nil)
	require.NoError(t, err)
	_, err = client.GetSecret(t.Context(), "db", "", nil)
	refusedWith(t, err, http.StatusNotFound, "SecretNotFound")
	_, err = client.SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{Value: to.Ptr("v")}, nil)
	refusedWith(t, err, http.StatusConflict, "Conflict")
	require.ErrorContains(t, err, "ObjectIsDeletedButRecoverable")
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
	require.ErrorContains(t, err, "ForbiddenByRbac")
	_, err = client.NewListSecretPropertiesPager(nil).NextPage(t.Context())
	refusedWith(t, err, http.StatusForbidden, "Forbidden")

	s.arrange(t, "vault", arrangedVault{Name: "shop", Policies: map[string][]string{"one": {"secrets list"}}})
	_, err = client.GetSecret(t.Context(), "db", "", nil)
	require.ErrorContains(t, err, "does not have secrets get permission")
	_, err = client.NewListSecretPropertiesPager(nil).NextPage(t.Context())
	require.NoError(t, err)
	s.arrange(t, "vault", arrangedVault{Name: "shop", Firewall: true})
	_, err = client.GetSecret(t.Context(), "db", "", nil)
	require.ErrorContains(t, err, "ForbiddenByFirewall")

	s.arrange(t, "vault", arrangedVault{Name: "shop"})
	s.arrange(t, "fault", fault{Path: "shop.vault.azure.net/secrets/", Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "1"}, Times: 1,
		Body: `{"error":{"code":"Throttled","message":"too many"}}`})
	began := time.Now()
	_, err = client.GetSecret(t.Context(), "db", "", nil)
	require.NoError(t, err, "it is tried again")
	assert.GreaterOrEqual(t, time.Since(began), time.Second, "when the server says")
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
