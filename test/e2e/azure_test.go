package e2e_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const (
	azurePage        = "../../docs/providers/azure.md"
	azureApplication = "22222222-2222-2222-2222-222222222222"
)

// azureWorld is a world whose programs find a fake of Azure, and nothing else of it.
type azureWorld struct {
	*world
	azure *harness.AzureServer
	env   []string
}

func newAzureWorld(t *testing.T) *azureWorld {
	t.Helper()
	w, a := newWorld(t), harness.Azure(t)
	return &azureWorld{world: w, azure: a, env: append(w.environment(), a.Env(t)...)}
}

// federated is an application whom a service account of the world stands for, with roles.
func (w *azureWorld) federated(t *testing.T, account string, roles map[string][]string) harness.AzureApp {
	t.Helper()
	keys, err := os.ReadFile(w.cluster.Info.JWKSFile)
	require.NoError(t, err)
	return harness.AzureApp{ClientID: azureApplication, ObjectID: "o-1", Roles: roles, Federated: []harness.AzureFederated{{
		Issuer: w.cluster.Info.Issuer, Subject: "system:serviceaccount:" + w.namespace + ":" + account, Audience: "api://AzureADTokenExchange", JWKS: keys,
	}}}
}

// store is a SecretStore "store" of the key vault, as whom a client secret proves to be, and which has roles.
func (w *azureWorld) store(t *testing.T, roles ...string) {
	t.Helper()
	w.azure.App(t, harness.AzureApp{ClientID: azureApplication, ObjectID: "o-1", Secret: "password-canary", Roles: map[string][]string{harness.AzureVault: roles}})
	w.apply(t, opaque("application", map[string]string{"id": azureApplication, "secret": "password-canary"}), fmt.Sprintf(`
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store}
spec: {provider: {azurekv: {vaultUrl: %q, tenantId: %s, authSecretRef: {clientId: {name: application, key: id}, clientSecret: {name: application, key: secret}}}}}`,
		harness.AzureVaultURL, harness.AzureTenant))
}

func TestTheAzurePageApplies(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t)
	w.azure.App(t, w.federated(t, "my-app", map[string][]string{"my-vault/secrets/my-app-database-credentials": {"Key Vault Secrets User"}}))
	w.azure.Put(t, harness.AzureSecret{Vault: "my-vault", Name: "my-app-database-credentials", Value: `{"username":"app","password":"p4ss-canary"}`})
	for _, manifest := range manifestsOf(t, azurePage) {
		w.cluster.Kubectl(t, manifest, "apply", "-n", w.namespace, "--validate=strict", "-f", "-")
	}
	const name = "database-credentials-secret"
	p := w.passIn(t, w.env).synced(t)
	assert.Equal(t, "created", p.of(t, name).Outcome)
	assert.Equal(t, map[string]int{"Entra.GetToken": 1, "KeyVault.GetSecret": 1}, p.Report.Requests)
	w.requireMarks(t, name, map[string]string{"username": "app", "password": "p4ss-canary"})
	assert.Equal(t, []string{
		"POST login.microsoftonline.com/" + harness.AzureTenant + "/oauth2/v2.0/token", "GET my-vault.vault.azure.net/secrets/my-app-database-credentials/",
	}, w.azure.Requests(t))

	explained := w.pluginIn(t, w.env, "explain", name)
	assert.Zero(t, explained.Code, explained.Stdout)
	for _, want := range []string{"key vault: https://my-vault.vault.azure.net", "service account my-app", "application: " + azureApplication, "object: o-1"} {
		assert.Contains(t, strings.Join(strings.Fields(explained.Stdout), " "), want)
	}
	assert.NotContains(t, explained.Stdout+explained.Stderr, "canary")

	rights := w.pluginIn(t, w.env, "rbac")
	assert.Zero(t, rights.Code, rights.Stderr)
	assert.Regexp(t, `resourceNames:\n\s*- my-app\n\s*resources:\n\s*- serviceaccounts/token`, rights.Stdout)
	w.azure.Requests(t)
	rights = w.pluginIn(t, w.env, "rbac", "--cloud=azure", "-o", "jsonpath={.items[0].roleAssignments[*]} {.items[0].as}")
	assert.Zero(t, rights.Code, rights.Stderr)
	assert.Equal(t, `{"below":"/secrets/my-app-database-credentials","role":"Key Vault Secrets User"} workload identity of service account my-app, of namespace `+w.namespace, rights.Stdout)
	assert.Empty(t, w.azure.Requests(t), "it asks nobody")
}

