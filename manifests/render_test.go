package manifests_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner"
)

func render(t *testing.T, options manifests.Options) []unstructured.Unstructured {
	t.Helper()
	objects, err := manifests.Render(options)
	require.NoError(t, err)
	return objects
}

// find converts the one object of a kind, namespace and name.
func find[T any](t *testing.T, objects []unstructured.Unstructured, kind, namespace, name string) T {
	t.Helper()
	i := slices.IndexFunc(objects, func(o unstructured.Unstructured) bool {
		return o.GetKind() == kind && o.GetNamespace() == namespace && o.GetName() == name
	})
	require.GreaterOrEqual(t, i, 0, "%s %s/%s", kind, namespace, name)
	var typed T
	require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(objects[i].Object, &typed))
	return typed
}

func cronJob(t *testing.T, options manifests.Options) batchv1.CronJob {
	t.Helper()
	namespace := options.Namespace
	if namespace == "" {
		namespace = manifests.DefaultNamespace
	}
	return find[batchv1.CronJob](t, render(t, options), "CronJob", namespace, manifests.Name)
}

// identities are kind, namespace and name of each object.
func identities(objects []unstructured.Unstructured) []string {
	var found []string
	for _, o := range objects {
		found = append(found, strings.Trim(o.GetKind()+" "+o.GetNamespace()+"/"+o.GetName(), "/"))
	}
	return found
}

func TestRenderedObjectsComeInTheOrderInWhichTheyCanBeMade(t *testing.T) {
	for name, test := range map[string]struct {
		options manifests.Options
		want    []string
	}{
		"for the whole cluster": {manifests.Options{}, []string{
			"Namespace /externalsecret-system", "ServiceAccount externalsecret-system/externalsecret-runner",
			"Role externalsecret-system/externalsecret-runner-state", "RoleBinding externalsecret-system/externalsecret-runner-state",
			"ClusterRole /externalsecret-runner", "ClusterRoleBinding /externalsecret-runner",
			"CronJob externalsecret-system/externalsecret-runner",
		}},
		"for two namespaces, with nothing cluster-wide": {manifests.Options{Namespace: "secrets", Scope: []string{"b", "a", "b"}}, []string{
			"Namespace /secrets", "ServiceAccount secrets/externalsecret-runner",
			"Role secrets/externalsecret-runner-state", "RoleBinding secrets/externalsecret-runner-state",
			"Role a/externalsecret-runner", "RoleBinding a/externalsecret-runner",
			"Role b/externalsecret-runner", "RoleBinding b/externalsecret-runner",
			"CronJob secrets/externalsecret-runner",
		}},
		"for the namespace that it is in, with ClusterSecretStores and logins": {manifests.Options{
			Namespace: "a", Scope: []string{"a"}, ClusterStores: true,
			LoginServiceAccounts: []types.NamespacedName{{Namespace: "b", Name: "y"}, {Namespace: "b", Name: "x"}, {Namespace: "a", Name: "z"}},
		}, []string{
			"Namespace /a", "ServiceAccount a/externalsecret-runner", "Role a/externalsecret-runner-state", "RoleBinding a/externalsecret-runner-state",
			"Role a/externalsecret-runner", "RoleBinding a/externalsecret-runner",
			"ClusterRole /externalsecret-runner-clusterstores", "ClusterRoleBinding /externalsecret-runner-clusterstores",
			"Role a/externalsecret-runner-login", "RoleBinding a/externalsecret-runner-login",
			"Role b/externalsecret-runner-login", "RoleBinding b/externalsecret-runner-login",
			"CronJob a/externalsecret-runner",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, identities(render(t, test.options)))
		})
	}
	withCRDs := render(t, manifests.Options{WithCRDs: true})
	assert.Equal(t, "Namespace", withCRDs[0].GetKind())
	assert.Equal(t, "CustomResourceDefinition", withCRDs[1].GetKind())
}

