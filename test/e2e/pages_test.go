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
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/blocks"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const providerPages = "../../docs/providers/"

// providerPage is what the manifests of a page need so that they come true.
type providerPage struct {
	// names are what the page calls what has another name here.
	names []string
	// secrets are what the Secrets of its ExternalSecrets hold, by the names of those.
	secrets map[string]map[string]string
	// stores are those that no ExternalSecret of the page reads, as explain knows them.
	stores []string
}

// seedSecret is what the seed's ExternalSecret makes of any provider.
func seedSecret() map[string]string { return map[string]string{"username": "app", "password": "p4ss"} }

// provided are the pages, by provider, with what prepares a world for each. A page that is not here has a test of its own.
func provided() map[string]func(t *testing.T, w *world) providerPage {
	return map[string]func(t *testing.T, w *world) providerPage{"aws": awsPage, "fake": fakePage, "kubernetes": kubernetesPage}
}

func TestTheManifestsOfProvidersPagesApplyAndSync(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(providerPages + "*.md")
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	for _, page := range pages {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		if name == "README" {
			continue // is about all of them
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prepare, ok := provided()[name]
			if !ok {
				requireTestOf(t, page)
				return
			}
			w := newWorld(t)
			expected := prepare(t, w)
			names := strings.NewReplacer(expected.names...)
			for _, manifest := range manifestsOf(t, page) {
				w.apply(t, names.Replace(manifest))
			}
			p := w.pass(t).synced(t)
			assert.Equal(t, map[string]int{"created": len(expected.secrets)}, p.Report.Outcomes)
			for name, data := range expected.secrets {
				assert.Equal(t, data, w.data(t, w.get(t, name).Status.Binding.Name), name)
			}
			for _, store := range expected.stores {
				explained := w.plugin(t, "explain", store)
				assert.Zero(t, explained.Code, "%s\n%s", store, explained.Stdout)
			}
		})
	}
}

// requireTestOf requires that another test here applies the page.
func requireTestOf(t *testing.T, page string) {
	t.Helper()
	tests, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	assert.True(t, slices.ContainsFunc(tests, func(test string) bool {
		content, err := os.ReadFile(test)
		require.NoError(t, err)
		return strings.Contains(string(content), `"`+page+`"`)
	}), "no test applies the manifests of %s: prepare a world for it in provided", page)
}

// manifestsOf are the manifests of a page, block by block.
func manifestsOf(t *testing.T, page string) []string {
	t.Helper()
	found, err := blocks.Of(page)
	require.NoError(t, err)
	var manifests []string
	for _, block := range found {
		if block.Language == "yaml" {
			manifests = append(manifests, block.Text)
		}
	}
	require.NotEmpty(t, manifests)
	return manifests
}

func fakePage(*testing.T, *world) providerPage {
	data := seedSecret()
	data["password-before"] = "before"
	return providerPage{secrets: map[string]map[string]string{"database-credentials-secret": data}}
}

func kubernetesPage(t *testing.T, w *world) providerPage {
	vault := w.another(t)
	_, err := vault.core.CoreV1().Secrets(vault.namespace).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "my-app"}, StringData: seedSecret(),
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	w.apply(t, serviceAccountOf("my-app"))
	w.cluster.Kubectl(t, "", "create", "configmap", "other-cluster", "-n", w.namespace, "--from-literal=ca.crt="+string(w.cluster.Config().CAData))
	w.apply(t, opaque("other-cluster", map[string]string{"token": w.cluster.Kubectl(t, "", "create", "token", "my-app", "-n", w.namespace)}))
	return providerPage{
		names:   []string{"remoteNamespace: vault", "remoteNamespace: " + vault.namespace, "namespace: vault", "namespace: " + vault.namespace, "namespace: shop", "namespace: " + w.namespace, "https://other-cluster.example:6443", w.cluster.Info.Server},
		secrets: map[string]map[string]string{"database-credentials-secret": seedSecret()},
		stores:  []string{"store/other-cluster"},
	}
}

func serviceAccountOf(name string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: ServiceAccount, metadata: {name: %s}}", name)
}

func awsPage(t *testing.T, w *world) providerPage {
	const region = "eu-central-1"
	w.federate(t)
	shop := w.federated("sts.amazonaws.com", "shop-secrets")
	shop.ARN = "arn:aws:iam::123456789012:role/shop-secrets"
	w.aws.Role(t, shop)
	w.aws.Role(t, harness.AWSRole{ARN: "arn:aws:iam::123456789012:role/hop"})
	w.aws.Role(t, harness.AWSRole{
		ARN: "arn:aws:iam::210987654321:role/reader", Principals: []string{"arn:aws:iam::123456789012:role/hop"}, ExternalID: "our-agreed-id",
	})
	key := harness.AWSKey{ID: "AKIAPAGE000000000001", Secret: "key-of-the-page"}
	w.aws.Key(t, key)
	w.apply(t, opaque("aws-keys", map[string]string{"access-key-id": key.ID, "secret-access-key": key.Secret}))
	put := func(name, value string, tags map[string]string) {
		w.aws.SeedAll(t, []harness.AWSSecret{{Name: name, Region: region, String: &value, Tags: tags}})
	}
	put("my-app/database-credentials", `{"username":"app","password":"p4ss"}`, nil)
	put("shop/db", `{"password":"before"}`, map[string]string{"team": "payments"})
	put("shop/db", `{"password":"p4ss","port":5432}`, map[string]string{"team": "payments"})
	for _, value := range []string{"first", "second", "third", "fourth"} {
		w.aws.SeedParameters(t, []harness.AWSParameter{{Name: "/shop/db/password", Region: region, Value: value, Tags: map[string]string{"env": "prod"}}})
	}
	w.aws.SeedParameters(t, []harness.AWSParameter{{Name: "/shop/db/user", Region: region, Value: "app", Tags: map[string]string{"env": "prod"}}})
	return providerPage{
		secrets: map[string]map[string]string{
			"database-credentials-secret": seedSecret(),
			"db-and-more":                 {"password": "p4ss", "port": "5432", "old-password": "before", "owner": "payments"},
			"db-parameters":               {"password": "fourth", "password-before": "third"},
			"db-found":                    {"password": "fourth", "user": "app"},
		},
		stores: []string{"store/aws-as-serviceaccount", "store/aws-with-keys", "clusterstore/aws-by-role"},
	}
}
