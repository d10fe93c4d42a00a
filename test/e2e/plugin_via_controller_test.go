package e2e_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// controller stands in for the operator: once an ExternalSecret is annotated it does what its answer says. The real operator is
// asked in test/neighbour.
func (w *world) controller(t *testing.T, answers map[string]func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	client := w.resource(t, api.APIVersion, "ExternalSecret", w.namespace)
	go func() {
		defer close(done)
		answered := map[string]bool{}
		for ctx.Err() == nil {
			list, err := client.List(ctx, metav1.ListOptions{})
			if err != nil {
				return
			}
			for _, object := range list.Items {
				answer := answers[object.GetName()]
				if answer != nil && object.GetAnnotations()["force-sync"] != "" && !answered[object.GetName()] {
					answered[object.GetName()] = true
					answer()
				}
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
}

// status patches the status of an ExternalSecret as a controller does.
func (w *world) status(t *testing.T, name string, status map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		t.Error(err)
		return
	}
	_, err = w.resource(t, api.APIVersion, "ExternalSecret", w.namespace).
		Patch(context.WithoutCancel(t.Context()), name, types.MergePatchType, body, metav1.PatchOptions{}, "status")
	assert.NoError(t, err)
}

// failure records what went wrong as the operator does, in an Event.
func (w *world) failure(t *testing.T, name, message string) {
	t.Helper()
	_, err := w.core.CoreV1().Events(w.namespace).Create(context.WithoutCancel(t.Context()), &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{GenerateName: name + "."},
		InvolvedObject: corev1.ObjectReference{Kind: "ExternalSecret", APIVersion: api.APIVersion, Namespace: w.namespace, Name: name, UID: w.get(t, name).UID},
		Type:           "Warning", Reason: "UpdateFailed", Message: message, Source: corev1.EventSource{Component: "external-secrets"},
	}, metav1.CreateOptions{})
	assert.NoError(t, err)
}

func ready(status, reason, message string) []any {
	return []any{map[string]any{"type": "Ready", "status": status, "reason": reason, "message": message}}
}

func TestAControllerIsAskedAndWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const general = "could not get secret data from provider"
	w.apply(t, awsStore,
		externalSecret("good", dataOf("a")), externalSecret("bad", dataOf("a")), externalSecret("bad-again", dataOf("a")),
		externalSecret("silent", dataOf("a")),
		externalSecret("once", "refreshPolicy: CreatedOnce, "+dataOf("a")), externalSecret("never", "refreshInterval: '0', "+dataOf("a")),
		externalSecret("generated", "dataFrom: [{sourceRef: {generatorRef: {kind: UUID, name: u}}}]"))
	synced := map[string]any{"syncedResourceVersion": "1-abc", "refreshTime": "2026-01-01T00:00:00Z"}
	for _, name := range []string{"good", "once", "never", "generated"} {
		w.status(t, name, synced)
	}
	w.status(t, "bad-again", map[string]any{"conditions": ready("False", "SecretSyncedError", general)})
	w.failure(t, "bad-again", "an older failure")
	w.controller(t, map[string]func(){
		"good":      func() { w.status(t, "good", map[string]any{"syncedResourceVersion": "1-def"}) },
		"bad":       func() { w.status(t, "bad", map[string]any{"conditions": ready("False", "SecretSyncedError", general)}) },
		"bad-again": func() { w.failure(t, "bad-again", "AccessDenied:\x1b[2J no") }, // the same condition again is no change
	})

	r := w.plugin(t, "refresh", "good", "bad", "bad-again", "once", "never", "generated", "--via=controller")
	assert.Equal(t, 1, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, "externalsecret.external-secrets.io/good refreshed\n")
	assert.Contains(t, r.Stdout, "externalsecret.external-secrets.io/bad failed: "+general)
	assert.Contains(t, r.Stdout, "externalsecret.external-secrets.io/bad-again failed: AccessDenied: [2J no", "the cause, and not the older one")
	assert.Contains(t, r.Stdout, "externalsecret.external-secrets.io/once failed: refreshPolicy is CreatedOnce, it was synced, and the controller does not refresh it again, whatever is asked: use --via=local")
	assert.Contains(t, r.Stdout, "externalsecret.external-secrets.io/never failed: refreshInterval is 0, it was synced")
	assert.Contains(t, r.Stdout, "externalsecret.external-secrets.io/generated skipped: the controller would have its generators make new values")
	assert.Empty(t, w.get(t, "once").Annotations["force-sync"], "what can't work is not asked for")
	assert.Empty(t, w.get(t, "generated").Annotations["force-sync"], "nor what does harm")
	assert.Zero(t, w.aws.Counters(t).Total(), "the store is the controller's business")

	r = w.plugin(t, "refresh", "silent", "--via=controller", "--timeout=2s", "-o", "json")
	assert.Equal(t, 124, r.Code)
	assert.Contains(t, r.Stdout, "the refresh was stopped before the controller had answered")

	r = w.plugin(t, "refresh", "good", "--via=controller", "--dry-run=client")
	require.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stderr, "--dry-run needs --via=local")
}

func TestAControllerIsNotAskedForWhatIsAnothers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store}
spec: {controller: batch, provider: {aws: {service: SecretsManager, region: us-east-1}}}`, externalSecret("app", dataOf("a")))
	r := w.plugin(t, "refresh", "--all", "--via=controller")
	assert.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, `app skipped: SecretStore "store" is of class "batch"`)
	assert.Empty(t, w.get(t, "app").Annotations["force-sync"])
}
