package manifests_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// parse reads YAML documents in the types of JSON, sorted by what they are.
func parse(t *testing.T, text string) []unstructured.Unstructured {
	t.Helper()
	var objects []unstructured.Unstructured
	for document := range strings.SplitSeq("\n"+text, "\n---\n") {
		var object unstructured.Unstructured
		require.NoError(t, yaml.Unmarshal([]byte(document), &object.Object), document)
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
	return sorted(objects)
}

func sorted(objects []unstructured.Unstructured) []unstructured.Unstructured {
	return slices.SortedFunc(slices.Values(objects), func(a, b unstructured.Unstructured) int {
		return strings.Compare(a.GetKind()+a.GetNamespace()+"/"+a.GetName(), b.GetKind()+b.GetNamespace()+"/"+b.GetName())
	})
}

// rendered is what Render gives, as parse would read it.
func rendered(t *testing.T, options manifests.Options) []unstructured.Unstructured {
	t.Helper()
	var text strings.Builder
	for _, object := range render(t, options) {
		body, err := json.Marshal(object.Object)
		require.NoError(t, err)
		text.WriteString("\n---\n" + string(body))
	}
	return parse(t, text.String())
}

// requireSame compares object by object, so that a difference can be read.
func requireSame(t *testing.T, want, got []unstructured.Unstructured) {
	t.Helper()
	require.Equal(t, identities(want), identities(got))
	for i := range want {
		assert.Equal(t, want[i].Object, got[i].Object, identities(want[i : i+1])[0])
	}
}

func TestKustomizeMakesWhatRenderMakes(t *testing.T) {
	cluster := harness.Cluster(t)
	for name, test := range map[string]struct {
		dir     string
		options manifests.Options
	}{
		"the base": {"base", manifests.Options{WithCRDs: true}},
		"the example with a namespace": {"../docs/examples/namespaces", manifests.Options{
			WithCRDs: true, Scope: []string{"shop"}, ClusterStores: true, SecretAccess: manifests.SecretsByName,
			LoginServiceAccounts: []types.NamespacedName{{Namespace: "shop", Name: "shop-secrets"}},
		}},
		"the example with shards": {"../docs/examples/shards", manifests.Options{WithCRDs: true, Shards: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			requireSame(t, rendered(t, test.options), parse(t, cluster.Kubectl(t, "", "kustomize", test.dir)))
		})
	}
	t.Run("the list of Secrets can be taken from the whole cluster too", func(t *testing.T) {
		dir := t.TempDir()
		here, err := filepath.Abs(".")
		require.NoError(t, err)
		here, err = filepath.Rel(dir, here)
		require.NoError(t, err)
		overlay := "resources: [" + here + "/base]\ncomponents: [" + here + "/components/by-name]\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(overlay), 0o600))
		requireSame(t, rendered(t, manifests.Options{WithCRDs: true, SecretAccess: manifests.SecretsByName}),
			parse(t, cluster.Kubectl(t, "", "kustomize", dir)))
	})
}

func TestTheChartMakesWhatRenderMakes(t *testing.T) {
	helm := harness.Helm(t)
	// What is packaged, with the CRDs that the chart only links to.
	packaged := harness.Run(t, nil, helm, "package", "chart", "--destination", t.TempDir())
	require.Zero(t, packaged.Code, packaged.Stderr)
	_, archive, ok := strings.Cut(strings.TrimSpace(packaged.Stdout), ": ")
	require.True(t, ok, packaged.Stdout)
	for name, test := range map[string]struct {
		set     []string
		options manifests.Options
	}{
		"by default": {nil, manifests.Options{}},
		"for namespaces": {[]string{"scope.namespaces={a,b}", "secretAccess=get", "loginServiceAccounts.b={y,x}", "loginServiceAccounts.a={z}"},
			manifests.Options{
				Scope: []string{"a", "b"}, SecretAccess: manifests.SecretsByName,
				LoginServiceAccounts: []types.NamespacedName{{Namespace: "a", Name: "z"}, {Namespace: "b", Name: "x"}, {Namespace: "b", Name: "y"}},
			}},
		"for a namespace, with ClusterSecretStores": {[]string{"scope.namespaces={a}", "scope.clusterStores=true", "lingerSeconds=60"},
			manifests.Options{Scope: []string{"a"}, ClusterStores: true, Linger: time.Minute}},
		"with everything else": {[]string{
			"secretAccess=get", "shards=3", "lingerSeconds=290", "controllerClass=ours", "schedule=0 * * * *", "timeZone=Europe/Berlin",
			"image.repository=example.com/runner", "image.tag=v9", "extraArgs={--log-level=debug,--concurrency=2}", "env.B=b", "env.A=x: y",
			`serviceAccount.annotations.eks\.amazonaws\.com/role-arn=arn:aws:iam::1:role/r`,
		}, manifests.Options{
			SecretAccess: manifests.SecretsByName, Shards: 3, Linger: 290 * time.Second, ControllerClass: "ours", Schedule: "0 * * * *",
			TimeZone: "Europe/Berlin", Image: "example.com/runner:v9", Args: []string{"--log-level=debug", "--concurrency=2"},
			Env:                       map[string]string{"A": "x: y", "B": "b"},
			ServiceAccountAnnotations: map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r"},
		}},
		"with a deadline": {[]string{"activeDeadlineSeconds=1200"}, manifests.Options{ActiveDeadline: 20 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"template", "any-release", archive, "--namespace", manifests.DefaultNamespace, "--include-crds"}
			for _, set := range test.set {
				args = append(args, "--set", set)
			}
			got := harness.Run(t, nil, helm, args...)
			require.Zero(t, got.Code, got.Stderr)
			test.options.WithCRDs = true
			want := slices.DeleteFunc(rendered(t, test.options), func(o unstructured.Unstructured) bool {
				return o.GetKind() == "Namespace" // which is there before Helm can keep a release in it
			})
			requireSame(t, want, parse(t, got.Stdout))
		})
	}
	t.Run("and its linter finds nothing", func(t *testing.T) {
		got := harness.Run(t, nil, helm, "lint", "--strict", archive)
		assert.Zero(t, got.Code, got.Stdout+got.Stderr)
	})
}

