package manifest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

func read(t *testing.T, manifest string) *Objects {
	t.Helper()
	objects := New("default")
	require.Empty(t, objects.Read(strings.NewReader(manifest)))
	return objects
}

func TestGeneratorsAreFoundByTheirKind(t *testing.T) {
	objects := read(t, `
{apiVersion: generators.external-secrets.io/v1alpha1, kind: Password, metadata: {name: p, namespace: shop}}
---
{apiVersion: generators.external-secrets.io/v1alpha1, kind: VaultDynamicSecret, metadata: {name: v}}
---
{apiVersion: generators.external-secrets.io/v1alpha1, kind: ClusterGenerator, metadata: {name: c, namespace: shop}}
`)
	for kind, namespaced := range map[string]string{"Password": "shop/p", "VaultDynamicSecret": "default/v", "ClusterGenerator": "/c"} {
		namespace, name, _ := strings.Cut(namespaced, "/")
		_, err := objects.GetGenerator(t.Context(), kind, namespace, name)
		require.NoError(t, err, kind)
		_, err = objects.GetGenerator(t.Context(), "UUID", namespace, name)
		assert.True(t, apierrors.IsNotFound(err))
	}
	problems := New("default").Read(strings.NewReader("{apiVersion: generators.external-secrets.io/v2, kind: UUID, metadata: {name: u}}"))
	require.Len(t, problems, 1)
	assert.ErrorContains(t, problems[0], "generators.external-secrets.io/v2 of the UUID is not generators.external-secrets.io/v1alpha1")
}

func TestObjectsAreListedInTheOrderOfTheManifest(t *testing.T) {
	objects := read(t, `
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: b, namespace: shop}}
---
{apiVersion: external-secrets.io/v1beta1, kind: ExternalSecret, metadata: {name: c}}
---
{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: store}}
---
{apiVersion: external-secrets.io/v1, kind: ExternalSecretList, items: [
  {apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a, namespace: shop}},
  {apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: b, namespace: shop}, spec: {refreshInterval: 5m}}]}
`)
	for name, tc := range map[string]struct {
		namespace string
		want      []string
	}{
		"of all namespaces":               {"", []string{"shop/b", "default/c", "shop/a"}},
		"of one":                          {"shop", []string{"shop/b", "shop/a"}},
		"of that for those who name none": {"default", []string{"default/c"}},
		"of one that has none":            {"other", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			err := objects.List(t.Context(), api.ResourceExternalSecrets, tc.namespace, kube.Selector{}, func(page []json.RawMessage) error {
				for _, raw := range page {
					var es api.ExternalSecret
					require.NoError(t, json.Unmarshal(raw, &es))
					got = append(got, es.Namespace+"/"+es.Name)
					if es.Name == "b" {
						assert.Equal(t, "5m", es.Spec.RefreshInterval, "the later one replaces the earlier")
					}
				}
				return nil
			})
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
	assert.Equal(t, 3, objects.Count(api.ResourceExternalSecrets))
	err := objects.List(t.Context(), api.ResourceExternalSecrets, "", kube.Selector{Labels: "a=b"}, nil)
	require.Error(t, err, "a selector that was ignored would render too much")
}

func TestObjectsAreGivenAsAnAPIServerHasThem(t *testing.T) {
	objects := read(t, `
{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: shop}, data: {both: b2xk, old: b2xk}, stringData: {both: new}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: v}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, namespace: nonsense, labels: {team: a}}}
---
{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: css, namespace: nonsense}}
---
{apiVersion: other.example/v1, kind: Secret, metadata: {name: foreign, namespace: shop}}
`)
	s, err := objects.GetSecret(t.Context(), "shop", "s")
	require.NoError(t, err)
	assert.Equal(t, map[string][]byte{"both": []byte("new"), "old": []byte("old")}, s.Data)
	assert.Empty(t, s.StringData)

	m, err := objects.ConfigMap(t.Context(), "default", "m")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"k": "v"}, m)

	labels, err := objects.NamespaceLabels(t.Context(), "shop")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"team": "a", "kubernetes.io/metadata.name": "shop"}, labels)

	var namespaces []corev1.Namespace
	require.NoError(t, objects.ListNamespaces(t.Context(), func(n *corev1.Namespace) { namespaces = append(namespaces, *n) }))
	require.Len(t, namespaces, 1)
	assert.Equal(t, "shop", namespaces[0].Name)
	assert.Equal(t, labels, namespaces[0].Labels)

	raw, err := objects.Get(t.Context(), api.ResourceClusterSecretStores, "", "css")
	require.NoError(t, err)
	assert.NotContains(t, string(raw), "nonsense", "what is in no namespace names none")

	for name, get := range map[string]func() error{
		"a Secret of another name":  func() error { _, err := objects.GetSecret(t.Context(), "shop", "t"); return err },
		"one of another namespace":  func() error { _, err := objects.GetSecret(t.Context(), "default", "s"); return err },
		"one of another API group":  func() error { _, err := objects.GetSecret(t.Context(), "shop", "foreign"); return err },
		"a ConfigMap of that name":  func() error { _, err := objects.GetConfigMap(t.Context(), "shop", "s"); return err },
		"a Namespace":               func() error { _, err := objects.NamespaceLabels(t.Context(), "other"); return err },
		"a store of the other kind": func() error { _, err := objects.Get(t.Context(), api.ResourceSecretStores, "", "css"); return err },
	} {
		t.Run("and "+name+" is not found", func(t *testing.T) {
			assert.True(t, apierrors.IsNotFound(get()))
		})
	}
}

func TestWhatOnlyAClusterHasIsRefused(t *testing.T) {
	objects := New("default")
	_, err := objects.ServiceAccount(t.Context(), "shop", "app")
	require.ErrorIs(t, err, ErrNoCluster)
	_, _, err = objects.Token(t.Context(), "shop", "app", nil)
	require.ErrorIs(t, err, ErrNoCluster)
	_, err = objects.APIServer().Dial(t.Context(), "tcp", "127.0.0.1:1")
	require.ErrorIs(t, err, ErrNoCluster)
}

func TestWhatFollowsAMalformedSeparatorIsNotRead(t *testing.T) {
	objects := New("default")
	problems := objects.Read(strings.NewReader("{apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n" +
		"{apiVersion: v1, kind: Secret, metadata: {name: b}}\n--- password\n{apiVersion: v1, kind: Secret, metadata: {name: c}}\n"))
	require.Len(t, problems, 1)
	require.EqualError(t, problems[0], "document 2: the --- that ends it has something else on its line: no more is read")
	assert.Equal(t, 1, objects.Count("secrets"))
}
