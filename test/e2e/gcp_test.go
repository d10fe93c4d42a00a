package e2e_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const googlePage = "../../docs/providers/gcp.md"

// google is a world beside a fake of Google, of which the world's programs know by Google's own variables.
type google struct {
	*world
	*harness.GCPServer
	env []string
}

func newGoogle(t *testing.T) *google {
	t.Helper()
	w, g := newWorld(t), harness.GCP(t)
	return &google{world: w, GCPServer: g, env: append(w.environment(), g.Env(t)...)}
}

// put stores a value in my-project.
func (g *google) put(t *testing.T, name, value string) {
	t.Helper()
	g.Put(t, harness.GCPSecret{Name: "projects/my-project/secrets/" + name, Value: []byte(value)})
}

// keyed is a SecretStore "store" of my-project with a key of a service account that may read what is named.
func (g *google) keyed(t *testing.T, may ...string) {
	t.Helper()
	const account = "reader@my-project.iam.gserviceaccount.com"
	for _, name := range may {
		g.Bind(t, "projects/my-project/secrets/"+name, "roles/secretmanager.secretAccessor", "serviceAccount:"+account)
	}
	g.apply(t, opaque("login", map[string]string{"key.json": g.Key(t, account)}), googleStore(""))
}

// googleStore is a SecretStore "store" of my-project with a key, and the rest of spec.provider.gcpsm in YAML's flow style.
func googleStore(rest string) string {
	return "apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: store}\nspec: {provider: {gcpsm: {projectID: my-project, " +
		"auth: {secretRef: {secretAccessKeySecretRef: {name: login, key: key.json}}}" + rest + "}}}"
}

func TestTheGooglePageApplies(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	g.put(t, "my-app-database-credentials", `{"username": "app", "password": "p4ss-canary"}`)
	keys, err := os.ReadFile(g.cluster.Info.JWKSFile)
	require.NoError(t, err)
	g.Trust(t, harness.GCPIssuer{
		Audience: "identitynamespace:my-project.svc.id.goog:https://container.googleapis.com/v1/projects/my-project/locations/europe-west3/clusters/my-cluster",
		Issuer:   g.cluster.Info.Issuer, JWKS: keys, Audiences: []string{"my-project.svc.id.goog"},
	})
	member := "serviceAccount:my-project.svc.id.goog[" + g.namespace + "/my-app]"
	g.Bind(t, "projects/my-project/secrets/my-app-database-credentials", "roles/secretmanager.secretAccessor", member)
	g.apply(t, "{apiVersion: v1, kind: ServiceAccount, metadata: {name: my-app}}")
	for _, manifest := range manifestsOf(t, googlePage) {
		g.cluster.Kubectl(t, manifest, "apply", "-n", g.namespace, "--validate=strict", "-f", "-")
	}
	const name = "database-credentials-secret"
	p := g.passIn(t, g.env).synced(t)
	assert.Equal(t, "created", p.of(t, name).Outcome)
	assert.Equal(t, map[string]int{"STS.ExchangeToken": 1, "SecretManager.AccessSecretVersion": 1}, p.Report.Requests)
	g.requireMarks(t, name, map[string]string{"username": "app", "password": "p4ss-canary"})
	assert.Equal(t, []string{
		"sts.googleapis.com POST /v1/token",
		"secretmanager.googleapis.com GET /v1/projects/my-project/secrets/my-app-database-credentials/versions/latest:access",
	}, g.Requests(t))

	explained := g.pluginIn(t, g.env, "explain", name)
	assert.Zero(t, explained.Code, explained.Stdout)
	for _, want := range []string{"project: my-project", "location: global", "service account my-app of the cluster", "caller: " + member, "version 1"} {
		assert.Contains(t, strings.Join(strings.Fields(explained.Stdout), " "), want)
	}
	assert.NotContains(t, explained.Stdout+explained.Stderr, "canary")

	rights := g.plugin(t, "rbac")
	assert.Zero(t, rights.Code, rights.Stderr)
	assert.Regexp(t, `resourceNames:\n\s*- my-app\n\s*resources:\n\s*- serviceaccounts/token`, rights.Stdout)

	t.Run("and an account that acts as Google's", func(t *testing.T) {
		const acting = "acting@my-project.iam.gserviceaccount.com"
		g.cluster.Kubectl(t, "", "annotate", "serviceaccount", "my-app", "-n", g.namespace, "iam.gke.io/gcp-service-account="+acting)
		refused := g.pluginIn(t, g.env, "explain", name, "-o", "json")
		assert.Contains(t, refused.Stdout, `"id": "GCP-02"`)
		g.Bind(t, "serviceAccounts/"+acting, "roles/iam.workloadIdentityUser", member)
		g.Bind(t, "projects/my-project/secrets/my-app-database-credentials", "roles/secretmanager.secretAccessor", "serviceAccount:"+acting)
		explained := g.pluginIn(t, g.env, "explain", name)
		assert.Zero(t, explained.Code, explained.Stdout)
		assert.Contains(t, explained.Stdout, "serviceAccount:"+acting)
	})
}

