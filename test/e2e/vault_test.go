package e2e_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const vaultPage = "../../docs/providers/vault.md"

// trustVault makes a ConfigMap "vault-ca" by which stores verify a Vault.
func (w *world) trustVault(t *testing.T, v *harness.VaultServer) {
	t.Helper()
	ca, err := json.Marshal(string(v.CA))
	require.NoError(t, err)
	w.apply(t, fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, metadata: {name: vault-ca}, data: {ca.crt: %s}}", ca))
}

// letIn makes a Vault ask this cluster about the tokens that it is shown, and let a service account of the world in as a role that has a
// policy.
func (w *world) letIn(t *testing.T, v *harness.VaultServer, account, role, policy string) {
	t.Helper()
	w.apply(t, "{apiVersion: v1, kind: ServiceAccount, metadata: {name: reviewer}}",
		fmt.Sprintf("{apiVersion: v1, kind: ServiceAccount, metadata: {name: %s}}", account),
		fmt.Sprintf(`{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: reviewer-%[1]s},
			roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator"},
			subjects: [{kind: ServiceAccount, name: reviewer, namespace: %[1]s}]}`, w.namespace))
	token, err := w.core.CoreV1().ServiceAccounts(w.namespace).CreateToken(t.Context(), "reviewer", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	require.NoError(t, err)
	config := w.cluster.Config()
	v.Enable(t, "kubernetes")
	v.Do(t, http.MethodPost, "auth/kubernetes/config", map[string]any{
		"kubernetes_host": config.Host, "kubernetes_ca_cert": string(config.CAData), "token_reviewer_jwt": token.Status.Token,
		"disable_local_ca_jwt": true,
	})
	v.Do(t, http.MethodPost, "auth/kubernetes/role/"+role, map[string]any{
		"bound_service_account_names": account, "bound_service_account_namespaces": w.namespace, "token_policies": policy,
	})
}

func TestTheVaultPageApplies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := harness.Vault(t)
	v.Put(t, "my-app/database-credentials", map[string]any{"username": "app", "password": "p4ss-canary", "port": 5432})
	v.Policy(t, "my-app", `path "secret/data/my-app/*" { capabilities = ["read"] }`)
	w.trustVault(t, v)
	w.letIn(t, v, "my-app", "my-app", "my-app")
	for _, manifest := range manifestsOf(t, vaultPage) {
		require.Contains(t, manifest, "https://vault.example:8200")
		w.cluster.Kubectl(t, strings.ReplaceAll(manifest, "https://vault.example:8200", v.URL), "apply", "-n", w.namespace, "--validate=strict", "-f", "-")
	}
	tokens := v.Accessors(t)
	const name = "database-credentials-secret"
	p := w.pass(t).synced(t)
	assert.Equal(t, "created", p.of(t, name).Outcome)
	assert.Equal(t, map[string]int{"Vault.Login": 1, "Vault.ReadSecret": 1, "Vault.RevokeSelf": 1}, p.Report.Requests)
	w.requireMarks(t, name, map[string]string{"username": "app", "password": "p4ss-canary"})
	assert.Equal(t, []string{"POST auth/kubernetes/login", "GET secret/data/my-app/database-credentials", "POST auth/token/revoke-self"}, v.Requests())
	assert.Equal(t, tokens, v.Accessors(t), "no token is left")

	explained := w.plugin(t, "explain", name)
	assert.Zero(t, explained.Code, explained.Stdout)
	for _, want := range []string{"mount: secret", "service account my-app, role my-app", "login: auth/kubernetes", "policies: default, my-app", "version 1"} {
		assert.Contains(t, strings.Join(strings.Fields(explained.Stdout), " "), want)
	}
	assert.NotContains(t, explained.Stdout+explained.Stderr, "canary")
	assert.Equal(t, tokens, v.Accessors(t), "no token is left of an explanation either")
	explained = w.plugin(t, "explain", "store/vault")
	assert.Zero(t, explained.Code, explained.Stdout+explained.Stderr)
	assert.Equal(t, tokens, v.Accessors(t), "nor of that of a store")

	rights := w.plugin(t, "rbac")
	assert.Zero(t, rights.Code, rights.Stderr)
	assert.Regexp(t, `resourceNames:\n\s*- my-app\n\s*resources:\n\s*- serviceaccounts/token`, rights.Stdout)
	assert.Regexp(t, `resourceNames:\n\s*- vault-ca\n\s*resources:\n\s*- configmaps`, rights.Stdout)
}

