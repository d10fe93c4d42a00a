package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// withoutKey is environment without an AWS key: what succeeds has logged in with what the store says.
func (w *world) withoutKey() []string {
	return append(w.aws.EnvWithoutKey(), "KUBECONFIG="+w.cluster.Kubeconfig())
}

// callers are the ARNs of those who have read from AWS.
func (w *world) callers(t *testing.T) []string {
	t.Helper()
	var callers []string
	for arn, operations := range w.aws.Counters(t).Principals {
		if operations[harness.OpGetSecretValue]+operations[harness.OpBatchGetSecretValue] > 0 {
			callers = append(callers, arn)
		}
	}
	slices.Sort(callers)
	return callers
}

// user adds an access key of an IAM user and returns its ARN and a Secret of the name that holds it.
func (w *world) user(t *testing.T, name, secret, token string) (arn, manifest string) {
	t.Helper()
	key := harness.AWSKey{
		ID: "AKIA" + strings.ToUpper(name), Secret: "secret-access-key-of-" + name, User: name, Token: token,
	}
	w.aws.Key(t, key)
	data := map[string]string{"id": key.ID, "secret": key.Secret}
	if token != "" {
		data["token"] = token
	}
	return "arn:aws:iam::" + harness.AWSAccount + ":user/" + name, opaque(secret, data)
}

// keysIn is spec.provider.aws.auth for the keys of the Secret "keys"; namespace is put into each reference unless it is empty.
func keysIn(namespace string) string {
	secret := "keys"
	if namespace != "" {
		secret += ", namespace: " + namespace
	}
	return fmt.Sprintf("auth: {secretRef: {accessKeyIDSecretRef: {name: %s, key: id}, secretAccessKeySecretRef: {name: %s, key: secret}}}", secret, secret)
}

// clusterStore is a ClusterSecretStore with the given part below spec.provider.aws.
func clusterStore(name, aws string) string {
	return strings.Replace(secretStore(name, aws), "kind: SecretStore", "kind: ClusterSecretStore", 1)
}

// fromCluster is an ExternalSecret that reads the remote secret "a" from a ClusterSecretStore.
func fromCluster(name, store string) string {
	return strings.Replace(externalSecret(name, dataOf("a")), "name: store", "kind: ClusterSecretStore, name: "+store, 1)
}

