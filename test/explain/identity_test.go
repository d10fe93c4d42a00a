package explain_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"

	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// asApp is the part of a store that logs in as the service account "app".
const asApp = "auth: {jwt: {serviceAccountRef: {name: app}}}"

func roleARN(name string) string { return "arn:aws:iam::" + harness.AWSAccount + ":role/" + name }

// serviceAccount is the service account "app", which may have the role "app".
func serviceAccount() string {
	return "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: app, annotations: {eks.amazonaws.com/role-arn: " + roleARN("app") + "}}"
}

// appRole is the role "app", which trusts the service account "app" of the world's namespace.
func (w *world) appRole() harness.AWSRole {
	return harness.AWSRole{
		ARN: roleARN("app"), Issuer: w.cluster.Info.Issuer, Audiences: []string{"sts.amazonaws.com"},
		Subjects: []string{"system:serviceaccount:" + w.namespace + ":app"},
	}
}

// federate makes AWS know the cluster's tokens, and the role "app". The process has no keys then.
func (w *world) federate(t *testing.T, audiences ...string) {
	t.Helper()
	keys, err := os.ReadFile(w.cluster.Info.JWKSFile)
	require.NoError(t, err)
	w.aws.JWKS(t, w.cluster.Info.Issuer, keys, audiences...)
	w.aws.Role(t, w.appRole())
	w.withoutKeys()
}

// federated arranges what logs in as "app", where everything is right but what the fault makes of it.
func federated(spoil func(t *testing.T, w *world)) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		w.federate(t)
		w.apply(t, serviceAccount(), storeOf(asApp), reading("plain"))
		spoil(t, w)
	}
}

// anotherRole changes what the role "app" is like.
func anotherRole(change func(role *harness.AWSRole)) func(t *testing.T, w *world) {
	return federated(func(t *testing.T, w *world) {
		role := w.appRole()
		change(&role)
		w.aws.Role(t, role)
	})
}

func TestALoginWithAServiceAccountIsExplained(t *testing.T) {
	t.Parallel()
	token := map[trace.Step][]string{trace.Token: {
		"issuer: https://", "subject: system:serviceaccount:NAMESPACE:app", "audience: sts.amazonaws.com",
	}}
	explainAll(t, []fault{
		{
			name: "no OIDC provider is registered at AWS",
			arrange: func(t *testing.T, w *world) {
				w.withoutKeys()
				w.apply(t, serviceAccount(), storeOf(asApp), reading("plain"))
			},
			step: trace.Identity, id: "AWS-05", owner: diagnose.Cloud, shows: token, says: []string{"InvalidIdentityToken", "No OpenIDConnect provider found"},
		}, {
			name: "the OIDC provider is that of another issuer",
			arrange: func(t *testing.T, w *world) {
				w.withoutKeys()
				w.aws.JWKS(t, "https://oidc.eks.us-east-1.amazonaws.com/id/FORMERCLUSTER", foreignKeys(t))
				role := w.appRole()
				role.Issuer = "https://oidc.eks.us-east-1.amazonaws.com/id/FORMERCLUSTER"
				w.aws.Role(t, role)
				w.apply(t, serviceAccount(), storeOf(asApp), reading("plain"))
			},
			step: trace.Identity, id: "AWS-05", owner: diagnose.Cloud, shows: token,
		}, {
			name: "the OIDC provider has the keys of a cluster that was there before",
			arrange: federated(func(t *testing.T, w *world) {
				w.aws.JWKS(t, w.cluster.Info.Issuer, foreignKeys(t))
			}),
			step: trace.Identity, id: "AWS-05", owner: diagnose.Cloud, shows: token, says: []string{"could not be validated"},
		}, {
			name: "the OIDC provider lacks the audience",
			arrange: func(t *testing.T, w *world) {
				w.federate(t, "partner.example")
				w.apply(t, serviceAccount(), storeOf(asApp), reading("plain"))
			},
			step: trace.Identity, id: "AWS-05", owner: diagnose.Cloud, shows: token, says: []string{"Incorrect token audience"},
		}, {
			name:    "the trust policy names another service account",
			arrange: anotherRole(func(r *harness.AWSRole) { r.Subjects = []string{"system:serviceaccount:elsewhere:app"} }),
			step:    trace.Identity, id: "AWS-03", owner: diagnose.Cloud, shows: token, says: []string{"AssumeRoleWithWebIdentity"},
		}, {
			name:    "the trust policy asks for another audience",
			arrange: anotherRole(func(r *harness.AWSRole) { r.Audiences = []string{"partner.example"} }),
			step:    trace.Identity, id: "AWS-03", owner: diagnose.Cloud, shows: token,
		}, {
			name: "the role of the service account does not exist",
			arrange: federated(func(t *testing.T, w *world) {
				w.apply(t, strings.Replace(serviceAccount(), roleARN("app"), roleARN("typo"), 1))
			}),
			step: trace.Identity, id: "AWS-03", owner: diagnose.Cloud, shows: token,
		}, {
			name: "the service account names no role",
			arrange: federated(func(t *testing.T, w *world) {
				w.cluster.Kubectl(t, "", "annotate", "serviceaccount", "app", "eks.amazonaws.com/role-arn-", "--namespace", w.namespace)
			}),
			step: trace.Credentials, id: "STO-09", owner: diagnose.Platform, says: []string{"NAMESPACE/app", "eks.amazonaws.com/role-arn"},
		}, {
			name: "the service account is missing",
			arrange: federated(func(t *testing.T, w *world) {
				w.cluster.Kubectl(t, "", "delete", "serviceaccount", "app", "--namespace", w.namespace)
			}),
			step: trace.Credentials, id: "STO-57", owner: diagnose.Platform, says: []string{`ServiceAccount "app"`},
		}, {
			name: "tokens of the service account may not be made",
			arrange: federated(func(t *testing.T, w *world) {
				w.as(t, "person", readObjects, `{apiGroups: [""], resources: [secrets], verbs: [get, list, create, update]}`,
					`{apiGroups: [""], resources: [serviceaccounts], verbs: [get]}`)
			}),
			step: trace.Token, id: "K8S-08", owner: diagnose.Platform, says: []string{"serviceaccounts/token", "forbidden"},
			shows: map[trace.Step][]string{trace.Credentials: {"ServiceAccount NAMESPACE/app"}},
		}, {
			name: "the clock of AWS is past the life of the token",
			arrange: federated(func(t *testing.T, w *world) {
				w.aws.Clock(t, tomorrow)
			}),
			step: trace.Identity, id: "AWS-66", owner: diagnose.Platform, shows: token, says: []string{"Token expired"},
		},
	})
}

// readObjects are the rights to read what explain starts from.
const readObjects = `{apiGroups: [external-secrets.io], resources: [externalsecrets, secretstores], verbs: [get, list]}`

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

const tomorrow = 24 * time.Hour
