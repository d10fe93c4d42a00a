package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestWhatBecomesOfASecretWhoseSourceGoesAway(t *testing.T) {
	t.Parallel()
	remove := func(names ...string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			for _, name := range names {
				w.aws.Delete(t, name)
			}
		}
	}
	for name, test := range map[string]struct {
		policy  string
		happen  func(*testing.T, *world)
		outcome string
		reason  string            // of the Ready condition
		data    map[string]string // nil: the Secret is gone
		events  []string          // reasons, besides Created
	}{
		"Retain: it stays as it is, and somebody is told": {"Retain", remove("a"), "failed", "SecretSyncedError",
			map[string]string{"a": "1", "b": "2"}, []string{"UpdateFailed"}},
		"Retain: also when nothing is left": {"Retain", remove("a", "b"), "failed", "SecretSyncedError",
			map[string]string{"a": "1", "b": "2"}, []string{"UpdateFailed"}},
		"Delete: it loses the key": {"Delete", remove("a"), "updated", "SecretSynced",
			map[string]string{"b": "2"}, []string{"MissingProviderSecret", "Updated"}},
		"Delete: it goes with the last key": {"Delete", remove("a", "b"), "deleted", "SecretDeleted",
			nil, []string{"Deleted", "MissingProviderSecret", "MissingProviderSecret"}},
		"Delete: what waits for its deletion is gone already": {"Delete", func(t *testing.T, w *world) {
			w.aws.Delete(t, "a")
			w.aws.SeedAll(t, []harness.AWSSecret{{Name: "a", String: text("1"), Pending: true}})
		}, "updated", "SecretSynced", map[string]string{"b": "2"}, []string{"MissingProviderSecret", "Updated"}},
		"Merge: it loses the key": {"Merge", remove("a"), "updated", "SecretSynced",
			map[string]string{"b": "2"}, []string{"MissingProviderSecret", "Updated"}},
		"Merge: it stays without a key": {"Merge", remove("a", "b"), "updated", "SecretSynced",
			map[string]string{}, []string{"MissingProviderSecret", "MissingProviderSecret", "Updated"}},
		"Delete: but not what may not be read any more": {"Delete", func(t *testing.T, w *world) {
			w.aws.Deny(t, "", "secretsmanager:GetSecretValue", "")
		}, "failed", "SecretSyncedError", map[string]string{"a": "1", "b": "2"}, []string{"UpdateFailed"}},
		"Merge: nor what AWS fails to read": {"Merge", func(t *testing.T, w *world) {
			w.aws.Fault(t, harness.AWSFault{Secret: "a", Code: "InternalServiceError", Times: 100})
		}, "failed", "SecretSyncedError", map[string]string{"a": "1", "b": "2"}, []string{"UpdateFailed"}},
		"Delete: nor what a key that has become invalid can't read": {"Delete", func(t *testing.T, w *world) {
			w.aws.Fault(t, harness.AWSFault{Code: "UnrecognizedClientException", Times: 100})
		}, "failed", "SecretSyncedError", map[string]string{"a": "1", "b": "2"}, []string{"UpdateFailed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Seed(t, map[string]string{"a": "1", "b": "2"})
			w.apply(t, patient("store", "maxRetries: 1"), externalSecret("app", "refreshInterval: 1ms, target: {deletionPolicy: "+test.policy+"}, "+
				"data: [{secretKey: a, remoteRef: {key: a}}, {secretKey: b, remoteRef: {key: b}}]"))
			w.pass(t).synced(t)

			test.happen(t, w)
			r := w.pass(t).of(t, "app")
			assert.Equal(t, test.outcome, r.Outcome, r.Message)
			assert.Equal(t, test.reason, w.ready(t, "app").Reason)
			if test.data == nil {
				w.noSecret(t, "app")
			} else {
				assert.Equal(t, test.data, w.data(t, "app"))
			}
			var reasons []string
			for _, event := range w.events(t, "app") {
				if event.Reason != "Created" {
					reasons = append(reasons, event.Reason)
				}
			}
			assert.ElementsMatch(t, test.events, reasons)

			w.aws.AllowAll(t)
			if test.outcome == "deleted" {
				w.aws.Put(t, "a", "back")
				assert.Equal(t, "created", w.pass(t).synced(t).of(t, "app").Outcome, "it comes back with its source")
				assert.Equal(t, map[string]string{"a": "back"}, w.data(t, "app"))
			}
		})
	}
}

func TestASecretOfOthersIsNeverDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, opaque("theirs", map[string]string{"k": "v"}),
		externalSecret("merging", "target: {name: theirs, creationPolicy: Merge, deletionPolicy: Delete}, "+dataOf("absent")),
		externalSecret("owning", "target: {name: theirs, deletionPolicy: Delete}, "+dataOf("absent")))
	p := w.pass(t)
	assert.Equal(t, "failed", p.of(t, "merging").Outcome)
	assert.Contains(t, p.of(t, "merging").Message, "deletionPolicy Delete does not go with creationPolicy Merge")
	assert.Equal(t, "failed", p.of(t, "owning").Outcome)
	assert.Contains(t, p.of(t, "owning").Message, `could not delete secret: Secret "theirs" is not controlled by this ExternalSecret`)
	assert.Equal(t, map[string]string{"k": "v"}, w.data(t, "theirs"))
}

