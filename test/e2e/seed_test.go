package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

const seed = "../../docs/examples/seed.yaml"

func TestTheSeedExampleAppliesStrictlyAndSyncs(t *testing.T) {
	t.Parallel()
	const name, ignored = "database-credentials-secret", "spec.secretStoreRef.key is ignored: spec.secretStoreRef.name names the store"
	for tool, sync := range map[string]func(t *testing.T, w *world){
		"through the runner": func(t *testing.T, w *world) {
			p := w.pass(t).synced(t)
			r := p.of(t, name)
			assert.Equal(t, "created", r.Outcome)
			assert.Equal(t, "database-credentials", r.Secret)
			assert.Equal(t, []string{"password", "username"}, r.Changes.Added)
			assert.Contains(t, r.Warnings, ignored)
			assert.Equal(t, map[string]int{"SecretsManager.GetSecretValue": 1}, p.Report.Requests, "two keys of one secret are one request")
			assert.Equal(t, "skipped", w.pass(t).synced(t).of(t, name).Outcome, "not due for an hour")
		},
		"through the plugin": func(t *testing.T, w *world) {
			r := w.plugin(t, "refresh", name)
			assert.Zero(t, r.Code)
			assert.Equal(t, "externalsecret.external-secrets.io/"+name+" created\n", r.Stdout)
			assert.Equal(t, "Warning: externalsecret.external-secrets.io/"+name+": "+ignored+"\n", r.Stderr)
			assert.Equal(t, "externalsecret.external-secrets.io/"+name+" unchanged\n", w.plugin(t, "refresh", name).Stdout, "due or not")
		},
	} {
		t.Run(tool, func(t *testing.T) { // not parallel: the example names the namespace default
			w := worldIn(t, "default")
			w.aws.Put(t, "my-app/database-credentials", `{"username":"app","password":"p4ss","port":5432}`)
			w.cluster.Kubectl(t, "", "apply", "--validate=strict", "-f", seed)
			t.Cleanup(func() {
				// In the foreground: its Secret goes first, so that the next tool does not find it.
				foreground := metav1.DeletePropagationForeground
				ctx := context.WithoutCancel(t.Context())
				client := w.resource(t, api.APIVersion, api.KindExternalSecret, "default")
				require.NoError(t, client.Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &foreground}))
				until(t, "the ExternalSecret is gone", func() bool {
					_, err := client.Get(ctx, name, metav1.GetOptions{})
					return apierrors.IsNotFound(err)
				})
				w.noSecret(t, "database-credentials")
			})
			sync(t, w)
			w.requireMarks(t, name, map[string]string{"username": "app", "password": "p4ss"})
		})
	}
}

// requireMarks requires that an ExternalSecret of creationPolicy Owner and its Secret are as External Secrets Operator leaves
// them, so that it would take over without a write or a read.
func (w *world) requireMarks(t *testing.T, name string, data map[string]string) {
	t.Helper()
	es := w.get(t, name)
	require.NotNil(t, es.Status.Binding)
	target := es.Status.Binding.Name
	require.Equal(t, data, w.data(t, target))

	s := w.secret(t, target)
	assert.Equal(t, corev1.SecretTypeOpaque, s.Type)
	assert.Nil(t, s.Immutable)
	labels := map[string]string{api.LabelManaged: "true", api.LabelOwner: api.OwnerLabel(w.namespace, name)}
	for key, value := range es.Labels {
		labels[key] = value
	}
	assert.Equal(t, labels, s.Labels)
	annotations := map[string]string{api.AnnotationDataHash: api.DataHash(s.Data)}
	for key, value := range es.Annotations {
		annotations[key] = value
	}
	assert.Equal(t, annotations, s.Annotations)
	yes := true
	assert.Equal(t, []metav1.OwnerReference{{
		APIVersion: "external-secrets.io/v1", Kind: "ExternalSecret", Name: name, UID: es.UID, Controller: &yes, BlockOwnerDeletion: &yes,
	}}, s.OwnerReferences)
	require.Len(t, s.ManagedFields, 1)
	assert.Equal(t, api.FieldManager(name), s.ManagedFields[0].Manager)
	assert.Equal(t, metav1.ManagedFieldsOperationUpdate, s.ManagedFields[0].Operation)

	assert.WithinDuration(t, time.Now(), es.Status.RefreshTime.Time, time.Minute)
	assert.Equal(t, api.SyncedResourceVersion(es.Generation, es.Annotations, es.Labels), es.Status.SyncedResourceVersion)
	ready := w.ready(t, name)
	assert.Equal(t, metav1.ConditionTrue, ready.Status)
	assert.Equal(t, "SecretSynced", ready.Reason)
	assert.Equal(t, "secret synced", ready.Message)
	assert.WithinDuration(t, time.Now(), ready.LastTransitionTime.Time, time.Minute)
	assert.Empty(t, es.Finalizers, "no finalizer of ours")

	events := w.events(t, name)
	require.Len(t, events, 1)
	assert.Equal(t, "Normal", events[0].Type)
	assert.Equal(t, "Created", events[0].Reason)
	assert.Equal(t, "secret created", events[0].Message)
}

func TestWhatIsWrittenIsWhatExternalSecretsOperatorWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.aws.Put(t, "pair", `{"foo":"value1","bar":"value2"}`)
	w.aws.PutBinary(t, "raw", []byte{0, 255})
	w.apply(t, awsStore, `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: labelled, labels: {team: payments}, annotations: {example.com/note: "kept"}}
spec: {secretStoreRef: {name: store}, target: {name: other-name}, `+dataOf("a")+`}`,
		externalSecret("pair", "dataFrom: [{extract: {key: pair}}]"),
		externalSecret("raw", dataOf("raw")),
		externalSecret("a-name-of-more-than-27-bytes-is-hashed", dataOf("a")))
	w.pass(t).synced(t)

	for name, data := range map[string]map[string]string{
		"labelled":                               {"value": "1"},
		"pair":                                   {"foo": "value1", "bar": "value2"},
		"raw":                                    {"value": "\x00\xff"},
		"a-name-of-more-than-27-bytes-is-hashed": {"value": "1"},
	} {
		w.requireMarks(t, name, data)
	}
	// Worked out with other programs than this repository's.
	assert.Equal(t, "1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64", w.secret(t, "pair").Annotations["reconcile.external-secrets.io/data-hash"])
	assert.Equal(t, "externalsecrets.external-secrets.io/sha3/9d84b7b2455cdac43d3b4c5052dfdd9877b2e5473465c6e83eaf9a0a",
		w.secret(t, "a-name-of-more-than-27-bytes-is-hashed").ManagedFields[0].Manager)
}
