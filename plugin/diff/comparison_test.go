package diff

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
)

// update rewrites the golden files.
var update = flag.Bool("update", false, "rewrite the golden files")

// secretOf reads a Secret; nil for nothing.
func secretOf(t *testing.T, text string) runtime.Object {
	t.Helper()
	if text == "" {
		return nil
	}
	var s corev1.Secret
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &s))
	s.Namespace = "shop"
	return &s
}

// objectOf reads an object of another kind.
func objectOf(t *testing.T, text string) runtime.Object {
	t.Helper()
	if text == "" {
		return nil
	}
	var object unstructured.Unstructured
	require.NoError(t, yaml.Unmarshal([]byte(text), &object.Object))
	object.SetNamespace("shop")
	return &object
}

// externalSecret reads one.
func externalSecret(t *testing.T, text string) *api.ExternalSecret {
	t.Helper()
	var es api.ExternalSecret
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &es))
	es.Namespace = "shop"
	return &es
}

// shown is what diff shows of differences, without what is different each time.
func shown(t *testing.T, masker *masker, differences ...core.Difference) string {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("TZ", "UTC")
	trees, err := newTrees()
	require.NoError(t, err)
	c := comparison{trees: trees, masker: masker}
	for _, d := range differences {
		require.NoError(t, c.add(d))
	}
	program, err := findProgram("")
	require.NoError(t, err)
	var out bytes.Buffer
	different, err := program.differ(t.Context(), trees.live, trees.merged, genericiooptions.IOStreams{Out: &out})
	require.NoError(t, err)
	assert.Equal(t, out.Len() > 0, different)
	require.NoError(t, trees.remove())
	text := regexp.MustCompile(`\S*/(LIVE|MERGED)-\d+`).ReplaceAllString(out.String(), "$1")
	text = regexp.MustCompile(`(?m)\t\d{4}-.*$`).ReplaceAllString(text, "")
	return regexp.MustCompile(`(?m)^diff -u -N .*\n`).ReplaceAllString(text, "")
}

const plain = `{metadata: {name: db, labels: {team: payments}}, spec: {}}`

const live = `
metadata:
  name: db
  uid: 0f2b
  resourceVersion: "7"
  creationTimestamp: "2026-01-02T03:04:05Z"
  managedFields: [{manager: x, operation: Update}]
  labels: {team: payments, reconcile.external-secrets.io/managed: "true", reconcile.external-secrets.io/created-by: 6d8e}
  annotations:
    reconcile.external-secrets.io/data-hash: 0123456789abcdef
    kubectl.kubernetes.io/last-applied-configuration: '{"data":{"password":"aHVudGVyMg=="}}'
  ownerReferences: [{apiVersion: external-secrets.io/v1, kind: ExternalSecret, name: db, uid: "1", controller: true}]
type: Opaque
immutable: false
data: {username: YXBw, password: aHVudGVyMg==, old: b2xk}`

func TestWhatIsShown(t *testing.T) {
	wanted := strings.NewReplacer("password: aHVudGVyMg==, old: b2xk", "password: bmV3LXBhc3N3b3Jk, token: aHVudGVyMg==", "0123456789abcdef", "fedcba",
		"team: payments", "team: platform", "type: Opaque\nimmutable: false", "immutable: true").Replace(live)
	for name, tc := range map[string]struct {
		externalSecret string
		live, wanted   runtime.Object
		show           bool
	}{
		"keys-and-metadata": {plain, secretOf(t, live), secretOf(t, wanted), false},
		"show-secrets":      {plain, secretOf(t, live), secretOf(t, strings.Replace(wanted, "username: YXBw", "username: /wAB", 1)), true},
		"new":               {plain, nil, secretOf(t, live), false},
		"deleted":           {plain, secretOf(t, live), nil, false},
		"same":              {plain, secretOf(t, live), secretOf(t, strings.NewReplacer("type: Opaque\n", "", "immutable: false\n", "", `"7"`, `"8"`).Replace(live)), false},
		"template": {
			"{metadata: {name: db}, spec: {target: {template: {metadata: {labels: {team: payments, who: '{{ .user }}'}}}}}}",
			secretOf(t, "{metadata: {name: db, labels: {team: payments, who: alice, theirs: x}, finalizers: [a/b]}, data: {}}"),
			secretOf(t, "{metadata: {name: db, labels: {team: payments, who: bob, theirs: x}, finalizers: [a/b, c/d]}, data: {}, type: kubernetes.io/tls}"), false,
		},
		"object": {
			"{metadata: {name: w}, spec: {}}",
			objectOf(t, "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}, spec: {port: 5432, enabled: true, users: [alice, null], former: hunter2}, status: {seen: hunter2}}"),
			objectOf(t, "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}, spec: {port: 5433, enabled: true, users: [alice, bob], former: hunter2}, status: {seen: other}}"), false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := shown(t, keyed(tc.show), core.Difference{ES: externalSecret(t, tc.externalSecret), Live: tc.live, Wanted: tc.wanted})
			golden.Assert(t, *update, name, text)
			if !tc.show {
				for _, value := range []string{"hunter2", "aHVudGVyMg", "YXBw", "bmV3LXBhc3N3b3Jk", "0123456789abcdef", "fedcba", "alice", "bob", "5432"} {
					assert.NotContains(t, text, value)
				}
			}
		})
	}
}

func TestTwoThatWantOneSecretAreComparedOneByOne(t *testing.T) {
	var all []core.Difference
	for _, name := range []string{"b", "a", "c"} {
		all = append(all, core.Difference{
			ES: externalSecret(t, "{metadata: {name: "+name+"}, spec: {}}"), Live: secretOf(t, "{metadata: {name: db}}"),
			Wanted: secretOf(t, "{metadata: {name: db}, data: {"+name+": eA==}}"),
		})
	}
	text := shown(t, keyed(false), all...)
	golden.Assert(t, *update, "shared", text)
	all[0], all[1] = all[1], all[0]
	assert.Equal(t, text, shown(t, keyed(false), all...), "whichever came first")
}

func TestOnlyTheOwnerReadsTheFiles(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	trees, err := newTrees()
	require.NoError(t, err)
	require.True(t, trees.empty())
	require.NoError(t, trees.add("v1.Secret.shop.db", "db", []byte("x"), nil))
	assert.False(t, trees.empty())
	for path, mode := range map[string]os.FileMode{trees.live: 0o700, trees.merged: 0o700, filepath.Join(trees.live, "v1.Secret.shop.db"): 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, mode, info.Mode().Perm(), path)
	}
	assert.NoFileExists(t, filepath.Join(trees.merged, "v1.Secret.shop.db"), "a Secret that would go is in one only")
	require.NoError(t, trees.remove())
	assert.NoDirExists(t, trees.live)
	assert.NoDirExists(t, trees.merged)
	require.Error(t, trees.add("v1.Secret.shop.db", "db", nil, nil), "nothing comes after that")
	require.NoError(t, trees.remove(), "twice is once")
}

func TestAFileIsCalledAsKubectlDiffCallsIt(t *testing.T) {
	for want, object := range map[string]runtime.Object{
		"v1.Secret.shop.db":             secretOf(t, "{metadata: {name: db}}"),
		"v1.ConfigMap.shop.db":          objectOf(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: db}}"),
		"example.com.v1.Widget.shop.db": objectOf(t, "{apiVersion: example.com/v1, kind: Widget, metadata: {name: db}}"),
	} {
		name, err := nameOf(object)
		require.NoError(t, err)
		assert.Equal(t, want, name)
	}
}