func TestAGooglePassLogsInOnceAndReadsEachSecretOnce(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	const count, distinct = 200, 50
	manifests, names := make([]string, count), make([]string, distinct)
	for i := range distinct {
		names[i] = fmt.Sprintf("bulk-%02d", i)
		g.put(t, names[i], fmt.Sprintf(`{"value":"canary-%d"}`, i))
	}
	for i := range manifests {
		manifests[i] = externalSecret(fmt.Sprintf("es-%03d", i), fmt.Sprintf("data: [{secretKey: value, remoteRef: {key: %s, property: value}}]", names[i%distinct]))
	}
	g.keyed(t, names...)
	g.apply(t, manifests...)
	p := g.passIn(t, g.env).synced(t)
	assert.Equal(t, map[string]int{"created": count}, p.Report.Outcomes)
	assert.Equal(t, map[string]int{"OAuth.Token": 1, "SecretManager.AccessSecretVersion": distinct}, p.Report.Requests)
	assert.Len(t, g.Requests(t), distinct+1, "the server has seen no more")
	assert.Equal(t, map[string]string{"value": "canary-49"}, g.data(t, "es-199"))

	p = g.passIn(t, g.env).synced(t)
	assert.Equal(t, map[string]int{"skipped": count}, p.Report.Outcomes)
	assert.Empty(t, g.Requests(t), "nothing is due: nobody logs in")
}

func TestAGoogleStoreSaysWhatFails(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	for _, name := range []string{"db", "hidden", "shut"} {
		g.put(t, name, `{"password":"canary-of-`+name+`"}`)
	}
	g.State(t, "projects/my-project/secrets/shut", 1, "DISABLED")
	g.keyed(t, "db", "none", "shut")
	g.apply(t, externalSecret("denied", dataOf("hidden")), externalSecret("missing", dataOf("none")), externalSecret("disabled", dataOf("shut")),
		externalSecret("elsewhere", dataOf("projects/other/secrets/db")), externalSecret("search", "dataFrom: [{find: {name: {regexp: .}}}]"))
	p := g.passIn(t, g.env)
	for name, want := range map[string]string{
		"denied": "needs roles/secretmanager.secretAccessor on the secret", "missing": "check remoteRef.key", "disabled": "DISABLED state",
		"elsewhere": "is of another project", "search": "find needs roles/secretmanager.viewer on the project",
	} {
		assert.Contains(t, p.of(t, name).Message, want)
	}
	for name, id := range map[string]string{"denied": "GCP-01", "missing": "GCP-50", "disabled": "GCP-04", "search": "GCP-01"} {
		explained := g.pluginIn(t, g.env, "explain", name, "-o", "json")
		assert.Contains(t, explained.Stdout, `"id": "`+id+`"`, name)
		assert.NotContains(t, explained.Stdout+explained.Stderr, "canary")
	}
	key := g.Key(t, "reader@my-project.iam.gserviceaccount.com")
	g.apply(t, opaque("login", map[string]string{"key.json": strings.Replace(key, `"private_key_id":"`, `"private_key_id":"other`, 1)}))
	explained := g.pluginIn(t, g.env, "explain", "denied", "-o", "json")
	assert.Contains(t, explained.Stdout, `"failed": "Identity"`)
	assert.Contains(t, explained.Stdout, `"id": "GCP-51"`)
	assert.NotContains(t, explained.Stdout+explained.Stderr, "PRIVATE KEY")
	withoutAuth := strings.Replace(googleStore(""), "auth: {secretRef: {secretAccessKeySecretRef: {name: login, key: key.json}}}", "location: ''", 1)
	g.apply(t, withoutAuth)
	explained = g.pluginIn(t, g.env, "explain", "denied", "-o", "json")
	assert.Contains(t, explained.Stdout, `"id": "GCP-53"`)
}
