package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"
)

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
