package e2e_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"
)

// watched is an environment with the same rights, whose requests to the API server that are not refused for lack of rights are
// written down as "VERB GROUP/RESOURCE NAMESPACE/NAME": all that were made with the token of that environment.
func (w *world) watched(t *testing.T, environment []string) (watched []string, requests func() []string) {
	t.Helper()
	at := slices.IndexFunc(environment, func(v string) bool { return strings.HasPrefix(v, "KUBECONFIG=") })
	config, err := clientcmd.LoadFromFile(strings.TrimPrefix(environment[at], "KUBECONFIG="))
	require.NoError(t, err)
	user := config.AuthInfos[config.Contexts[config.CurrentContext].AuthInfo]

	var mu sync.Mutex
	seen := map[string]bool{}
	server, err := url.Parse(w.cluster.Info.Server)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(server)
	proxy.Transport, err = rest.TransportFor(&rest.Config{TLSClientConfig: rest.TLSClientConfig{CAData: w.cluster.Config().CAData}})
	require.NoError(t, err)
	proxy.ModifyResponse = func(r *http.Response) error {
		request := rightOf(r.Request)
		if request != "" && r.StatusCode != http.StatusForbidden && r.Request.Header.Get("Authorization") == "Bearer "+user.Token {
			mu.Lock()
			defer mu.Unlock()
			seen[request] = true
		}
		return nil
	}
	listener := httptest.NewTLSServer(proxy) // a token is sent to no other
	t.Cleanup(listener.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: listener.Certificate().Raw})

	for name := range config.Clusters {
		config.Clusters[name].Server, config.Clusters[name].CertificateAuthorityData = listener.URL, authority
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(*config, path))
	watched = slices.Clone(environment)
	watched[at] = "KUBECONFIG=" + path
	return watched, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Sorted(maps.Keys(seen))
	}
}

