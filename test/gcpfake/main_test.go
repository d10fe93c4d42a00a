package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"github.com/googleapis/gax-go/v2/apierror"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
)

const account = "reader@shop.iam.gserviceaccount.com"

var shared *fake //nolint:gochecknoglobals // one for all tests: a process finds its proxy and its authorities once

// What leads Google's own libraries here are the variables that they know, and nothing in the tests.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "gcpfake")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		if shared, err = start(context.Background(), "127.0.0.1"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer shared.close()
		ca := filepath.Join(dir, "ca.pem")
		if err := os.WriteFile(ca, shared.ca.pem, 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		for name, value := range map[string]string{"HTTPS_PROXY": "http://" + shared.proxy, "SSL_CERT_FILE": ca, "GCE_METADATA_HOST": shared.meta} {
			if err := os.Setenv(name, value); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
		return m.Run()
	}())
}

// keyOf is a key of a service account, as a file has it.
func keyOf(t *testing.T, email string) []byte {
	t.Helper()
	key, err := shared.iam.newKey(email)
	require.NoError(t, err)
	text, err := json.Marshal(key)
	require.NoError(t, err)
	return text
}

func bind(t *testing.T, resource, role, member string) {
	t.Helper()
	if n, err := parseAny(resource); err == nil {
		resource = n.parent()
		if n.secret != "" {
			resource = n.full()
		}
	}
	shared.iam.bind(binding{Resource: resource, Role: role, Members: []string{member}})
}

// clients are Google's own, over both of its protocols.
func clients(t *testing.T, options ...option.ClientOption) map[string]*secretmanager.Client {
	t.Helper()
	remote, err := secretmanager.NewClient(t.Context(), options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = remote.Close() })
	rest, err := secretmanager.NewRESTClient(t.Context(), options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = rest.Close() })
	return map[string]*secretmanager.Client{"gRPC": remote, "REST": rest}
}

// statusOf is the HTTP status that an error has or stands for, and its reason.
func statusOf(t *testing.T, err error) (status int, reason string) {
	t.Helper()
	var failure *apierror.APIError
	require.ErrorAs(t, err, &failure)
	if s := failure.GRPCStatus(); s != nil && failure.HTTPCode() <= 0 {
		return httpStatus[s.Code()], failure.Reason()
	}
	return failure.HTTPCode(), failure.Reason()
}

func TestSecretsWithGooglesOwnClients(t *testing.T) {
	key := keyOf(t, account)
	bind(t, "projects/shop", "roles/secretmanager.admin", "serviceAccount:"+account)
	for protocol, c := range clients(t, option.WithAuthCredentialsJSON(option.ServiceAccount, key)) {
		t.Run(protocol, func(t *testing.T) {
			ctx, name := t.Context(), "projects/shop/secrets/db-"+protocol
			_, err := c.CreateSecret(ctx, &pb.CreateSecretRequest{Parent: "projects/shop", SecretId: "db-" + protocol, Secret: &pb.Secret{
				Labels: map[string]string{"team": protocol}, Annotations: map[string]string{"example.com/a": "b"}, VersionAliases: map[string]int64{"stable": 1},
				Replication: &pb.Replication{Replication: &pb.Replication_Automatic_{Automatic: &pb.Replication_Automatic{}}},
			}})
			require.NoError(t, err)
			_, err = c.AccessSecretVersion(ctx, &pb.AccessSecretVersionRequest{Name: name + "/versions/latest"})
			status, _ := statusOf(t, err)
			assert.Equal(t, http.StatusNotFound, status, "it has no version")
			for _, value := range []string{"old", "new\x00\xff"} {
				_, err := c.AddSecretVersion(ctx, &pb.AddSecretVersionRequest{Parent: name, Payload: &pb.SecretPayload{Data: []byte(value)}})
				require.NoError(t, err)
			}
			for version, want := range map[string]string{"latest": "new\x00\xff", "1": "old", "2": "new\x00\xff", "stable": "old"} {
				got, err := c.AccessSecretVersion(ctx, &pb.AccessSecretVersionRequest{Name: name + "/versions/" + version})
				require.NoError(t, err)
				assert.Equal(t, want, string(got.Payload.Data))
				assert.NotZero(t, got.Payload.GetDataCrc32C())
				assert.Regexp(t, `^projects/1\d{11}/secrets/db-`+protocol+`/versions/[12]$`, got.Name, "by the number of the project")
			}
			secret, err := c.GetSecret(ctx, &pb.GetSecretRequest{Name: name})
			require.NoError(t, err)
			assert.Equal(t, map[string]string{"example.com/a": "b"}, secret.Annotations)

			_, err = c.DisableSecretVersion(ctx, &pb.DisableSecretVersionRequest{Name: name + "/versions/2"})
			require.NoError(t, err)
			_, err = c.AccessSecretVersion(ctx, &pb.AccessSecretVersionRequest{Name: name + "/versions/latest"})
			require.ErrorContains(t, err, "DISABLED state")
			status, _ = statusOf(t, err)
			assert.Equal(t, http.StatusBadRequest, status)
			enabled := c.ListSecretVersions(ctx, &pb.ListSecretVersionsRequest{Parent: name, Filter: "state:ENABLED"})
			version, err := enabled.Next()
			require.NoError(t, err)
			assert.Regexp(t, `/versions/1$`, version.Name)
			_, err = enabled.Next()
			require.ErrorIs(t, err, iterator.Done)
		})
	}
}

