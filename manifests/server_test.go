package manifests_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestTheAPIServerTakesTheBase(t *testing.T) {
	cluster := harness.Cluster(t)
	cluster.Kubectl(t, "", "apply", "--server-side", "-k", "base")
	again := cluster.Kubectl(t, "", "apply", "--server-side", "-k", "base")
	assert.Contains(t, again, "cronjob.batch/externalsecret-runner serverside-applied")

	t.Run("and its CronJob makes Jobs and Pods that the restricted namespace admits", func(t *testing.T) {
		cluster.Kubectl(t, "", "create", "job", "now", "--from=cronjob/externalsecret-runner", "-n", manifests.DefaultNamespace)
		require.Eventually(t, func() bool {
			return cluster.Kubectl(t, "", "get", "pods", "-n", manifests.DefaultNamespace, "-l", "job-name=now", "-o", "name") != ""
		}, 30*time.Second, 200*time.Millisecond)
	})
	t.Run("and every variant, without a warning", func(t *testing.T) {
		namespaces := []string{cluster.Namespace(t), cluster.Namespace(t)}
		for name, options := range map[string]manifests.Options{
			"the default": {WithCRDs: true},
			"namespaces": {
				Scope: namespaces, ClusterStores: true, SecretAccess: manifests.SecretsByName,
				LoginServiceAccounts: []types.NamespacedName{{Namespace: namespaces[0], Name: "app"}},
			},
			"shards that linger": {
				Shards: 4, Linger: 290 * time.Second, TimeZone: "Europe/Berlin", Schedule: "@hourly", ControllerClass: "ours", Image: "example.com/r:v1",
				Env: map[string]string{"AWS_REGION": "eu-central-1"}, Args: []string{"--log-level=debug"},
				ServiceAccountAnnotations: map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r"},
			},
		} {
			t.Run(name, func(t *testing.T) {
				for _, object := range render(t, options) {
					text, err := yaml.Marshal(object.Object)
					require.NoError(t, err)
					_, err = cluster.KubectlErr(t, string(text), "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict",
						"--warnings-as-errors", "-f", "-")
					assert.NoError(t, err)
				}
			})
		}
	})
}
