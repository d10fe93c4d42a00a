package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

func TestOrphanWritesASecretThatNobodyOwns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, opaque("app", map[string]string{"theirs": "x"}), externalSecret("app", "target: {creationPolicy: Orphan}, "+dataOf("a")))
	w.pass(t).synced(t)
	s := w.secret(t, "app")
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "app"), "the data is replaced")
	assert.Empty(t, s.OwnerReferences)
	assert.Equal(t, map[string]string{api.LabelManaged: "true"}, s.Labels)
	assert.Equal(t, api.DataHash(s.Data), s.Annotations[api.AnnotationDataHash])
}

func TestAnOwnerThatBecomesAnOrphanLetsGoOfItsSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", dataOf("a")))
	w.pass(t).synced(t)
	require.Len(t, w.secret(t, "app").OwnerReferences, 1)

	w.patch(t, "app", `{"spec":{"target":{"creationPolicy":"Orphan"}}}`)
	r := w.pass(t).synced(t).of(t, "app")
	assert.Equal(t, "updated", r.Outcome)
	assert.True(t, r.Changes.Metadata)
	s := w.secret(t, "app")
	assert.Empty(t, s.OwnerReferences)
	assert.NotContains(t, s.Labels, api.LabelOwner)
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "app"))
}

func TestMergeKeepsTheKeysOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.aws.Put(t, "b", "2")
	w.apply(t, awsStore, externalSecret("app", "refreshInterval: 1ms, target: {name: shared, creationPolicy: Merge}, "+
		"data: [{secretKey: mine, remoteRef: {key: a}}, {secretKey: stale, remoteRef: {key: b}}]"))

	absent := w.pass(t).synced(t).of(t, "app")
	assert.Equal(t, "skipped", absent.Outcome)
	assert.Equal(t, "NoTarget", absent.Reason)
	w.noSecret(t, "shared")
	ready := w.ready(t, "app")
	assert.Equal(t, metav1.ConditionTrue, ready.Status)
	assert.Equal(t, "SecretMissing", ready.Reason)
	assert.Equal(t, "secret will not be created due to CreationPolicy=Merge", ready.Message)

	w.apply(t, opaque("shared", map[string]string{"theirs": "x"}))
	merged := w.pass(t).synced(t).of(t, "app")
	assert.Equal(t, "updated", merged.Outcome)
	assert.Equal(t, []string{"mine", "stale"}, merged.Changes.Added)
	assert.Equal(t, map[string]string{"theirs": "x", "mine": "1", "stale": "2"}, w.data(t, "shared"))
	s := w.secret(t, "shared")
	assert.Empty(t, s.OwnerReferences)
	assert.Equal(t, "true", s.Labels[api.LabelManaged])
	assert.NotContains(t, s.Labels, api.LabelOwner)
	assert.Equal(t, api.DataHash(s.Data), s.Annotations[api.AnnotationDataHash], "the hash of all keys")

	assert.Equal(t, "unchanged", w.pass(t).synced(t).of(t, "app").Outcome)

	w.patch(t, "app", `{"spec":{"data":[{"secretKey":"mine","remoteRef":{"key":"a"}}]}}`)
	w.aws.Put(t, "a", "1b")
	pruned := w.pass(t).synced(t).of(t, "app")
	assert.Equal(t, []string{"mine"}, pruned.Changes.Changed)
	assert.Equal(t, []string{"stale"}, pruned.Changes.Removed)
	assert.Equal(t, map[string]string{"theirs": "x", "mine": "1b"}, w.data(t, "shared"))

	w.change(t, "shared", func(s *corev1.Secret) { s.Data["theirs"] = []byte("y") })
	w.pass(t).synced(t)
	assert.Equal(t, map[string]string{"theirs": "y", "mine": "1b"}, w.data(t, "shared"))
	assert.Equal(t, api.DataHash(w.secret(t, "shared").Data), w.secret(t, "shared").Annotations[api.AnnotationDataHash])
	assert.Equal(t, "unchanged", w.pass(t).synced(t).of(t, "app").Outcome)
}

func TestNoneFetchesAndWritesNoSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", "target: {creationPolicy: None}, "+dataOf("a")))
	w.pass(t).synced(t)
	w.noSecret(t, "app")
	assert.Equal(t, 1, w.aws.Counters(t).Total())
	status := w.get(t, "app").Status
	assert.NotNil(t, status.RefreshTime)
	assert.Nil(t, status.Binding)
	assert.Equal(t, "SecretSynced", w.ready(t, "app").Reason)
	assert.Empty(t, w.events(t, "app"))
}

func TestAnUnmanagedSecretIsAdoptedAndSaidSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, `
apiVersion: v1
kind: Secret
type: example.com/theirs
metadata: {name: app, labels: {theirs: kept}, annotations: {theirs: kept}}
stringData: {theirs: x}`, externalSecret("app", dataOf("a")))
	r := w.pass(t).synced(t).of(t, "app")
	assert.Equal(t, "updated", r.Outcome)
	assert.Equal(t, []string{"value"}, r.Changes.Added)
	assert.Equal(t, []string{"theirs"}, r.Changes.Removed)
	require.Len(t, r.Warnings, 1)
	assert.Contains(t, r.Warnings[0], "Secret app was there before and not managed")
	s := w.secret(t, "app")
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "app"))
	assert.Equal(t, corev1.SecretType("example.com/theirs"), s.Type)
	assert.Equal(t, "kept", s.Labels["theirs"])
	assert.Equal(t, "kept", s.Annotations["theirs"])
	require.Len(t, w.events(t, "app"), 1)
	assert.Contains(t, w.events(t, "app")[0].Message, "not managed by an ExternalSecret")
}

func TestASecretThatSomebodyElseControlsIsNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.aws.Put(t, "b", "2")
	w.apply(t, awsStore, externalSecret("first", "target: {name: shared}, "+dataOf("a")))
	w.pass(t).synced(t)
	w.apply(t, externalSecret("second", "target: {name: shared}, "+dataOf("b")))
	failed := w.pass(t).of(t, "second")
	assert.Equal(t, "WriteError", failed.Reason)
	assert.Contains(t, failed.Message, "target is owned by another ExternalSecret")
	assert.Contains(t, failed.Message, `"first"`)
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "shared"))
	w.requireFailureRecorded(t, "second", failed.Message)

	controller, err := w.resource(t, api.APIVersion, api.KindSecretStore, w.namespace).Get(t.Context(), "store", metav1.GetOptions{})
	require.NoError(t, err)
	yes := true
	w.apply(t, opaque("theirs", map[string]string{"k": "v"}))
	w.change(t, "theirs", func(s *corev1.Secret) {
		s.OwnerReferences = []metav1.OwnerReference{{APIVersion: api.APIVersion, Kind: api.KindSecretStore, Name: "store", UID: controller.GetUID(), Controller: &yes}}
	})
	w.apply(t, externalSecret("theirs", dataOf("a")))
	failed = w.pass(t).of(t, "theirs")
	assert.Contains(t, failed.Message, "failed to take ownership of target secret")
	assert.Contains(t, failed.Message, `SecretStore "store"`)
	assert.Equal(t, map[string]string{"k": "v"}, w.data(t, "theirs"))
}

func TestAnImmutableSecretIsWrittenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", "refreshInterval: 1ms, target: {immutable: true}, "+dataOf("a")))
	w.pass(t).synced(t)
	require.True(t, *w.secret(t, "app").Immutable)
	assert.Equal(t, "unchanged", w.pass(t).synced(t).of(t, "app").Outcome)

	w.aws.Put(t, "a", "2")
	kept := w.pass(t).synced(t).of(t, "app")
	assert.Equal(t, "unchanged", kept.Outcome)
	assert.Equal(t, []string{"Secret app is immutable, and what the store holds has changed: delete it to have it made anew"}, kept.Warnings)
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "app"))

	w.delete(t, "app")
	assert.Equal(t, "created", w.pass(t).synced(t).of(t, "app").Outcome)
	assert.Equal(t, map[string]string{"value": "2"}, w.data(t, "app"))

	w.patch(t, "app", `{"metadata":{"labels":{"new":"label"}},"spec":{"target":{"immutable":false}}}`)
	assert.Equal(t, "updated", w.pass(t).synced(t).of(t, "app").Outcome, "metadata can change once spec.target.immutable is gone")
	assert.Equal(t, "label", w.secret(t, "app").Labels["new"])
	w.aws.Put(t, "a", "3")
	failed := w.pass(t).of(t, "app")
	assert.Equal(t, "WriteError", failed.Reason)
	assert.Contains(t, failed.Message, "could not update secret, target is immutable")
	assert.Contains(t, failed.Message, `delete Secret "app"`)
}

func TestARecreatedExternalSecretTakesItsSecretBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	manifest := externalSecret("app", dataOf("a"))
	w.apply(t, awsStore, manifest)
	w.pass(t).synced(t)
	client := w.resource(t, api.APIVersion, api.KindExternalSecret, w.namespace)

	// Without its dependents, as a move to another cluster's or tool's hands would do it.
	orphan := metav1.DeletePropagationOrphan
	require.NoError(t, client.Delete(t.Context(), "app", metav1.DeleteOptions{PropagationPolicy: &orphan}))
	until(t, "the ExternalSecret is gone", func() bool {
		_, err := client.Get(t.Context(), "app", metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
	w.apply(t, manifest)
	w.pass(t).synced(t)
	assert.Equal(t, w.get(t, "app").UID, w.secret(t, "app").OwnerReferences[0].UID)

	// At once, while the garbage collector may be about to delete the Secret.
	require.NoError(t, client.Delete(t.Context(), "app", metav1.DeleteOptions{}))
	w.apply(t, manifest)
	uid := w.get(t, "app").UID
	until(t, "the Secret is the new one's", func() bool {
		w.pass(t).synced(t)
		s, err := w.core.CoreV1().Secrets(w.namespace).Get(t.Context(), "app", metav1.GetOptions{})
		return err == nil && len(s.OwnerReferences) == 1 && s.OwnerReferences[0].UID == uid
	})
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "app"))
}

func TestLabelsAndAnnotationsFollowTheExternalSecret(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"app", "a-name-of-more-than-27-bytes-is-hashed"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "a", "1")
			w.apply(t, awsStore, externalSecret(name, dataOf("a")))
			w.patch(t, name, `{"metadata":{"labels":{"team":"a","old":"x"},"annotations":{"note":"a","old":"x"}}}`)
			w.pass(t).synced(t)
			w.change(t, name, func(s *corev1.Secret) { s.Labels["theirs"], s.Annotations["theirs"] = "kept", "kept" })

			w.patch(t, name, `{"metadata":{"labels":{"team":"b","old":null},"annotations":{"note":"b","old":null}}}`)
			assert.Equal(t, "updated", w.pass(t).synced(t).of(t, name).Outcome)
			s := w.secret(t, name)
			assert.Equal(t, map[string]string{
				"team": "b", "theirs": "kept", api.LabelManaged: "true", api.LabelOwner: api.OwnerLabel(w.namespace, name),
			}, s.Labels)
			assert.Equal(t, map[string]string{"note": "b", "theirs": "kept", api.AnnotationDataHash: api.DataHash(s.Data)}, s.Annotations)
		})
	}
}