// TestAVaultBelievesTheClustersTokens logs in by the method jwt, by which Vault asks nobody about a token: it knows the cluster's keys.
func TestAVaultBelievesTheClustersTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := harness.Vault(t)
	v.Put(t, "db", map[string]any{"password": "p4ss-canary"})
	v.Policy(t, "reader", `path "secret/data/db" { capabilities = ["read"] }`)
	w.trustVault(t, v)
	v.Enable(t, "jwt")
	v.Do(t, http.MethodPost, "auth/jwt/config", map[string]any{"jwt_validation_pubkeys": w.tokenKeys(t), "bound_issuer": w.cluster.Info.Issuer})
	v.Do(t, http.MethodPost, "auth/jwt/role/app", map[string]any{
		"role_type": "jwt", "user_claim": "sub", "bound_subject": fmt.Sprintf("system:serviceaccount:%s:app", w.namespace),
		"bound_audiences": "vault", "token_policies": "reader",
	})
	tokens := v.Accessors(t)
	method := func(account, more string) string {
		return fmt.Sprintf("auth: {jwt: {role: app, kubernetesServiceAccountToken: {serviceAccountRef: {name: %s}%s}}}", account, more)
	}
	w.apply(t, "{apiVersion: v1, kind: ServiceAccount, metadata: {name: app}}", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: other}}")
	w.apply(t,
		vaultStore(v, method("app", "")), externalSecret("app", dataOf("db")),
		named("stored", vaultStore(v, "auth: {jwt: {role: app, secretRef: {name: token, key: token}}}")), readsFrom("stored", externalSecret("stored", dataOf("db"))),
		opaque("token", map[string]string{"token": w.cluster.Kubectl(t, "", "create", "token", "app", "--audience=vault", "-n", w.namespace)}),
		named("stranger", vaultStore(v, method("other", ""))), readsFrom("stranger", externalSecret("stranger", dataOf("db"))),
		named("elsewhere", vaultStore(v, method("app", ", audiences: [elsewhere]"))), readsFrom("elsewhere", externalSecret("elsewhere", dataOf("db"))))
	p := w.pass(t)
	for _, name := range []string{"app", "stored"} {
		assert.Equal(t, "created", p.of(t, name).Outcome, p.of(t, name).Message)
		assert.Equal(t, map[string]string{"value": `{"password":"p4ss-canary"}`}, w.data(t, name))
	}
	for _, name := range []string{"stranger", "elsewhere"} {
		assert.Contains(t, p.of(t, name).Message, "auth/jwt/login, status code: 400", name)
		w.noSecret(t, name)
	}
	assert.Equal(t, map[string]int{"Vault.Login": 2, "Vault.ReadSecret": 2, "Vault.RevokeSelf": 2}, p.Report.Requests, "of those that were let in")
	assert.Len(t, v.Requests(), 8)
	assert.Equal(t, tokens, v.Accessors(t), "no token is left")
}

// tokenKeys are the public keys by which the cluster's tokens are verified, each PEM.
func (w *world) tokenKeys(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile(w.cluster.Info.JWKSFile)
	require.NoError(t, err)
	var set jose.JSONWebKeySet
	require.NoError(t, json.Unmarshal(content, &set))
	var keys []string
	for _, key := range set.Keys {
		raw, err := x509.MarshalPKIXPublicKey(key.Key)
		require.NoError(t, err)
		keys = append(keys, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: raw})))
	}
	return keys
}

// appRoleStore is a SecretStore "store" of a Vault at secret/ that an AppRole may read.
func (w *world) appRoleStore(t *testing.T, v *harness.VaultServer, policy string) {
	t.Helper()
	v.Policy(t, "app", policy)
	v.Enable(t, "approle")
	role, secret := v.AppRole(t, "app", "app")
	w.trustVault(t, v)
	w.apply(t, opaque("login", map[string]string{"id": secret}), vaultStore(v, fmt.Sprintf("auth: {appRole: {roleId: %s, secretRef: {name: login, key: id}}}", role)))
}