func TestOptionsAreInTheCronJob(t *testing.T) {
	t.Run("none: a failed pass is not repeated, and an unavailable API server is asked again", func(t *testing.T) {
		job := cronJob(t, manifests.Options{})
		assert.Equal(t, batchv1.ForbidConcurrent, job.Spec.ConcurrencyPolicy)
		spec := job.Spec.JobTemplate.Spec
		assert.Less(t, *spec.ActiveDeadlineSeconds, int64(5*60), "less than the period of "+job.Spec.Schedule)
		assert.Equal(t, int32(2), *spec.BackoffLimit)
		assert.Equal(t, map[int32]batchv1.PodFailurePolicyAction{
			runner.ExitSomeFailed: batchv1.PodFailurePolicyActionFailJob, runner.ExitMisconfigured: batchv1.PodFailurePolicyActionFailJob,
		}, actions(spec), "%d is counted, and tried again", runner.ExitUnavailable)
		assert.True(t, strings.HasPrefix(spec.Template.Spec.Containers[0].Image, manifests.ImageRepository+":v"))
		assert.Equal(t, []string{"--lease=$(POD_NAMESPACE)/externalsecret-runner", "--report-to=$(POD_NAMESPACE)/externalsecret-runner",
			"--termination-log=/dev/termination-log"}, spec.Template.Spec.Containers[0].Args)
	})
	t.Run("what is named replaces what the base has", func(t *testing.T) {
		job := cronJob(t, manifests.Options{
			Namespace: "elsewhere", Image: "example.com/runner:v9", Schedule: "0 * * * *", TimeZone: "Europe/Berlin", ActiveDeadline: 20 * time.Minute,
			Scope: []string{"a", "b"}, ControllerClass: "ours", Args: []string{"--log-level=debug"}, Env: map[string]string{"B": "2", "A": "1"},
		})
		assert.Equal(t, "0 * * * *", job.Spec.Schedule)
		assert.Equal(t, "Europe/Berlin", *job.Spec.TimeZone)
		assert.Equal(t, int64(1200), *job.Spec.JobTemplate.Spec.ActiveDeadlineSeconds)
		container := job.Spec.JobTemplate.Spec.Template.Spec.Containers[0]
		assert.Equal(t, "example.com/runner:v9", container.Image)
		assert.Equal(t, []string{"--namespaces=a,b", "--controller-class=ours", "--log-level=debug"}, container.Args[3:])
		require.Len(t, container.Env, 4)
		assert.Equal(t, "A", container.Env[2].Name)
		assert.Equal(t, "2", container.Env[3].Value)
	})
	t.Run("shards are the Pods of an Indexed Job, and the failure of one does not end the others", func(t *testing.T) {
		spec := cronJob(t, manifests.Options{Shards: 4}).Spec.JobTemplate.Spec
		assert.Equal(t, batchv1.IndexedCompletion, *spec.CompletionMode)
		assert.Equal(t, int32(4), *spec.Completions)
		assert.Equal(t, int32(4), *spec.Parallelism)
		assert.Nil(t, spec.BackoffLimit)
		assert.Equal(t, int32(2), *spec.BackoffLimitPerIndex)
		assert.Equal(t, map[int32]batchv1.PodFailurePolicyAction{
			runner.ExitSomeFailed: batchv1.PodFailurePolicyActionFailIndex, runner.ExitMisconfigured: batchv1.PodFailurePolicyActionFailJob,
		}, actions(spec))
		assert.Contains(t, spec.Template.Spec.Containers[0].Args, "--shards=4")
	})
	t.Run("a run that lingers is not ended before it ends itself", func(t *testing.T) {
		spec := cronJob(t, manifests.Options{Linger: 4*time.Minute + 50*time.Second}).Spec.JobTemplate.Spec
		assert.Equal(t, int64(320), *spec.ActiveDeadlineSeconds)
		assert.Contains(t, spec.Template.Spec.Containers[0].Args, "--linger=290s")
	})
}

// actions are what the policy for failed Pods does, by exit code.
func actions(spec batchv1.JobSpec) map[int32]batchv1.PodFailurePolicyAction {
	found := map[int32]batchv1.PodFailurePolicyAction{}
	for _, rule := range spec.PodFailurePolicy.Rules {
		if rule.OnExitCodes != nil {
			for _, code := range rule.OnExitCodes.Values {
				found[code] = rule.Action
			}
		}
	}
	return found
}

// grants lists rules one by one: verb, resource and, if it is narrowed, names.
func grants(rules []rbacv1.PolicyRule) []string {
	var found []string
	for _, rule := range rules {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				found = append(found, strings.TrimSpace(verb+" "+rule.APIGroups[0]+"/"+resource+" "+strings.Join(rule.ResourceNames, ",")))
			}
		}
	}
	return found
}