func TestTheChartRefusesValuesThatCanNotBe(t *testing.T) {
	helm := harness.Helm(t)
	for name, test := range map[string]struct{ set, says string }{
		"a misspelt one":                               {"shard=3", "shard"},
		"shards that are no number":                    {"shards=many", "shards"},
		"no shard":                                     {"shards=0", "shards"},
		"an access to Secrets that there is not":       {"secretAccess=all", "secretAccess"},
		"a namespace that no namespace can have":       {"scope.namespaces={A}", "namespaces"},
		"cluster stores for who has the whole cluster": {"scope.clusterStores=true", "namespaces"},
		"logins with no accounts":                      {"loginServiceAccounts.a=x", "loginServiceAccounts"},
		"a schedule of four fields":                    {"schedule=* * * *", "schedule"},
		"a flag without dashes":                        {"extraArgs={log-level}", "extraArgs"},
	} {
		t.Run(name, func(t *testing.T) {
			got := harness.Run(t, nil, helm, "template", "any-release", "chart", "--set", test.set)
			assert.NotZero(t, got.Code, got.Stdout)
			assert.Contains(t, got.Stderr, "schema")
			assert.Contains(t, got.Stderr, test.says)
		})
	}
}

func TestTheChartAndTheBaseNameOneImage(t *testing.T) {
	content, err := os.ReadFile("chart/Chart.yaml")
	require.NoError(t, err)
	var chart struct {
		Version    string `json:"version"`
		AppVersion string `json:"appVersion"`
	}
	require.NoError(t, yaml.Unmarshal(content, &chart))
	assert.Equal(t, "v"+chart.Version, chart.AppVersion)
	image := cronJob(t, manifests.Options{}).Spec.JobTemplate.Spec.Template.Spec.Containers[0].Image
	assert.Equal(t, manifests.ImageRepository+":"+chart.AppVersion, image)
}