// rightOf is what a request needs; empty for discovery, which everybody may ask for.
func rightOf(r *http.Request) string {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	group := ""
	switch {
	case parts[0] == "api" && len(parts) > 2:
		parts = parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		group, parts = parts[1], parts[3:]
	default:
		return ""
	}
	namespace := ""
	if parts[0] == "namespaces" && len(parts) > 2 {
		namespace, parts = parts[1], parts[2:]
	}
	resource, name := parts[0], ""
	if len(parts) > 1 {
		name = parts[1]
	}
	if len(parts) > 2 {
		resource += "/" + parts[2]
	}
	verb := map[string]string{"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}[r.Method]
	if verb == "get" && name == "" {
		verb = "list"
	}
	return fmt.Sprintf("%s %s/%s %s/%s", verb, group, resource, namespace, name)
}

// granted are the rights of Roles and ClusterRoles among YAML documents, in the form of rightOf; those for all objects name none.
func granted(t *testing.T, manifests string) []string {
	t.Helper()
	var rights []string
	for document := range strings.SplitSeq(manifests, "\n---\n") {
		var role rbacv1.Role
		require.NoError(t, yaml.Unmarshal([]byte(document), &role))
		for _, rule := range role.Rules {
			for _, verb := range rule.Verbs {
				names := rule.ResourceNames
				if len(names) == 0 {
					names = []string{""}
				}
				for _, name := range names {
					rights = append(rights, fmt.Sprintf("%s %s/%s %s/%s", verb, rule.APIGroups[0], rule.Resources[0], role.Namespace, name))
				}
			}
		}
	}
	slices.Sort(rights)
	return rights
}

// grant applies what rbac has printed; what is cluster-wide goes with the test.
func (w *world) grant(t *testing.T, manifests string) {
	t.Helper()
	w.cluster.Kubectl(t, manifests, "apply", "-f", "-")
	t.Cleanup(func() {
		ctx, options := context.WithoutCancel(t.Context()), metav1.DeleteOptions{}
		name := w.namespace + ":computed"
		require.NoError(t, w.core.RbacV1().ClusterRoleBindings().Delete(ctx, name, options))
		require.NoError(t, w.core.RbacV1().ClusterRoles().Delete(ctx, name, options))
	})
}

// unnamed takes the names off requests whose rights can't be, or are meant not to be, for single objects.
func unnamed(requests []string) []string {
	all := map[string]bool{}
	for _, request := range requests {
		for _, wide := range []string{"/events ", "/externalsecrets/status "} {
			if strings.Contains(request, wide) {
				request = request[:strings.LastIndex(request, "/")+1]
			}
		}
		all[request] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// everything is an ExternalSecret of each sort that needs rights of its own, in the world's namespace.
func (w *world) everything(t *testing.T) {
	t.Helper()
	w.federate(t)
	clustered := "rbac-" + w.namespace
	for _, name := range []string{"a", "going", "moving"} {
		w.aws.Put(t, name, "1")
	}
	w.cluster.Kubectl(t, "", "label", "namespace", w.namespace, "rbac-test=yes")
	w.cluster.Kubectl(t, "", "create", "configmap", "templates", "-n", w.namespace, "--from-literal=t={{ .value }}")
	vault := w.vault(t)
	reads := func(store string) string { return "secretStoreRef: {name: " + store + "}, " }
	of := func(name, spec string) string {
		return fmt.Sprintf("apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: %s}\nspec: {refreshInterval: 1ms, %s}", name, spec)
	}
	w.apply(t, awsStore, serviceAccount(roleAnnotation()), secretStore("irsa", asApp),
		opaque("keys", map[string]string{"id": "AKIAHARNESSADMIN0001", "key": "harness-admin-key-of-no-real-account"}),
		secretStore("keyed", "auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: key}}}"),
		fmt.Sprintf("apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: %s}\nspec: {conditions: [{namespaceSelector: {matchLabels: {rbac-test: 'yes'}}}],\n"+
			"  provider: {aws: {service: SecretsManager, region: us-east-1}}}", clustered),
		kubernetesStore("kube", vault, "server: {url: '"+w.cluster.Info.Server+"', caProvider: {type: ConfigMap, name: kube-root-ca.crt, key: ca.crt}}, "+asReader),
		opaque("theirs", map[string]string{"other": "x"}), opaque("more", map[string]string{"t": "{{ .value }}"}))
	w.apply(t, generator("Password", "strong", "{length: 20}"),
		generator("ClusterGenerator", clustered, "{kind: UUID, generator: {uuidSpec: {}}}"))
	w.apply(t,
		of("plain", reads("store")+dataOf("a")),
		of("keyed", reads("keyed")+dataOf("a")),
		of("irsa", reads("irsa")+dataOf("a")),
		of("kube", reads("kube")+"data: [{secretKey: value, remoteRef: {key: db, property: user}}]"),
		of("clustered", fmt.Sprintf("secretStoreRef: {name: %s, kind: ClusterSecretStore}, ", clustered)+dataOf("a")),
		of("merged", reads("store")+"target: {name: theirs, creationPolicy: Merge}, "+dataOf("a")),
		of("both", reads("store")+"target: {creationPolicy: CreateOrMerge}, "+dataOf("a")),
		of("orphan", reads("store")+"target: {creationPolicy: Orphan}, "+dataOf("a")),
		of("none", reads("store")+"target: {creationPolicy: None}, "+dataOf("a")),
		of("going", reads("store")+"target: {deletionPolicy: Delete}, "+dataOf("going")),
		of("moving", reads("store")+"target: {name: before}, "+dataOf("moving")),
		of("templated", reads("store")+"target: {template: {templateFrom: [{configMap: {name: templates, items: [{key: t}]}}, {secret: {name: more, items: [{key: t}]}}]}}, "+dataOf("a")),
		of("made", from("Password/strong", "ClusterGenerator/"+clustered)),
		of("config", reads("store")+"target: {manifest: {apiVersion: v1, kind: ConfigMap}}, "+dataOf("a")))
}

// TestTheRightsThatRBACPrintsAreThoseThatThePassesUse makes passes with the printed rights in which each of them has an occasion to
// be used: what was missing would fail, and what is too much is seen to be unused.
func TestTheRightsThatRBACPrintsAreThoseThatThePassesUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.another(t)
	other.apply(t, awsStore, externalSecret("plain", dataOf("a")))
	w.everything(t)
	w.passIn(t, w.environment(), "--field-selector", "metadata.name=moving").synced(t)
	w.patch(t, "moving", `{"spec":{"target":{"name":"after"}}}`)
	w.apply(t, externalSecret("lost", "refreshInterval: 1ms, "+dataOf("missing")))

	printed := w.plugin(t, "rbac", generic, "--service-account", w.namespace+"/computed")
	require.Zero(t, printed.Code, printed.Stderr)
	assert.Equal(t, "Note: these rights are for a runner with --namespaces="+w.namespace+"\n", printed.Stderr)
	account := w.cluster.ServiceAccountKubeconfig(t, w.namespace, "computed")
	w.grant(t, printed.Stdout)
	environment, requests := w.watched(t, append(w.aws.Env(), "KUBECONFIG="+account))

	p := w.passIn(t, environment, generic)
	assert.Equal(t, map[string]int{"created": 12, "updated": 1, "unchanged": 1, "failed": 1, "": 0}, withNone(p.Report.Outcomes), "%s", p.Stderr)
	assert.Contains(t, p.of(t, "lost").Message, "ResourceNotFoundException")
	for _, name := range []string{"a", "going", "moving"} {
		w.aws.Put(t, name, "2")
	}
	w.cluster.Kubectl(t, "", "patch", "secret", "kube", "-n", w.namespace, "-p", `{"data":{"value":"eA=="}}`)
	p = w.passIn(t, environment, generic)
	assert.Equal(t, map[string]int{"updated": 12, "unchanged": 1, "skipped": 1, "failed": 1, "": 0}, withNone(p.Report.Outcomes), "%s", p.Stderr)
	w.aws.Delete(t, "going")
	w.aws.Put(t, "missing", "1")
	p = w.passIn(t, environment, generic).synced(t)
	assert.Equal(t, "deleted", p.of(t, "going").Outcome)
	assert.Equal(t, "created", p.of(t, "lost").Outcome)
	w.aws.Put(t, "missing", "2")
	p = w.passIn(t, environment, generic).synced(t)
	assert.Equal(t, "updated", p.of(t, "lost").Outcome)
	for _, note := range p.Report.Notes {
		assert.Contains(t, note, "Secrets are read one by one")
	}

	assert.Equal(t, granted(t, printed.Stdout), unnamed(requests()))

	stranger := other.passIn(t, environment)
	assert.Equal(t, 2, stranger.Code)
	assert.Contains(t, stranger.Stderr, "forbidden")
}

func TestRBACPrintsWhatIsKnownAndSaysWhatIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, awsStore, externalSecret("fine", dataOf("a")),
		strings.Replace(externalSecret("astray", dataOf("a")), "name: store", "name: nowhere", 1))
	printed := w.plugin(t, "rbac")
	assert.Equal(t, 1, printed.Code)
	assert.Contains(t, granted(t, printed.Stdout), "update /secrets "+w.namespace+"/fine")
	assert.Contains(t, printed.Stderr, "Warning: externalsecret.external-secrets.io/astray in namespace "+w.namespace)
	assert.Contains(t, printed.Stderr, "there is no such store")

	missing := w.plugin(t, "rbac", "none")
	assert.Equal(t, 1, missing.Code)
	assert.Empty(t, missing.Stdout)
	assert.Contains(t, missing.Stderr, `there is no ExternalSecret "none"`)
}

// withNone lets maps of outcomes be compared whether or not zeros are in them.
func withNone(outcomes map[string]int) map[string]int {
	counts := map[string]int{"": 0}
	for outcome, n := range outcomes {
		if n > 0 {
			counts[outcome] = n
		}
	}
	return counts
}