func TestAnAzurePassLogsInOnceAndReadsEachSecretOnce(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t)
	w.store(t, "Key Vault Secrets User")
	const count, distinct = 200, 50
	manifests := make([]string, count)
	for i := range distinct {
		w.azure.Put(t, harness.AzureSecret{Name: fmt.Sprintf("bulk-%02d", i), Value: fmt.Sprintf("canary-%d", i)})
	}
	for i := range manifests {
		manifests[i] = externalSecret(fmt.Sprintf("es-%03d", i), dataOf(fmt.Sprintf("bulk-%02d", i%distinct)))
	}
	w.apply(t, manifests...)
	p := w.passIn(t, w.env).synced(t)
	assert.Equal(t, map[string]int{"created": count}, p.Report.Outcomes)
	assert.Equal(t, map[string]int{"Entra.GetToken": 1, "KeyVault.GetSecret": distinct}, p.Report.Requests)
	assert.Len(t, w.azure.Requests(t), distinct+1, "the servers have seen no more")
	assert.Equal(t, map[string]string{"value": "canary-49"}, w.data(t, "es-199"))

	p = w.passIn(t, w.env).synced(t)
	assert.Equal(t, map[string]int{"skipped": count}, p.Report.Outcomes)
	assert.Empty(t, w.azure.Requests(t), "nothing is due: nobody logs in")
}

func TestAnAzureStoreSaysWhatFails(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t)
	w.store(t, "Key Vault Secrets User")
	for _, name := range []string{"db", "hidden", "shut"} {
		w.azure.Put(t, harness.AzureSecret{Name: name, Value: "canary-of-" + name, Disabled: name == "shut"})
	}
	w.azure.Deny(t, "secrets/hidden")
	w.azure.Deny(t, "secrets")
	w.apply(t, externalSecret("denied", dataOf("hidden")), externalSecret("missing", dataOf("none")), externalSecret("disabled", dataOf("shut")),
		externalSecret("search", "dataFrom: [{find: {name: {regexp: .}}}]"))
	noisy := append([]string{"AZURE_SDK_GO_LOGGING=all"}, w.env...)
	p := w.passIn(t, noisy)
	for name, want := range map[string]string{
		"denied": "ForbiddenByRbac", "missing": "check remoteRef.key", "disabled": "enable that version", "search": "find needs role",
	} {
		assert.Contains(t, p.of(t, name).Message, want)
	}
	assert.NotContains(t, p.Stdout+p.Stderr, "canary")
	assert.NotContains(t, p.Stderr, "Request:", "the SDK logs nothing by itself")
	for name, id := range map[string]string{"denied": "AZR-51", "search": "AZR-51", "missing": "AZR-05", "disabled": "AZR-04"} {
		explained := w.pluginIn(t, noisy, "explain", name, "-o", "json", "-v", "9")
		assert.Contains(t, explained.Stdout, `"id": "`+id+`"`, name)
		assert.NotContains(t, explained.Stdout+explained.Stderr, "canary")
	}
	w.apply(t, opaque("application", map[string]string{"id": azureApplication, "secret": "wrong-canary"}))
	explained := w.pluginIn(t, noisy, "explain", "denied", "-o", "json")
	assert.Contains(t, explained.Stdout, `"failed": "Identity"`)
	assert.Contains(t, explained.Stdout, `"id": "AZR-50"`)
	assert.NotContains(t, explained.Stdout+explained.Stderr, "canary")
}

func TestAzureMetadataExtracts(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t)
	w.store(t, "Key Vault Secrets User", "Key Vault Reader")
	w.azure.Put(t, harness.AzureSecret{Name: "db", Value: "v", Tags: map[string]string{"team": "shop"}, Expires: 4102444800})
	w.azure.Put(t, harness.AzureSecret{Name: "off", Value: "v", Disabled: true})
	w.azure.Key(t, "sign", "EC")
	w.apply(t,
		externalSecret("tags", "dataFrom: [{extract: {key: db, metadataPolicy: Fetch}}]"),
		externalSecret("dates", `data: [{secretKey: team, remoteRef: {key: db, metadataPolicy: Fetch, property: team}}, {secretKey: expires, remoteRef: {key: db, metadataPolicy: Fetch, property: attribute.expires}}, {secretKey: value, remoteRef: {key: db}}]`),
		externalSecret("key", "dataFrom: [{extract: {key: key/sign}}]"),
		externalSecret("found", "dataFrom: [{find: {name: {regexp: .}}}]"))
	w.passIn(t, w.env).synced(t)
	assert.Equal(t, "shop", w.data(t, "tags")["team"])
	assert.Contains(t, w.data(t, "tags"), "attribute.created")
	assert.Equal(t, map[string]string{"team": "shop", "expires": "2100-01-01T00:00:00Z", "value": "v"}, w.data(t, "dates"))
	assert.Equal(t, "P-256", w.data(t, "key")["crv"])
	assert.Equal(t, map[string]string{"db": "v"}, w.data(t, "found"))
	assert.Equal(t, 1, strings.Count(strings.Join(w.azure.Requests(t), "\n"), "/secrets/db/"), "all of it is one read")
}

func TestAPropertyOfACertificateIsAnError(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t)
	w.store(t, "Key Vault Reader")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "shop"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	w.azure.Import(t, "tls", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))+"\n-----BEGIN PRIVATE KEY-----\n")
	w.apply(t, externalSecret("whole", dataOf("cert/tls")), externalSecret("part", "data: [{secretKey: a, remoteRef: {key: cert/tls, property: x}}]"))
	p := w.passIn(t, w.env)
	assert.Equal(t, "created", p.of(t, "whole").Outcome)
	assert.Equal(t, string(der), w.data(t, "whole")["value"])
	assert.Contains(t, p.of(t, "part").Message, "the remote secret is not JSON")
}