func TestKeysInASecretLogIn(t *testing.T) {
	t.Parallel()

	t.Run("of a SecretStore, whatever keys and profile the process has", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.aws.Put(t, "a", "1")
		alice, keys := w.user(t, "alice", "keys", "")
		w.apply(t, keys, secretStore("store", keysIn("")), externalSecret("app", dataOf("a")))
		profile := filepath.Join(t.TempDir(), "credentials")
		require.NoError(t, os.WriteFile(profile, []byte("[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n"), 0o600))
		w.passIn(t, append(w.environment(), "AWS_SHARED_CREDENTIALS_FILE="+profile, "AWS_PROFILE=other")).synced(t)
		assert.Equal(t, []string{alice}, w.callers(t))
		assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "app"))
	})

	t.Run("with the session token of temporary keys", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.aws.Put(t, "a", "1")
		bob, keys := w.user(t, "bob", "keys", "a-session-token")
		auth := strings.Replace(keysIn(""), "secretRef: {", "secretRef: {sessionTokenSecretRef: {name: keys, key: token}, ", 1)
		w.apply(t, keys, secretStore("store", auth), externalSecret("app", dataOf("a")))
		w.passIn(t, w.withoutKey()).synced(t)
		assert.Equal(t, []string{bob}, w.callers(t))
	})

	t.Run("of a ClusterSecretStore that names a namespace", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.aws.Put(t, "a", "1")
		vault := w.another(t)
		carol, keys := w.user(t, "carol", "keys", "")
		vault.apply(t, keys)
		store := "named-" + w.namespace
		w.apply(t, clusterStore(store, keysIn(vault.namespace)), fromCluster("app", store))
		w.passIn(t, w.withoutKey()).synced(t)
		assert.Equal(t, []string{carol}, w.callers(t))
	})

	t.Run("of a ClusterSecretStore that names none: those in the namespace of each ExternalSecret", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.aws.Put(t, "a", "1")
		other := w.another(t)
		dora, doras := w.user(t, "dora", "keys", "")
		emil, emils := w.user(t, "emil", "keys", "")
		store := "referent-" + w.namespace
		w.apply(t, clusterStore(store, keysIn("")), doras, fromCluster("app", store), fromCluster("app2", store))
		other.apply(t, emils, fromCluster("app", store))
		p := w.passIn(t, w.withoutKey(), "--namespaces", other.namespace).synced(t)
		require.Equal(t, map[string]int{"created": 3}, p.Report.Outcomes)
		assert.Equal(t, []string{dora, emil}, w.callers(t))
		assert.Equal(t, 2, w.aws.Counters(t).Total(), "one read for each identity")
	})

	t.Run("but a SecretStore can't use those of another namespace", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.aws.Put(t, "a", "1")
		other := w.another(t)
		_, keys := w.user(t, "frida", "keys", "")
		other.apply(t, keys)
		w.apply(t, secretStore("store", keysIn(other.namespace)), externalSecret("app", dataOf("a")))
		failed := w.passIn(t, w.withoutKey()).of(t, "app")
		assert.Equal(t, "failed", failed.Outcome)
		assert.Contains(t, failed.Message, `no Secret "keys" in namespace "`+w.namespace+`"`)
		assert.Zero(t, w.aws.Counters(t).Total())
	})
}

func TestAStoreWithoutAuthLogsInAsTheProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))

	failed := w.passIn(t, w.withoutKey()).of(t, "app")
	require.Equal(t, "failed", failed.Outcome, "it has no credentials")
	for _, says := range []string{`SecretStore "store"`, "auth.secretRef", "auth.jwt.serviceAccountRef"} {
		assert.Contains(t, failed.Message, says)
	}
	assert.Zero(t, w.aws.Counters(t).Total())

	gina, _ := w.user(t, "gina", "unused", "")
	profile := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(profile, []byte("[gina]\naws_access_key_id = AKIAGINA\naws_secret_access_key = secret-access-key-of-gina\n"), 0o600))
	w.passIn(t, append(w.withoutKey(), "AWS_SHARED_CREDENTIALS_FILE="+profile, "AWS_PROFILE=gina")).synced(t)
	assert.Equal(t, []string{gina}, w.callers(t), "a profile")
}

func TestCredentialsThatAreNoLongerGoodAreToldApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	role := "arn:aws:iam::" + harness.AWSAccount + ":role/short"
	w.aws.Role(t, harness.AWSRole{ARN: role})
	session := assumeRole(t, w.aws.URL(), role)
	w.apply(t, opaque("keys", map[string]string{"id": session.AccessKeyID, "secret": session.SecretAccessKey, "token": session.SessionToken}),
		secretStore("store", strings.Replace(keysIn(""), "secretRef: {", "secretRef: {sessionTokenSecretRef: {name: keys, key: token}, ", 1)),
		externalSecret("app", "refreshInterval: 1ms, "+dataOf("a")))
	w.passIn(t, w.withoutKey()).synced(t)

	w.aws.Expire(t, 0)
	p := w.passIn(t, w.withoutKey())
	failed := p.of(t, "app")
	assert.Equal(t, "ProviderError", failed.Reason)
	assert.Contains(t, failed.Message, "ExpiredTokenException")
	assert.Contains(t, failed.Message, "renew them")
	assert.NotContains(t, p.Stdout+p.Stderr, session.SessionToken)
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "app"), "the Secret stays")
	assert.Equal(t, metav1.ConditionFalse, w.ready(t, "app").Status)
}