func TestOptionsAreInTheRights(t *testing.T) {
	cluster := func(options manifests.Options) []string {
		return grants(find[rbacv1.ClusterRole](t, render(t, options), "ClusterRole", "", manifests.Name).Rules)
	}
	namespaced := func(options manifests.Options, namespace, name string) []string {
		return grants(find[rbacv1.Role](t, render(t, options), "Role", namespace, name).Rules)
	}
	all := cluster(manifests.Options{})
	one := namespaced(manifests.Options{Scope: []string{"a"}}, "a", manifests.Name)

	assert.Subset(t, all, one, "a namespace needs nothing that the cluster does not")
	assert.NotContains(t, strings.Join(one, "\n"), "cluster")
	assert.NotContains(t, strings.Join(append(all, one...), "\n"), "serviceaccounts", "tokens are for those who are named")
	assert.NotContains(t, strings.Join(append(all, one...), "\n"), "*")

	assert.ElementsMatch(t, all, append(cluster(manifests.Options{SecretAccess: manifests.SecretsByName}), "list /secrets"))
	assert.ElementsMatch(t, one, append(namespaced(manifests.Options{Scope: []string{"a"}, SecretAccess: manifests.SecretsByName}, "a", manifests.Name),
		"list /secrets"))
	assert.ElementsMatch(t, append(all, "watch external-secrets.io/externalsecrets"), cluster(manifests.Options{Linger: time.Minute}))
	assert.Equal(t, []string{"get /serviceaccounts x,y", "create /serviceaccounts/token x,y"}, namespaced(manifests.Options{
		LoginServiceAccounts: []types.NamespacedName{{Namespace: "b", Name: "y"}, {Namespace: "b", Name: "x"}, {Namespace: "b", Name: "y"}},
	}, "b", "externalsecret-runner-login"))
	assert.Contains(t, namespaced(manifests.Options{}, manifests.DefaultNamespace, "externalsecret-runner-state"),
		"update coordination.k8s.io/leases externalsecret-runner")
	assert.Contains(t, namespaced(manifests.Options{Shards: 2}, manifests.DefaultNamespace, "externalsecret-runner-state"),
		"update coordination.k8s.io/leases externalsecret-runner-0,externalsecret-runner-1")
}

func TestOptionsThatCanNotBeAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		options manifests.Options
		says    string
	}{
		"a namespace that no namespace can have":        {manifests.Options{Namespace: "A"}, `"A" can't be the name of a namespace`},
		"an image without a name":                       {manifests.Options{Image: ":v1"}, `":v1" can't be the name of an image`},
		"a schedule of four fields":                     {manifests.Options{Schedule: "* * * *"}, `"* * * *" is no schedule of a CronJob`},
		"a schedule with a time zone":                   {manifests.Options{Schedule: "TZ=UTC * * * * *"}, "its time zone has a place of its own"},
		"a scope that no namespace can have":            {manifests.Options{Scope: []string{"a,b"}}, `"a,b" can't be the name of a namespace`},
		"an account without a namespace":                {manifests.Options{LoginServiceAccounts: []types.NamespacedName{{Name: "x"}}}, `"" can't be the name of a namespace`},
		"an account without a name":                     {manifests.Options{LoginServiceAccounts: []types.NamespacedName{{Namespace: "x"}}}, `"" can't be its name`},
		"an access to Secrets that there is not":        {manifests.Options{SecretAccess: "all"}, `"all" is neither list nor get`},
		"cluster stores for who has the whole cluster":  {manifests.Options{ClusterStores: true}, "ClusterSecretStores"},
		"fewer shards than one":                         {manifests.Options{Shards: -1}, "-1 shards"},
		"more shards than anyone has nodes":             {manifests.Options{Shards: 1001}, "1001 shards"},
		"a time that the API can't hold":                {manifests.Options{Linger: 1500 * time.Millisecond}, "lingering for 1.5s"},
		"a deadline that was over before the run began": {manifests.Options{ActiveDeadline: -time.Second}, "deadline of -1s"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := manifests.Render(test.options)
			require.Error(t, err)
			assert.Contains(t, err.Error(), test.says)
		})
	}
}