// vaultStore is a SecretStore "store", with the rest of spec.provider.vault in YAML's flow style.
func vaultStore(v *harness.VaultServer, rest string) string {
	return fmt.Sprintf("apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: store}\n"+
		"spec: {provider: {vault: {server: '%s', path: secret, caProvider: {type: ConfigMap, name: vault-ca, key: ca.crt}, %s}}}", v.URL, rest)
}

func TestAVaultPassLogsInOnceAndReadsEachSecretOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := harness.Vault(t)
	const count, distinct = 200, 50
	manifests := make([]string, count)
	for i := range distinct {
		v.Put(t, fmt.Sprintf("bulk/%02d", i), map[string]any{"value": fmt.Sprint("canary-", i)})
	}
	for i := range manifests {
		manifests[i] = externalSecret(fmt.Sprintf("es-%03d", i), fmt.Sprintf("data: [{secretKey: value, remoteRef: {key: bulk/%02d, property: value}}]", i%distinct))
	}
	w.appRoleStore(t, v, `path "secret/data/bulk/*" { capabilities = ["read"] }`)
	w.apply(t, manifests...)
	tokens := v.Accessors(t)
	p := w.pass(t).synced(t)
	assert.Equal(t, map[string]int{"created": count}, p.Report.Outcomes)
	assert.Equal(t, map[string]int{"Vault.Login": 1, "Vault.ReadSecret": distinct, "Vault.RevokeSelf": 1}, p.Report.Requests)
	assert.Len(t, v.Requests(), distinct+2, "the server has seen no more")
	assert.Equal(t, tokens, v.Accessors(t))
	assert.Equal(t, map[string]string{"value": "canary-49"}, w.data(t, "es-199"))

	p = w.pass(t).synced(t)
	assert.Equal(t, map[string]int{"skipped": count}, p.Report.Outcomes)
	assert.Empty(t, v.Requests(), "nothing is due: nobody logs in")
}

func TestAVaultStoreSaysWhatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := harness.Vault(t)
	v.Put(t, "db", map[string]any{"password": "canary-of-db"})
	v.Put(t, "hidden", map[string]any{"password": "canary-of-hidden"})
	w.appRoleStore(t, v, `path "secret/data/db" { capabilities = ["read"] }
		path "secret/data/none" { capabilities = ["read"] }`)
	w.apply(t, externalSecret("denied", dataOf("hidden")), externalSecret("missing", dataOf("none")),
		externalSecret("property", "data: [{secretKey: a, remoteRef: {key: db, property: user}}]"),
		externalSecret("search", "dataFrom: [{find: {name: {regexp: .}}}]"))
	p := w.pass(t)
	for name, want := range map[string][]string{
		"denied":   {"secret/data/hidden", "status code: 403", `path "secret/data/hidden"`},
		"missing":  {"secret/data/none", "check remoteRef.key"},
		"property": {"user"},
		"search":   {"find needs a policy"},
	} {
		for _, text := range want {
			assert.Contains(t, p.of(t, name).Message, text)
		}
	}
	for name, id := range map[string]string{"denied": "VLT-06", "search": "VLT-06"} {
		explained := w.plugin(t, "explain", name, "-o", "json")
		assert.Contains(t, explained.Stdout, `"id": "`+id+`"`, name)
		assert.NotContains(t, explained.Stdout, "canary")
	}
	w.apply(t, opaque("login", map[string]string{"id": "wrong-canary"}))
	explained := w.plugin(t, "explain", "denied", "-o", "json")
	assert.Contains(t, explained.Stdout, `"failed": "Identity"`)
	assert.Contains(t, explained.Stdout, `"id": "VLT-05"`)
	assert.NotContains(t, explained.Stdout+explained.Stderr, "canary")
	v.Fault(harness.Fault{Path: "auth/", Status: 503, Body: `{"errors":["Vault is sealed"]}`, Times: 99})
	explained = w.plugin(t, "explain", "denied", "-o", "json")
	assert.Contains(t, explained.Stdout, `"id": "VLT-01"`)
}