func TestListsWithGooglesOwnClients(t *testing.T) {
	key := keyOf(t, account)
	bind(t, "projects/lists", "roles/secretmanager.viewer", "serviceAccount:"+account)
	value := []byte("v")
	var all []put
	for i := range 5 {
		all = append(all, put{Name: fmt.Sprintf("projects/lists/secrets/app-%d", i), Value: value, Labels: map[string]string{"odd": fmt.Sprint(i % 2)}})
	}
	require.NoError(t, shared.putAll(append(all, put{Name: "projects/lists/secrets/other", Value: value})))
	for protocol, c := range clients(t, option.WithAuthCredentialsJSON(option.ServiceAccount, key)) {
		t.Run(protocol, func(t *testing.T) {
			_, err := c.GetSecret(t.Context(), &pb.GetSecretRequest{Name: "projects/lists/secrets/other"})
			require.NoError(t, err, "it has logged in")
			for filter, want := range map[string]int{"": 6, "name:app-": 5, "labels.odd=1": 2, "name:app- AND labels.odd=0": 3} {
				shared.traffic.taken()
				list := c.ListSecrets(t.Context(), &pb.ListSecretsRequest{Parent: "projects/lists", Filter: filter, PageSize: 2})
				count := 0
				for {
					_, err := list.Next()
					if err == iterator.Done { //nolint:errorlint // the iterator's own convention
						break
					}
					require.NoError(t, err)
					count++
				}
				assert.Equal(t, want, count, filter)
				assert.Len(t, shared.traffic.taken(), (want+1)/2, "a request a page")
			}
		})
	}
}

func TestRefusalsWithGooglesOwnClients(t *testing.T) {
	key := keyOf(t, "limited@shop.iam.gserviceaccount.com")
	value := []byte("v")
	require.NoError(t, shared.putAll([]put{{Name: "projects/limits/secrets/a", Value: value}, {Name: "projects/limits/secrets/b", Value: value}}))
	bind(t, "projects/limits/secrets/a", "roles/secretmanager.secretAccessor", "serviceAccount:limited@shop.iam.gserviceaccount.com")
	other, err := newIAM().newKey("limited@shop.iam.gserviceaccount.com")
	require.NoError(t, err)
	stranger, err := json.Marshal(other)
	require.NoError(t, err)
	for protocol, c := range clients(t, option.WithAuthCredentialsJSON(option.ServiceAccount, key)) {
		t.Run(protocol, func(t *testing.T) {
			read := func(name string) error {
				_, err := c.AccessSecretVersion(t.Context(), &pb.AccessSecretVersionRequest{Name: name + "/versions/latest"})
				return err
			}
			require.NoError(t, read("projects/limits/secrets/a"))
			for _, name := range []string{"projects/limits/secrets/b", "projects/limits/secrets/none", "projects/elsewhere/secrets/a"} {
				status, reason := statusOf(t, read(name))
				assert.Equal(t, http.StatusForbidden, status)
				assert.Equal(t, "IAM_PERMISSION_DENIED", reason)
			}
			status, _ := statusOf(t, read("projects/limits/locations/europe-west3/secrets/a"))
			assert.Equal(t, http.StatusBadRequest, status, "another location has a host of its own")
			shared.secrets.mu.Lock()
			shared.secrets.refusals = 1
			shared.secrets.mu.Unlock()
			shared.traffic.taken()
			require.NoError(t, read("projects/limits/secrets/a"), "Google's client tries again")
			assert.Len(t, shared.traffic.taken(), 2)
		})
	}
	for protocol, c := range clients(t, option.WithAuthCredentialsJSON(option.ServiceAccount, stranger)) {
		t.Run("a stranger over "+protocol, func(t *testing.T) {
			_, err := c.AccessSecretVersion(t.Context(), &pb.AccessSecretVersionRequest{Name: "projects/limits/secrets/a/versions/latest"})
			if protocol == "REST" { // which trades what it has signed for a token first
				require.ErrorContains(t, err, "invalid_grant")
				return
			}
			status, _ := statusOf(t, err)
			assert.Equal(t, http.StatusUnauthorized, status)
		})
	}
}

func TestALocationHasAHostOfItsOwn(t *testing.T) {
	key := keyOf(t, account)
	bind(t, "projects/regional", "roles/secretmanager.secretAccessor", "serviceAccount:"+account)
	value := []byte("v")
	require.NoError(t, shared.putAll([]put{{Name: "projects/regional/locations/europe-west3/secrets/a", Value: value}}))
	c, err := secretmanager.NewClient(t.Context(), option.WithAuthCredentialsJSON(option.ServiceAccount, key), option.WithEndpoint("secretmanager.europe-west3.rep.googleapis.com:443"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	got, err := c.AccessSecretVersion(t.Context(), &pb.AccessSecretVersionRequest{Name: "projects/regional/locations/europe-west3/secrets/a/versions/1"})
	require.NoError(t, err)
	assert.Equal(t, "v", string(got.Payload.Data))
}
