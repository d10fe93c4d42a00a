package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"testing"
	"time"

	"cloud.google.com/go/compute/metadata"
	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"golang.org/x/oauth2/google/externalaccount"
	"google.golang.org/api/option"
)

// reads tells whether a token lets Google's own client read projects/logins/secrets/a.
func reads(t *testing.T, source oauth2.TokenSource) error {
	t.Helper()
	c, err := secretmanager.NewClient(t.Context(), option.WithTokenSource(source))
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	_, err = c.AccessSecretVersion(t.Context(), &pb.AccessSecretVersionRequest{Name: "projects/logins/secrets/a/versions/latest"})
	return err
}

func TestLoginsWithGooglesOwnLibraries(t *testing.T) {
	value := []byte("v")
	require.NoError(t, shared.putAll([]put{{Name: "projects/logins/secrets/a", Value: value}}))
	bind(t, "projects/logins/secrets/a", "roles/secretmanager.secretAccessor", "serviceAccount:"+account)
	t.Run("with a key, at the token endpoint", func(t *testing.T) {
		config, err := google.JWTConfigFromJSON(keyOf(t, account), secretsScope)
		require.NoError(t, err)
		require.NoError(t, reads(t, config.TokenSource(t.Context())))
		config.PrivateKeyID = "other"
		_, err = config.TokenSource(t.Context()).Token()
		require.ErrorContains(t, err, "invalid_grant")
		config.PrivateKeyID, config.Scopes = config.PrivateKeyID[:0], nil
		_, err = config.TokenSource(t.Context()).Token()
		require.Error(t, err)
	})
	t.Run("as a user", func(t *testing.T) {
		shared.iam.users["refresh"] = "me@example.com"
		bind(t, "projects/logins/secrets/a", "roles/secretmanager.secretAccessor", "user:me@example.com")
		file := func(token string) []byte {
			text, err := json.Marshal(map[string]string{"type": "authorized_user", "client_id": "id", "client_secret": "s", "refresh_token": token})
			require.NoError(t, err)
			return text
		}
		credentials, err := google.CredentialsFromJSONWithType(t.Context(), file("refresh"), google.AuthorizedUser, secretsScope)
		require.NoError(t, err)
		require.NoError(t, reads(t, credentials.TokenSource))
		credentials, err = google.CredentialsFromJSONWithType(t.Context(), file("other"), google.AuthorizedUser, secretsScope)
		require.NoError(t, err)
		_, err = credentials.TokenSource.Token()
		require.ErrorContains(t, err, "invalid_grant")
	})
	t.Run("as the machine", func(t *testing.T) {
		shared.about.set(machine{Project: "logins", Cluster: "c", Location: "l", Account: account})
		require.NoError(t, reads(t, google.ComputeTokenSource("")))
		project, err := metadata.ProjectIDWithContext(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "logins", project)
		name, err := metadata.InstanceAttributeValueWithContext(t.Context(), "cluster-name")
		require.NoError(t, err)
		assert.Equal(t, "c", name)
	})
}

// supplier gives a token of an identity provider.
type supplier string

func (s supplier) SubjectToken(context.Context, externalaccount.SupplierOptions) (string, error) {
	return string(s), nil
}

func TestFederationWithGooglesOwnLibrary(t *testing.T) {
	value := []byte("v")
	require.NoError(t, shared.putAll([]put{{Name: "projects/logins/secrets/a", Value: value}}))
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	const ofCluster = "identitynamespace:shop.svc.id.goog:https://container.googleapis.com/v1/projects/shop/locations/europe-west3/clusters/c"
	const ofPool = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/k8s"
	keys := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "RS256"}}}
	for _, audience := range []string{ofCluster, ofPool} {
		shared.iam.issuers[audience] = issuer{Audience: audience, Issuer: "https://issuer", JWKS: keys, Audiences: []string{"shop.svc.id.goog"}}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	require.NoError(t, err)
	token := func(audience string) supplier {
		text, err := jwt.Signed(signer).Claims(jwt.Claims{
			Issuer: "https://issuer", Subject: "system:serviceaccount:shop:app", Audience: jwt.Audience{audience}, Expiry: jwt.NewNumericDate(time.Now().Add(time.Hour)),
		}).Serialize()
		require.NoError(t, err)
		return supplier(text)
	}
	login := func(audience, impersonate string, from supplier) oauth2.TokenSource {
		config := externalaccount.Config{
			Audience: audience, SubjectTokenType: "urn:ietf:params:oauth:token-type:jwt", TokenURL: "https://sts.googleapis.com/v1/token",
			SubjectTokenSupplier: from, Scopes: []string{secretsScope},
		}
		if impersonate != "" {
			config.ServiceAccountImpersonationURL = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" + impersonate + ":generateAccessToken"
		}
		source, err := externalaccount.NewTokenSource(t.Context(), config)
		require.NoError(t, err)
		return source
	}
	for audience, member := range map[string]string{
		ofCluster: "serviceAccount:shop.svc.id.goog[shop/app]",
		ofPool:    "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/subject/system:serviceaccount:shop:app",
	} {
		source := login(audience, "", token("shop.svc.id.goog"))
		require.Error(t, reads(t, source), "nothing is bound")
		bind(t, "projects/logins/secrets/a", "roles/secretmanager.secretAccessor", member)
		require.NoError(t, reads(t, source))
		_, err := login(audience, "", token("others")).Token()
		require.ErrorContains(t, err, "invalid_grant")
		_, err = login(audience, "federated@shop.iam.gserviceaccount.com", token("shop.svc.id.goog")).Token()
		require.Error(t, err)
	}
	bind(t, "serviceAccounts/federated@shop.iam.gserviceaccount.com", "roles/iam.workloadIdentityUser", "serviceAccount:shop.svc.id.goog[shop/app]")
	bind(t, "projects/logins/secrets/a", "roles/secretmanager.secretAccessor", "serviceAccount:federated@shop.iam.gserviceaccount.com")
	require.NoError(t, reads(t, login(ofCluster, "federated@shop.iam.gserviceaccount.com", token("shop.svc.id.goog"))))
	_, err = login("//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/none/providers/k8s", "", token("shop.svc.id.goog")).Token()
	require.ErrorContains(t, err, "invalid_target")
}
