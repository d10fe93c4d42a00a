package e2e_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// federate makes the endpoint know the cluster's tokens, and a role that the service account "app" of the world's namespace may
// assume with one for the audience sts.amazonaws.com.
func (w *world) federate(t *testing.T) {
	t.Helper()
	keys, err := os.ReadFile(w.cluster.Info.JWKSFile)
	require.NoError(t, err)
	w.aws.JWKS(t, w.cluster.Info.Issuer, keys)
	w.aws.Role(t, w.federated("sts.amazonaws.com", "app"))
}

func (w *world) federated(audience, account string) harness.AWSRole {
	return harness.AWSRole{
		ARN: roleARN("federated"), Issuer: w.cluster.Info.Issuer, Audiences: []string{audience},
		Subjects: []string{"system:serviceaccount:" + w.namespace + ":" + account},
	}
}

// serviceAccount is the ServiceAccount "app" with the annotations of IAM roles for service accounts, in YAML's flow style.
func serviceAccount(annotations string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: app, annotations: {%s}}", annotations)
}

func roleAnnotation() string { return "eks.amazonaws.com/role-arn: " + roleARN("federated") }

const asApp = "auth: {jwt: {serviceAccountRef: {name: app}}}"

func TestAServiceAccountLogsIn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		audience  string // that the role wants
		manifests func(w *world) []string
	}{
		"of a SecretStore": {"sts.amazonaws.com", func(*world) []string {
			return []string{serviceAccount(roleAnnotation()), secretStore("store", asApp)}
		}},
		"for the audience of its annotation": {"partner.example", func(*world) []string {
			return []string{serviceAccount(roleAnnotation() + ", eks.amazonaws.com/audience: partner.example"), secretStore("store", asApp)}
		}},
		"for the audiences of the store": {"extra.example", func(*world) []string {
			return []string{serviceAccount(roleAnnotation()),
				secretStore("store", "auth: {jwt: {serviceAccountRef: {name: app, audiences: [extra.example]}}}")}
		}},
		"of a ClusterSecretStore that names its namespace": {"sts.amazonaws.com", func(w *world) []string {
			return []string{serviceAccount(roleAnnotation()), clusterStore("irsa-"+w.namespace,
				"auth: {jwt: {serviceAccountRef: {name: app, namespace: "+w.namespace+"}}}")}
		}},
		"of a ClusterSecretStore that names no namespace": {"sts.amazonaws.com", func(w *world) []string {
			return []string{serviceAccount(roleAnnotation()), clusterStore("irsa-"+w.namespace, asApp)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.federate(t)
			w.aws.Role(t, w.federated(test.audience, "app"))
			w.apply(t, test.manifests(w)...)
			w.older(t, 10)
			if strings.Contains(name, "Cluster") {
				w.apply(t, fromCluster("app", "irsa-"+w.namespace))
				w.aws.Put(t, "a", "1")
			}

			p := w.passIn(t, w.withoutKey()).synced(t)
			assert.Equal(t, "created", p.of(t, "app").Outcome)
			assert.Equal(t, 1, w.aws.Counters(t).Count(harness.OpAssumeRoleWithWebIdentity), "one login however many reads")
			sessions := w.aws.Sessions(t)
			require.Len(t, sessions, 1)
			assert.Equal(t, "external-secrets-provider-aws", sessions[0].Name, "trust policies written for the operator may ask for it")
			assert.Equal(t, "system:serviceaccount:"+w.namespace+":app", sessions[0].Subject)
		})
	}
}

func TestAServiceAccountThatCanNotLogInIsExplained(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arrange func(t *testing.T, w *world)
		says    []string
	}{
		"it is missing": {func(*testing.T, *world) {}, []string{"serviceAccountRef", `no ServiceAccount "app"`, "NAMESPACE"}},
		"it names no role": {func(t *testing.T, w *world) { w.apply(t, serviceAccount("")) },
			[]string{"NAMESPACE/app", "eks.amazonaws.com/role-arn"}},
		"its token is for another audience than the role wants": {func(t *testing.T, w *world) {
			w.apply(t, serviceAccount(roleAnnotation()+", eks.amazonaws.com/audience: partner.example"))
		}, []string{"AssumeRoleWithWebIdentity", "AccessDenied", "audience"}},
		"the role trusts another service account": {func(t *testing.T, w *world) {
			w.apply(t, serviceAccount(roleAnnotation()))
			w.aws.Role(t, w.federated("sts.amazonaws.com", "another"))
		}, []string{"AssumeRoleWithWebIdentity", "AccessDenied", "trust policy"}},
		"AWS knows other keys of the cluster than it has": {func(t *testing.T, w *world) {
			w.apply(t, serviceAccount(roleAnnotation()))
			w.aws.JWKS(t, w.cluster.Info.Issuer, foreignKeys(t))
		}, []string{"AssumeRoleWithWebIdentity", "InvalidIdentityToken"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "a", "1")
			w.federate(t)
			test.arrange(t, w)
			w.apply(t, secretStore("store", asApp), externalSecret("app", dataOf("a")))

			p := w.passIn(t, w.withoutKey())
			assert.Equal(t, 1, p.Code)
			failed := p.of(t, "app")
			assert.Equal(t, "ProviderError", failed.Reason)
			assert.Contains(t, failed.Message, `SecretStore "store" in namespace "`+w.namespace+`"`)
			for _, says := range test.says {
				assert.Contains(t, failed.Message, strings.ReplaceAll(says, "NAMESPACE", w.namespace))
			}
			assert.NotContains(t, p.Stdout+p.Stderr, "eyJ", "no part of a token")
			w.requireFailureRecorded(t, "app", failed.Message)
		})
	}
}

// foreignKeys is a JSON web key set that has signed nothing.
func foreignKeys(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	set, err := json.Marshal(map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "foreign",
		"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
	}}})
	require.NoError(t, err)
	return set
}

func TestTheWebIdentityOfAPodLogsInWhereTheStoreNamesNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.federate(t)
	w.apply(t, serviceAccount(""), awsStore, externalSecret("app", dataOf("a")))
	token := filepath.Join(t.TempDir(), "token")
	minted := w.cluster.Kubectl(t, "", "create", "token", "app", "--namespace", w.namespace, "--audience", "sts.amazonaws.com")
	require.NoError(t, os.WriteFile(token, []byte(strings.TrimSpace(minted)), 0o600))

	// What the SDK sends before its settings are complete does not heed AWS_ENDPOINT_URL.
	p := w.passIn(t, append(w.withoutKey(), "AWS_ENDPOINT_URL_STS="+w.aws.URL(), "AWS_WEB_IDENTITY_TOKEN_FILE="+token,
		"AWS_ROLE_ARN="+roleARN("federated"))).synced(t)
	assert.Equal(t, "created", p.of(t, "app").Outcome)
	assert.Equal(t, 1, w.aws.Counters(t).Count(harness.OpAssumeRoleWithWebIdentity))
	require.Len(t, w.callers(t), 1)
	assert.Contains(t, w.callers(t)[0], ":assumed-role/federated/")
}
