package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// serve makes the API server serve some versions of the External Secrets API only, until the test ends.
func (w *world) serve(t *testing.T, versions ...string) {
	t.Helper()
	w.setServed(t.Context(), t, versions)
	t.Cleanup(func() { w.setServed(context.WithoutCancel(t.Context()), t, allVersions()) })
}

// allVersions are those of the CRDs, in their order.
func allVersions() []string { return []string{"v1", "v1beta1"} }

func (w *world) setServed(ctx context.Context, t *testing.T, versions []string) {
	t.Helper()
	var patch []map[string]any
	for i, version := range allVersions() {
		patch = append(patch, map[string]any{
			"op": "replace", "path": fmt.Sprintf("/spec/versions/%d/served", i), "value": slices.Contains(versions, version),
		})
	}
	body, err := json.Marshal(patch)
	require.NoError(t, err)
	var want []string
	for _, resource := range []string{"clusterexternalsecrets", "clustersecretstores", "externalsecrets", "secretstores"} {
		err := w.core.CoreV1().RESTClient().Patch(types.JSONPatchType).
			AbsPath("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + resource + ".external-secrets.io").Body(body).Do(ctx).Error()
		require.NoError(t, err)
		for _, version := range versions {
			want = append(want, version+"/"+resource)
		}
	}
	slices.Sort(want)
	until(t, fmt.Sprintf("the API server serves %v only", versions), func() bool { return slices.Equal(want, w.served(ctx, t)) })
}

// served are the resources of the External Secrets API that are served, each after its version and a slash.
func (w *world) served(ctx context.Context, t *testing.T) []string {
	t.Helper()
	var served []string
	for _, version := range allVersions() {
		body, err := w.core.CoreV1().RESTClient().Get().AbsPath("/apis/external-secrets.io/" + version).Do(ctx).Raw()
		if err != nil {
			continue // the version is not served
		}
		var list metav1.APIResourceList
		require.NoError(t, json.Unmarshal(body, &list))
		for _, resource := range list.APIResources {
			if !strings.Contains(resource.Name, "/") {
				served = append(served, version+"/"+resource.Name)
			}
		}
	}
	slices.Sort(served)
	return served
}

func TestAClusterThatServesOnlyAnOlderVersionWorks(t *testing.T) {
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	t.Run("while v1 is not served", func(t *testing.T) {
		w.serve(t, "v1beta1")
		w.cluster.Kubectl(t, `
apiVersion: external-secrets.io/v1beta1
kind: SecretStore
metadata: {name: store}
spec: {provider: {aws: {service: SecretsManager, region: us-east-1}}}
---
apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata: {name: app}
spec: {refreshInterval: 1ms, secretStoreRef: {name: store}, `+dataOf("a")+`}`, "apply", "--validate=strict", "--namespace", w.namespace, "-f", "-")

		assert.Equal(t, "created", w.pass(t).synced(t).of(t, "app").Outcome)
		assert.Equal(t, "external-secrets.io/v1beta1", w.secret(t, "app").OwnerReferences[0].APIVersion)
		assert.Equal(t, "unchanged", w.pass(t).synced(t).of(t, "app").Outcome)
	})
	assert.Equal(t, "unchanged", w.pass(t).synced(t).of(t, "app").Outcome, "once v1 is served too")
	require.Len(t, w.events(t, "app"), 1)
	assert.Equal(t, "external-secrets.io/v1beta1", w.events(t, "app")[0].InvolvedObject.APIVersion)
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "app"))
	assert.Equal(t, "SecretSynced", w.ready(t, "app").Reason)
}

func TestAClusterWithoutTheExternalSecretsAPIIsToldApart(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	p := w.pass(t)
	assert.Equal(t, 2, p.Code, "someone has to install the CRDs first")
	assert.Contains(t, p.Stderr, "external-secrets.io")
	assert.Contains(t, p.Stderr, "CRDs are not installed")
	assert.Empty(t, p.Stdout)

	for _, args := range [][]string{{"refresh", "--all"}, {"refresh", "app"}, {"status"}, {"status", "app"}} {
		r := w.plugin(t, args...)
		assert.Equal(t, 1, r.Code, args)
		assert.Contains(t, r.Stderr, "CRDs are not installed", args)
		assert.Empty(t, r.Stdout, args)
	}
}
