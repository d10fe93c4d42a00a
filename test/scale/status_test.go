package scale_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// settle writes a status into every ExternalSecret of the fleet, as a sync does.
func (f *fleet) settle(t *testing.T) {
	t.Helper()
	client, err := dynamic.NewForConfig(f.cluster.Config())
	require.NoError(t, err)
	resource := client.Resource(schema.GroupVersionResource{Group: api.Group, Version: api.V1, Resource: api.ResourceExternalSecrets}).Namespace(f.namespace)
	now := metav1.Now()
	body, err := json.Marshal(map[string]any{"status": api.ExternalSecretStatus{
		RefreshTime: &now, SyncedResourceVersion: api.SyncedResourceVersion(1, nil, nil),
		Conditions: []api.Condition{{
			Type: api.ConditionReady, Status: metav1.ConditionTrue, Reason: api.ReasonSecretSynced, Message: api.MessageSecretSynced, LastTransitionTime: &now,
		}},
	}})
	require.NoError(t, err)
	const atOnce = 32
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i := range f.objects {
		group.Go(func() error {
			_, err := resource.Patch(t.Context(), name(i), types.MergePatchType, body, metav1.PatchOptions{}, "status")
			return err
		})
	}
	require.NoError(t, group.Wait())
}

func TestStatusOfTenThousandExternalSecretsAsksForPagesAndOfOneForItsChainOnly(t *testing.T) {
	const objects, page = 10_000, 500
	f := newFleet(t, objects, 500, "1h")
	f.settle(t)
	// One whose deletion policy may have left keys out is enough to have the Events looked at.
	f.cluster.Kubectl(t, "", "patch", "externalsecret", name(7), "-n", f.namespace, "--type=merge", "-p", `{"spec":{"target":{"deletionPolicy":"Merge"}}}`)
	es := f.cluster.Kubectl(t, "", "get", "externalsecret", name(7), "-n", f.namespace, "-o", "jsonpath={.metadata.generation}")
	require.Equal(t, "2", es)
	f.cluster.Kubectl(t, "", "patch", "externalsecret", name(7), "-n", f.namespace, "--subresource=status", "--type=merge", "-p",
		`{"status":{"syncedResourceVersion":"`+api.SyncedResourceVersion(2, nil, nil)+`"}}`)

	f.cluster.Kubectl(t, `{apiVersion: batch/v1, kind: CronJob, metadata: {name: externalsecret-runner, labels: {app.kubernetes.io/name: externalsecret-runner}}, spec: {`+
		`schedule: "0 0 1 1 *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: runner, image: example.com/runner}]}}}}}}`,
		"apply", "-n", f.namespace, "-f", "-")

	resources := []string{
		"externalsecrets", "secretstores", "clustersecretstores", "secrets", "events", "pods", "configmaps", "namespaces", "deployments", "cronjobs",
		"replicasets", "statefulsets", "daemonsets", "jobs", "serviceaccounts",
	}
	asked := func(args ...string) (harness.Result, harness.RequestCounts) {
		before := f.cluster.Requests(t)
		r := harness.Run(t, append(f.aws.Env(), "KUBECONFIG="+f.cluster.Kubeconfig()), harness.Build(t, "./cmd/kubectl-externalsecret"), args...)
		since := f.cluster.Requests(t).Sub(before).Only(resources...)
		for kind, count := range since {
			// The cluster's own controllers renew and clean up at any time, which takes them to ask for owners that are gone; and the
			// counting itself lists namespaces.
			owner := kind.Verb == "GET" && kind.Resource == "externalsecrets" && kind.Code == "404"
			if kind.Verb != "LIST" && kind.Verb != "GET" || kind.Resource == "namespaces" || owner {
				delete(since, kind)
				t.Logf("not counted: %d %s", count, kind)
			}
		}
		require.Zero(t, r.Code, r.Stderr)
		return r, since
	}

	began := time.Now()
	all, requests := asked("status", "-A")
	t.Logf("status -A took at most %.1f s and asked for\n%s", time.Since(began).Seconds(), requests)
	assert.Equal(t, objects+1, strings.Count(all.Stdout, "\n"), "a line each, and the head")
	assert.Equal(t, objects, strings.Count(all.Stdout, " Synced"))
	assert.Equal(t, objects/page, requests.Count("LIST", "externalsecrets"), "%s", requests)
	for resource, atMost := range map[string]int{"secretstores": 1, "clustersecretstores": 1, "events": 1, "deployments": 1, "cronjobs": 1} {
		assert.LessOrEqual(t, requests.Count("LIST", resource), atMost, "%s", requests)
	}
	assert.LessOrEqual(t, requests.Total(), objects/page+5, "no request for each of them:\n%s", requests)

	began = time.Now()
	shown, requests := asked("report", "-A", "-o", "html")
	t.Logf("report -A -o html took at most %.1f s, has %d bytes and asked for\n%s", time.Since(began).Seconds(), len(shown.Stdout), requests)
	assert.Equal(t, objects, strings.Count(shown.Stdout, "<tr data-s="), "a row each")
	assert.Less(t, len(shown.Stdout), 5<<20, "it can be opened")
	assert.Equal(t, objects/page, requests.Count("LIST", "externalsecrets"), "%s", requests)
	for _, resource := range []string{"secretstores", "clustersecretstores", "pods", "replicasets", "statefulsets", "daemonsets"} {
		assert.Equal(t, 1, requests.Count("LIST", resource), "%s", requests)
	}
	assert.LessOrEqual(t, requests.Total(), objects/page+16, "no request for each of them:\n%s", requests)

	one, requests := asked("status", name(8), "-n", f.namespace)
	assert.Contains(t, one.Stdout, "ExternalSecret "+name(8))
	t.Logf("status NAME asked for\n%s", requests)
	assert.Zero(t, requests.Count("LIST", "externalsecrets")+requests.Count("LIST", "secretstores")+requests.Count("LIST", "secrets"), "%s", requests)
	assert.Equal(t, 1, requests.Count("GET", "externalsecrets"), "%s", requests)
	assert.LessOrEqual(t, requests.Total(), 13, "its own chain only:\n%s", requests)

	f.rotate(t, 1)
	explained, requests := asked("explain", name(8), "-n", f.namespace)
	assert.Contains(t, explained.Stdout, name(8)+" is healthy")
	t.Logf("explain NAME asked for\n%s", requests)
	assert.Zero(t, requests.Count("LIST", "externalsecrets")+requests.Count("LIST", "secretstores")+requests.Count("LIST", "secrets"), "%s", requests)
	for resource, verb := range map[string]string{"externalsecrets": "GET", "secretstores": "GET", "secrets": "GET", "events": "LIST", "deployments": "LIST", "cronjobs": "LIST"} {
		assert.Equal(t, 1, requests.Count(verb, resource), "%s", requests)
	}
	assert.Equal(t, 6, requests.Total(), "its own chain, and who refreshes it:\n%s", requests)
}