func TestCreateOrMergeMakesTheSecretOrKeepsTheKeysOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, opaque("theirs", map[string]string{"k": "v"}),
		externalSecret("makes", "target: {creationPolicy: CreateOrMerge}, "+dataOf("a")),
		externalSecret("merges", "target: {name: theirs, creationPolicy: CreateOrMerge}, "+dataOf("a")))
	p := w.pass(t).synced(t)
	assert.Equal(t, "created", p.of(t, "makes").Outcome)
	assert.Equal(t, "updated", p.of(t, "merges").Outcome)
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "makes"))
	assert.Equal(t, map[string]string{"k": "v", "value": "1"}, w.data(t, "theirs"))
	assert.Empty(t, w.secret(t, "makes").OwnerReferences)
	w.change(t, "makes", func(s *corev1.Secret) { s.Data["foreign"] = []byte("x") })
	w.pass(t).synced(t)
	assert.Equal(t, map[string]string{"foreign": "x", "value": "1"}, w.data(t, "makes"))
}

func TestARenamedTargetLeavesNoSecretBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", "target: {name: before}, "+dataOf("a")))
	w.pass(t).synced(t)
	w.patch(t, "app", `{"spec":{"target":{"name":"after"}}}`)
	r := w.pass(t).synced(t).of(t, "app")
	assert.Equal(t, "created", r.Outcome)
	assert.Contains(t, strings.Join(r.Warnings, "\n"), "Secret before")
	assert.Contains(t, strings.Join(r.Warnings, "\n"), "spec.target.name was changed")
	w.noSecret(t, "before")
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "after"))
	assert.Equal(t, "after", w.get(t, "app").Status.Binding.Name)
}

// Whoever removes the operator leaves its finalizer on every ExternalSecret, and nobody to honour it.
func TestAnExternalSecretOfAnOperatorThatIsGoneCanBeDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", "target: {deletionPolicy: Delete}, "+dataOf("a")), externalSecret("kept", dataOf("a")))
	w.pass(t).synced(t)
	client := w.resource(t, api.APIVersion, api.KindExternalSecret, w.namespace)
	for _, name := range []string{"app", "kept"} {
		w.patch(t, name, `{"metadata":{"finalizers":["externalsecrets.external-secrets.io/externalsecret-cleanup","example.com/another"]}}`)
		require.NoError(t, client.Delete(t.Context(), name, metav1.DeleteOptions{}))
	}
	p := w.pass(t).synced(t)
	assert.Equal(t, map[string]int{"skipped": 2}, p.Report.Outcomes, "an operator that is there gets its time")
	assert.Equal(t, "Deleting", p.of(t, "app").Reason)

	time.Sleep(65 * time.Second)
	p = w.pass(t).synced(t)
	assert.Equal(t, "deleted", p.of(t, "app").Outcome)
	assert.Equal(t, "unchanged", p.of(t, "kept").Outcome)
	w.noSecret(t, "app")
	assert.Equal(t, []string{"example.com/another"}, w.get(t, "app").Finalizers, "others' finalizers are others' business")
	for _, name := range []string{"app", "kept"} {
		w.patch(t, name, `{"metadata":{"finalizers":null}}`)
		_, err := client.Get(t.Context(), name, metav1.GetOptions{})
		assert.True(t, apierrors.IsNotFound(err))
	}
}

func TestWhatIsSaidOfAMissingRemoteSecretHoldsNoValue(t *testing.T) {
	t.Parallel()
	const canary = "canary-of-a-payload-0451"
	w := newWorld(t)
	w.aws.Seed(t, map[string]string{"a": canary, "gone": "x"})
	w.aws.Fault(t, harness.AWSFault{Secret: "gone", Code: "ResourceNotFoundException", Times: 100, Message: "\x1b[31mno such secret beside " + canary})
	w.apply(t, awsStore, externalSecret("app", "target: {deletionPolicy: Merge}, "+
		"data: [{secretKey: a, remoteRef: {key: a}}, {secretKey: gone, remoteRef: {key: gone}}]"))
	p := w.pass(t).synced(t)
	require.Equal(t, map[string]string{"a": canary}, w.data(t, "app"))
	require.Len(t, p.of(t, "app").Warnings, 1)
	said := p.Stdout + p.Stderr
	for _, event := range w.events(t, "app") {
		said += event.Message
	}
	require.Contains(t, said, "no such secret beside [redacted]")
	require.NotContains(t, said, canary)
	require.NotContains(t, said, "\x1b")
}
