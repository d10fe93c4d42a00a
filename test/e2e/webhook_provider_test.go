package e2e_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// loginCanary is the token that the API asks for.
const loginCanary = "Canary-W3bhook/token+7f3a"

// webAPI is an HTTP API of secrets, by its path. What it refuses it answers with all that it was sent.
type webAPI struct {
	server *httptest.Server

	mu      sync.Mutex
	asked   []string
	answers map[string]string
}

// webhook starts an API, verified by ConfigMap secrets-ca, whose token is in Secret webhook-login.
func (w *world) webhook(t *testing.T, answers map[string]string) *webAPI {
	t.Helper()
	a := &webAPI{answers: answers}
	a.server = httptest.NewTLSServer(a)
	t.Cleanup(a.server.Close)
	ca, err := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.server.Certificate().Raw})))
	require.NoError(t, err)
	w.apply(t, opaque("webhook-login", map[string]string{"token": loginCanary, "wrong": loginCanary + "-wrong"}),
		fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: secrets-ca}\ndata: {ca.crt: %s}", ca))
	return a
}

func (a *webAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.asked = append(a.asked, r.Method+" "+r.RequestURI)
	answer, ok := a.answers[r.URL.Path]
	a.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer "+loginCanary:
		http.Error(w, fmt.Sprint("who are you? ", r.Header), http.StatusUnauthorized)
	case !ok:
		http.Error(w, fmt.Sprint("not here: ", r.Header), http.StatusNotFound)
	default:
		_, _ = fmt.Fprint(w, answer)
	}
}

func (a *webAPI) requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.asked...)
}

// webhookStore is a SecretStore of the API, with the rest of spec.provider.webhook in YAML's flow style.
func (a *webAPI) store(name, rest string) string {
	return fmt.Sprintf("apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: %s}\nspec: {provider: {webhook: {%s, "+
		"secrets: [{name: auth, secretRef: {name: webhook-login}}], caProvider: {type: ConfigMap, name: secrets-ca, key: ca.crt}}}}",
		name, strings.ReplaceAll(rest, "API", a.server.URL))
}

func TestTheWebhookExampleSyncs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	api := w.webhook(t, map[string]string{"/v1/secrets/my-app/database-credentials": `{"data":{"username":"app","password":"p4ss","port":5432}}`})
	const host = "https://secrets.example"
	for _, manifest := range manifestsOf(t, "../../docs/providers/webhook.md") {
		require.Contains(t, manifest, host)
		w.apply(t, strings.ReplaceAll(manifest, host, api.server.URL))
	}
	r := w.plugin(t, "refresh", "database-credentials-secret")
	require.Zero(t, r.Code, r.Stderr)
	assert.Equal(t, map[string]string{"username": "app", "password": "p4ss"}, w.data(t, "database-credentials"))
	assert.Equal(t, []string{"GET /v1/secrets/my-app%2Fdatabase-credentials"}, api.requests(), "two properties of one secret are one request")
	w.requireMarks(t, "database-credentials-secret", map[string]string{"username": "app", "password": "p4ss"})

	for i := range 20 {
		w.apply(t, strings.ReplaceAll(externalSecret(fmt.Sprintf("app-%d", i), "dataFrom: [{extract: {key: my-app/database-credentials}}]"), "name: store", "name: webhook-store"))
	}
	p := w.pass(t).synced(t)
	assert.Equal(t, map[string]int{"Webhook.Request": 1}, p.Report.Requests, "one request, however many want the secret")
	assert.Equal(t, map[string]string{"username": "app", "password": "p4ss", "port": "5432"}, w.data(t, "app-7"))
	assert.Len(t, api.requests(), 2)
}

func TestAWebhookTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	api := w.webhook(t, map[string]string{"/db": `{"one":{"value":{"user":"ann"}},"two":"2"}`})
	const bearer = `headers: {Authorization: "Bearer {{ .auth.token }}"}`
	w.apply(t,
		api.store("store", `url: "API/{{ .remoteRef.key }}", `+bearer+`, result: {jsonPath: "$.{{ .remoteRef.property }}"}`),
		api.store("stranger", `url: "API/{{ .remoteRef.key }}?t={{ .auth.wrong | urlquery }}", headers: {Authorization: "Bearer {{ .auth.wrong }}"}, result: {}`),
		api.store("lacking", `url: "API/{{ .auth.tokn }}", `+bearer+`, result: {}`),
		externalSecret("picked", "dataFrom: [{extract: {key: db, property: one.value}}], data: [{secretKey: two, remoteRef: {key: db, property: two}}]"),
		externalSecret("empty", "data: [{secretKey: two, remoteRef: {key: db, property: three}}]"),
		externalSecret("missing", "data: [{secretKey: two, remoteRef: {key: gone, property: two}}]"),
		externalSecret("search", "dataFrom: [{find: {name: {regexp: db}}}]"),
		strings.Replace(externalSecret("refused", dataOf("db")), "name: store", "name: stranger", 1),
		strings.Replace(externalSecret("unmade", dataOf("db")), "name: store", "name: lacking", 1))
	secrets := canaries{loginCanary}
	p := w.pass(t)
	assert.Equal(t, map[string]string{"user": "ann", "two": "2"}, w.data(t, "picked"))
	for name, says := range map[string]string{
		"empty":   `spec.provider.webhook.result.jsonPath "$.{{ .remoteRef.property }}" finds nothing in the answer`,
		"missing": "HTTP status 404",
		"search":  "the provider of this store can't search",
		"refused": "HTTP status 401",
		"unmade":  `spec.provider.webhook.url: line 1: there is no key "tokn" here`,
	} {
		assert.Contains(t, p.of(t, name).Message, says, name)
		w.noSecret(t, name)
		r := w.plugin(t, "explain", name)
		assert.Equal(t, 1, r.Code, "%s%s", r.Stdout, r.Stderr)
		secrets.requireNone(t, "what explain says of "+name, r.Stdout+r.Stderr)
		if name == "refused" {
			assert.Contains(t, r.Stdout, "STO-70")
			assert.Contains(t, r.Stdout, strings.TrimPrefix(api.server.URL, "https://"))
		}
	}
	secrets.requireNone(t, "the report", p.Stdout)
	secrets.requireNone(t, "the log", p.Stderr)
	secrets.requireNoneInCluster(t, w)
	r := w.plugin(t, "rbac")
	assert.Contains(t, r.Stdout, "webhook-login", "rbac names the Secret that the store reads")
	assert.Contains(t, r.Stdout, "secrets-ca")
}
